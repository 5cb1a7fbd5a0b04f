"""How many pages may be under way at once, by how much the processors are fought over."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from browsers.crowd import BUSY, CALM, CAUSE, Crowd
from browsers.limits import Limits
from browsers.machine import waited_for_processor
from tests.browsers.conftest import until

MIDDLE = (BUSY + CALM) / 2


class Machine:
    """Time and pressure as a test tells them."""

    def __init__(self, most: int, least: int) -> None:
        self.now = self.waited = 0.0
        self.crowd = Crowd(most, least=least, waited=lambda: self.waited, clock=lambda: self.now)

    def look(self, *shares: float) -> int:
        """Let a second pass for each of the shares in which somebody waited for a processor."""
        for share in shares:
            self.now, self.waited = self.now + 1, self.waited + share
            self.crowd.look()
        return self.crowd.at_once


async def arrive(crowd: Crowd, count: int = 1) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(crowd.room()) for _ in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


def who_is_in(tasks: list[asyncio.Task[None]]) -> list[bool]:
    return [task.done() for task in tasks]


async def test_there_is_room_until_the_least_are_under_way_and_then_first_come_first_served():
    crowd = Machine(50, least=2).crowd
    await crowd.room()
    crowd.count(2)
    first, second = await arrive(crowd, 2)
    assert who_is_in([first, second]) == [False, False]
    crowd.count(1)
    late = (await arrive(crowd))[0]
    assert who_is_in([first, second, late]) == [True, False, False]
    crowd.count(1)
    await second
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    crowd.count(1)
    await crowd.room()  # who left holds nobody up


async def test_who_gives_up_in_the_moment_there_is_room_leaves_it_to_the_next():
    crowd = Machine(50, least=2).crowd
    crowd.count(2)
    first, second = await arrive(crowd, 2)
    first.cancel()
    crowd.count(1)
    await asyncio.wait_for(second, 1)
    assert first.cancelled()


async def test_more_come_in_while_the_processors_have_time_and_they_are_wanted():
    machine = Machine(50, least=8)
    machine.crowd.count(8)
    assert machine.look(0, 0, 0) == 8  # nobody waits
    await arrive(machine.crowd, 60)
    assert [machine.look(CALM / 2) for _ in range(6)] == [13, 20, 31, 47, 50, 50]
    assert machine.crowd.cause == ""


async def test_fewer_while_they_have_not_but_never_less_than_the_least():
    machine = Machine(50, least=8)
    machine.crowd.count(8)
    await arrive(machine.crowd, 60)
    machine.look(*[0] * 6)
    assert [machine.look(0.9) for _ in range(3)] == [37, 27, 20]
    assert machine.crowd.cause == CAUSE
    assert machine.look(MIDDLE, MIDDLE) == 20  # as it is, it is well
    assert machine.crowd.cause == ""
    assert machine.look(*[1.0] * 9) == 8


async def test_who_may_have_all_at_once_is_held_back_by_nothing():
    machine = Machine(4, least=8)
    assert machine.look(1.0) == 4
    assert machine.crowd.cause == ""


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 60), st.integers(1, 20), st.lists(st.floats(0, 1), max_size=30))
async def test_it_stays_between_its_bounds_and_grows_again(most, least, shares):
    machine = Machine(most, least)
    machine.crowd.count(most)
    tasks = await arrive(machine.crowd)
    for share in shares:
        assert min(least, most) <= machine.look(share) <= most
    assert machine.look(*[0.0] * 12) == most
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_page_more_is_begun_when_one_comes_back(make_rig, server):
    """With a real Chromium: a place is only free when the slot is back."""
    machine = Machine(3, least=1)
    limits = Limits(3, crowd=machine.crowd)
    rig = await make_rig(size=3, limits=limits)
    server.hits["held"] = 0
    server.hold.clear()
    try:
        await limits.room()
        flying = asyncio.create_task(rig.load("held"))
        await until(lambda: server.hits["held"] == 1)
        second = (await arrive(machine.crowd))[0]
        assert not second.done()
        machine.look(1.0)
        assert (rig.pool.status().allowed, rig.pool.status().held_back) == (1, CAUSE)
    finally:
        server.hold.set()
    await flying
    await second
    await rig.check()


def test_the_pressure_is_our_groups_else_the_machines(tmp_path):
    own, machine, group = tmp_path / "cgroup", tmp_path / "cpu", tmp_path / "groups" / "a.slice"
    group.mkdir(parents=True)
    own.write_text("0::/a.slice\n")
    told = lambda: waited_for_processor(tmp_path / "groups", own, machine)  # noqa: E731
    assert told() == 0.0
    machine.write_text("some avg10=1.00 avg60=0.10 avg300=0.01 total=2500000\nfull total=7\n")
    assert told() == 2.5
    (tmp_path / "groups" / "cpu.pressure").write_text("some avg10=1.00 total=1500000\n")
    assert told() == 1.5
    (group / "cpu.pressure").write_text("some avg10=1.00 total=500000\n")
    assert told() == 0.5
    (group / "cpu.pressure").write_text("some total=\n")
    assert told() == 1.5
