"""Killed, frozen, bloated and cancelled: what each costs, and that nothing is left behind.

The rig's teardown sees that no process and no scratch folder of the pool survives it.
"""

import asyncio
import os
import signal

import pytest

from browsers import tab
from browsers.errors import BrowserLost, PageCrashed, PoolClosed, RenderError, TimedOut
from browsers.values import Mode, SlotState
from browsers.waiting import Patience
from tests.browsers.conftest import BRISK, until

BOTH = (Mode.LEAN, Mode.NATURAL)


@pytest.fixture
def held(server):
    """Pages at `/held` wait until the test lets them go."""
    server.hits["held"] = 0
    server.hold.clear()
    yield server
    server.hold.set()


async def load_held(rig, server, count: int, mode: Mode, deadline: float = 10):
    """Tasks that each load a page which the server holds back."""
    tasks = [asyncio.create_task(rig.load("held", mode, deadline=deadline)) for _ in range(count)]
    await until(lambda: server.hits["held"] >= count)
    return tasks


async def death(member) -> None:
    """Kill a process and wait until it is gone."""
    member.kill()
    await until(lambda: not member.is_alive)


async def errors_of(tasks) -> list[BaseException]:
    async with asyncio.timeout(15):
        return await asyncio.gather(*tasks, return_exceptions=True)


def charges(errors) -> list[bool]:
    assert {type(error) for error in errors} == {BrowserLost}
    return sorted(error.charged for error in errors)


@pytest.mark.parametrize("mode", BOTH)
async def test_killed_renderer_costs_its_page_only(rig, held, mode):
    (task,) = await load_held(rig, held, 1, mode)
    for renderer in rig.recorder.of_kind("--type=renderer"):
        renderer.kill()
    (error,) = await errors_of([task])
    assert type(error) is PageCrashed
    assert error.charged
    await rig.check(mode)
    assert rig.starts == 1


@pytest.mark.parametrize("mode", BOTH)
async def test_killed_browser_is_paid_for_by_one_page(make_rig, held, mode):
    rig = await make_rig(size=3)
    tasks = await load_held(rig, held, 3, mode)
    rig.recorder.browser.kill()
    assert charges(await errors_of(tasks)) == [False, False, True]
    held.hold.set()
    await asyncio.gather(*(rig.check(mode) for _ in range(5)))
    assert rig.starts == 2


async def test_killed_driver_is_a_lost_browser(make_rig, held):
    rig = await make_rig(size=2)
    tasks = await load_held(rig, held, 2, Mode.LEAN)
    (driver,) = rig.recorder.of_kind("run-driver")
    driver.kill()
    assert charges(await errors_of(tasks)) == [False, True]
    await rig.check()
    assert rig.starts == 2


async def test_driver_killed_while_idle_costs_nobody_anything(rig):
    (driver,) = rig.recorder.of_kind("run-driver")
    await death(driver)
    await rig.check()
    assert rig.starts == 2


async def test_browser_killed_while_idle_costs_nobody_anything(rig):
    await death(rig.recorder.browser)
    await rig.check()
    assert rig.starts == 2


async def test_frozen_browser_is_killed_and_paid_for_by_one_page(make_rig, held):
    rig = await make_rig(size=3)
    tasks = await load_held(rig, held, 3, Mode.LEAN, deadline=1)
    os.kill(rig.recorder.browser.pid, signal.SIGSTOP)
    assert charges(await errors_of(tasks)) == [False, False, True]
    await rig.check()
    assert rig.starts == 2


async def test_frozen_driver_is_killed_and_paid_for_by_one_page(make_rig, held):
    rig = await make_rig(size=2)
    tasks = await load_held(rig, held, 2, Mode.LEAN, deadline=1)
    (driver,) = rig.recorder.of_kind("run-driver")
    os.kill(driver.pid, signal.SIGSTOP)
    assert charges(await errors_of(tasks)) == [False, True]
    await rig.check()
    assert rig.starts == 2


async def test_frozen_renderer_costs_its_page_only(rig, held):
    (task,) = await load_held(rig, held, 1, Mode.NATURAL, deadline=1)
    for renderer in rig.recorder.of_kind("--type=renderer"):
        os.kill(renderer.pid, signal.SIGSTOP)
    held.hold.set()
    (error,) = await errors_of([task])
    assert type(error) is TimedOut
    await rig.check(Mode.NATURAL)


async def test_hog_is_killed_and_its_neighbour_lives(make_rig, held):
    rig = await make_rig(size=2, memory_limit_mb=700)
    (neighbour,) = await load_held(rig, held, 1, Mode.LEAN)
    with pytest.raises(PageCrashed):
        await rig.load("hog", Mode.NATURAL, deadline=15, pace=10)
    held.hold.set()
    assert (await neighbour).status == 200
    await rig.check(Mode.NATURAL)


@pytest.mark.parametrize("mode", BOTH)
async def test_cancelled_page_gives_its_slot_back(rig, held, mode):
    (task,) = await load_held(rig, held, 1, mode)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await rig.check(mode)
    assert rig.starts == 1
    assert len(rig.recorder.browsers[0]._browser.contexts) == 1


async def test_rendered_page_is_emptied_and_its_tab_kept(rig):
    (context,) = rig.recorder.browsers[0]._browser.contexts
    await rig.check(Mode.LEAN)
    (page,) = context.pages
    for mode in (Mode.NATURAL, Mode.NATURAL, Mode.LEAN, Mode.NATURAL):
        await rig.check(mode)
        await until(lambda: rig.pool.status().slots[0].state is SlotState.IDLE)
        assert [page.url for page in context.pages] == ["about:blank"]
    assert context.pages == [page]
    assert rig.recorder.browsers[0]._browser.contexts == [context]


async def test_nothing_of_a_rendered_page_runs_when_the_next_one_is_loaded(rig, server):
    """It asks again and again, and would leave for another page in a moment."""
    assert (await rig.load("busybody", Mode.NATURAL)).status == 200
    await until(lambda: rig.pool.status().slots[0].state is SlotState.IDLE)
    asked = server.hits["asked"]
    for _ in range(3):
        await rig.check(Mode.NATURAL)
    assert server.hits["asked"] == asked
    assert server.hits["left"] == 0


async def test_a_tab_is_closed_after_so_many_rendered_pages(rig, monkeypatch):
    monkeypatch.setattr(tab, "_MOST_RENDERED", 3)
    (context,) = rig.recorder.browsers[0]._browser.contexts
    pages = []
    for _ in range(7):
        await rig.check(Mode.NATURAL)
        await until(lambda: rig.pool.status().slots[0].state is SlotState.IDLE)
        pages.append(len(context.pages))
    assert pages == [1, 1, 0, 1, 1, 0, 1]


async def test_a_tab_that_does_not_empty_is_closed(rig):
    """A page that never lets its renderer rest."""
    await rig.check(Mode.NATURAL)
    (context,) = rig.recorder.browsers[0]._browser.contexts
    (page,) = context.pages
    assert (await rig.load("restless", Mode.NATURAL)).status == 200
    await rig.check(Mode.NATURAL)
    assert rig.recorder.browsers[0]._browser.contexts == [context]
    assert page not in context.pages


async def test_slot_is_mended_when_its_holder_raises(rig):
    with pytest.raises(ZeroDivisionError):
        async with rig.pool.lease("mistake"):
            _ = 1 // 0
    await rig.check()
    assert rig.starts == 1


async def test_browser_is_retired_after_its_pages(make_rig):
    rig = await make_rig(size=2, retire_after_pages=4)
    for _ in range(5):
        await asyncio.gather(*(rig.check(Mode.NATURAL) for _ in range(4)))
    assert 3 <= rig.starts <= 6  # 20 pages; the limit has some jitter, pages in flight are finished
    alive = [browser for browser in rig.recorder.browsers if browser.is_alive]
    assert len(alive) <= 1


async def test_page_in_a_retired_browser_is_finished(make_rig, held):
    rig = await make_rig(size=2, retire_after_pages=2)
    (slow,) = await load_held(rig, held, 1, Mode.NATURAL)
    for _ in range(4):
        await rig.check(Mode.NATURAL)
    assert rig.starts >= 2
    held.hold.set()
    assert (await slow).status == 200


async def test_page_that_keeps_a_retired_browser_too_long_loses_it(make_rig, held):
    patience = Patience(context=3, close=3, probe=1, weigh_every=0.2, retired=0.3)
    rig = await make_rig(size=2, retire_after_pages=2, patience=patience)
    (slow,) = await load_held(rig, held, 1, Mode.NATURAL)
    for _ in range(3):
        await rig.check(Mode.NATURAL)
    (error,) = await errors_of([slow])
    assert charges([error]) == [False]


async def test_heavy_browser_is_replaced_between_pages(make_rig):
    rig = await make_rig(memory_limit_mb=200)
    async with asyncio.timeout(15):
        while rig.starts == 1:
            await rig.check(Mode.NATURAL)
    await rig.check(Mode.NATURAL)


@pytest.mark.parametrize("mode", BOTH)
async def test_closing_ends_pages_that_load_and_callers_that_wait(rig, held, mode):
    (loading,) = await load_held(rig, held, 1, mode, deadline=60)
    waiting = asyncio.create_task(rig.check())
    await until(lambda: rig.pool.status().waiting > 0)
    await rig.pool.close()
    assert [type(error) for error in await errors_of([loading, waiting])] == [PoolClosed] * 2


@pytest.mark.parametrize("frozen", ["--user-data-dir", ""])
async def test_frozen_browser_does_not_stop_the_pool_from_closing(rig, frozen):
    for member in rig.recorder.of_kind(frozen):
        os.kill(member.pid, signal.SIGSTOP)
    async with asyncio.timeout(BRISK.close + 5):
        await rig.pool.close()


async def test_pool_closes_in_the_middle_of_a_launch(rig):
    await death(rig.recorder.browser)
    waiting = asyncio.create_task(rig.check())
    await until(lambda: rig.pool._is_launching)
    await rig.pool.close()
    with pytest.raises(PoolClosed):
        await waiting


async def test_storm_of_deaths_leaves_a_working_pool(make_rig):
    rig = await make_rig(size=3)
    for victim in ("--type=renderer", "run-driver", "--type=utility", "--user-data-dir"):
        tasks = [
            asyncio.create_task(rig.load("jump", Mode.NATURAL, deadline=3, pace=0.2))
            for _ in range(6)
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for member in rig.recorder.of_kind(victim):
            member.kill()
        outcomes = await errors_of(tasks)
        assert all(not isinstance(o, BaseException) or isinstance(o, RenderError) for o in outcomes)
        await rig.check(Mode.NATURAL)
