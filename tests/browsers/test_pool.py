"""The pool's own decisions, event by event, without Chromium."""

import asyncio
import threading

import pytest

from browsers.errors import (
    BrowserLost,
    Busy,
    EngineMissing,
    PoolClosed,
    RenderError,
    TimedOut,
)
from browsers.limits import Limits
from browsers.pool import BrowserPool
from browsers.testing import FakeLauncher
from browsers.values import Launch, Mode, SlotState
from browsers.waiting import Patience, Waiter
from tests.browsers.conftest import until

QUICK = Patience(launch=1, context=0.1, close=0.1, probe=0.1, weigh_every=60, retry=(0.001, 0.002))


@pytest.fixture
def launcher():
    return FakeLauncher()


@pytest.fixture
async def make_pool(launcher):
    """Open pools on the fake launcher; nothing of theirs may be left afterwards."""
    pools = []

    async def make(size=1, patience=QUICK, limits=None, **launch) -> BrowserPool:
        pool = BrowserPool(
            Launch(**launch), size=size, launcher=launcher, patience=patience, limits=limits
        )
        pools.append(pool)
        await pool.open()
        return pool

    yield make
    for pool in pools:
        await pool.close()
        assert pool._tasks == pool._endings == set()
    assert launcher.living == 0


async def lease_once(pool, label="work"):
    async with pool.lease(label):
        pass


async def fail(pool, error, after):
    """Hold a slot, do something, raise."""
    async with pool.lease("work"):
        after()
        raise error


async def hold(pool, label="held", mode=Mode.LEAN):
    """A lease that lasts until the returned event is set, and its task."""
    release, lent = asyncio.Event(), asyncio.Event()

    async def work():
        async with pool.lease(label, mode):
            lent.set()
            await release.wait()

    task = asyncio.create_task(work())
    await lent.wait()
    return task, release


def lent(pool):
    return [slot.label for slot in pool.status().slots if slot.state is SlotState.LOADING]


class TestLease:
    async def test_slots_are_lent_up_to_the_size(self, make_pool):
        pool = await make_pool(size=2)
        first, go = await hold(pool, "a")
        second, go2 = await hold(pool, "b")
        third = asyncio.create_task(lease_once(pool))
        await until(lambda: pool.status().waiting == 1)
        assert lent(pool) == ["a", "b"]
        go.set()
        await first
        await third
        go2.set()
        await second

    async def test_contexts_are_opened_for_who_waits_and_kept(self, make_pool, launcher):
        pool = await make_pool(size=3)
        (browser,) = launcher.browsers
        assert len(browser.contexts) == 1
        for _ in range(5):
            await lease_once(pool)
        assert len(browser.contexts) == 1
        held = [await hold(pool) for _ in range(3)]
        assert len(browser.contexts) == 3
        for task, go in held:
            go.set()
            await task

    async def test_waiters_are_served_in_order(self, make_pool):
        pool = await make_pool()
        task, go = await hold(pool)
        served = []

        async def work(name):
            async with pool.lease(name):
                served.append(name)

        tasks = []
        for name in "abc":
            tasks.append(asyncio.create_task(work(name)))
            await until(lambda: pool.status().waiting == len(tasks))
        go.set()
        await asyncio.gather(task, *tasks)
        assert served == ["a", "b", "c"]

    async def test_lease_before_opening_is_refused(self, launcher):
        pool = BrowserPool(Launch(), size=1, launcher=launcher)
        with pytest.raises(PoolClosed, match="new"):
            await lease_once(pool)

    async def test_pool_without_slots_is_refused(self):
        with pytest.raises(ValueError, match="at least one"):
            BrowserPool(Launch(), size=0)


class TestVerdict:
    async def test_slot_is_kept_after_success(self, make_pool, launcher):
        pool = await make_pool()
        await lease_once(pool)
        assert launcher.browsers[0].contexts[0].is_open

    @pytest.mark.parametrize("error", [TimedOut("x"), KeyError("x")])
    async def test_context_is_renewed_after_an_error(self, make_pool, launcher, error):
        pool = await make_pool()
        with pytest.raises(type(error)):
            async with pool.lease("work"):
                raise error
        await lease_once(pool)
        assert [context.is_open for context in launcher.browsers[0].contexts] == [False, True]

    async def test_context_is_kept_when_the_site_is_busy(self, make_pool, launcher):
        pool = await make_pool()
        with pytest.raises(Busy):
            async with pool.lease("work"):
                raise Busy("x")
        await lease_once(pool)
        assert launcher.browsers[0].open_contexts == len(launcher.browsers[0].contexts) == 1

    async def test_browser_is_replaced_when_it_was_lost(self, make_pool, launcher):
        pool = await make_pool()
        with pytest.raises(BrowserLost):
            async with pool.lease("work"):
                raise BrowserLost("x")
        await lease_once(pool)
        assert [browser.is_alive for browser in launcher.browsers] == [False, True]

    async def test_browser_that_hangs_while_a_context_closes_is_replaced(self, make_pool, launcher):
        pool = await make_pool()
        with pytest.raises(TimedOut):
            await fail(pool, TimedOut("x"), launcher.browsers[0].hang)
        await lease_once(pool)
        assert pool.status().browser_starts == 2


class TestCancellation:
    async def test_in_the_queue(self, make_pool):
        pool = await make_pool()
        task, go = await hold(pool)
        waiting = asyncio.create_task(lease_once(pool))
        await until(lambda: pool.status().waiting == 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert pool.status().waiting == 0
        go.set()
        await task
        await lease_once(pool)

    async def test_in_the_moment_of_being_served(self, make_pool):
        pool = await make_pool()
        async with pool.lease("first"):
            waiting = asyncio.create_task(lease_once(pool))
            await until(lambda: pool.status().waiting == 1)
        # The slot was handed over, and `waiting` has not run since.
        assert pool.status().waiting == 0
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert lent(pool) == []
        await lease_once(pool)

    async def test_in_the_moment_before_being_served(self, make_pool):
        pool = await make_pool()
        async with pool.lease("first"):
            waiting = asyncio.create_task(lease_once(pool))
            await until(lambda: pool.status().waiting == 1)
            waiting.cancel()
        # `waiting` has not run since and still stands in the queue.
        assert lent(pool) == []
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await lease_once(pool)

    async def test_of_a_holder(self, make_pool, launcher):
        pool = await make_pool()
        task, _ = await hold(pool)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await lease_once(pool)
        assert launcher.browsers[0].open_contexts == 1

    async def test_of_who_waits_for_the_launch(self, make_pool, launcher):
        pool = await make_pool()
        launcher.browsers[0].die()
        launcher.starts.clear()
        waiting = asyncio.create_task(lease_once(pool))
        await until(lambda: launcher.attempts == 2)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        launcher.starts.set()
        await lease_once(pool)
        assert launcher.attempts == 2

    async def test_of_who_waits_for_a_context(self, make_pool, launcher):
        pool = await make_pool(size=2)
        task, go = await hold(pool)
        launcher.browsers[0].opens.clear()
        waiting = asyncio.create_task(lease_once(pool))
        await until(lambda: pool.status().waiting == 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        launcher.browsers[0].opens.set()
        go.set()
        await task
        await lease_once(pool)
        assert pool.status().browser_starts == 1

    async def test_waiter_that_left_takes_nothing(self):
        waiter = Waiter("gone")
        assert waiter.leave() is None
        assert waiter.set(object()) is False
        waiter.fail(PoolClosed("late"))
        assert waiter.leave() is None

    async def test_waiter_that_failed_takes_nothing(self):
        waiter = Waiter("told")
        waiter.fail(PoolClosed("closed"))
        assert waiter.leave() is None


class TestDeath:
    async def test_while_idle_is_noticed_before_lending(self, make_pool, launcher):
        pool = await make_pool()
        launcher.browsers[0].kill()
        await lease_once(pool)
        assert pool.status().browser_starts == 2

    async def test_is_cleared_away_at_once(self, make_pool, launcher):
        await make_pool()
        launcher.browsers[0].die()
        await until(lambda: launcher.browsers[0].is_ended)

    async def test_with_neighbours_launches_once_for_all(self, make_pool, launcher):
        pool = await make_pool(size=3)
        held = [await hold(pool) for _ in range(3)]
        waiting = [asyncio.create_task(lease_once(pool)) for _ in range(3)]
        launcher.browsers[0].die()
        for task, go in held:
            go.set()
            await task
        await asyncio.gather(*waiting)
        assert launcher.attempts == 2

    async def test_holder_of_a_dead_browsers_slot_gives_it_back_empty(self, make_pool, launcher):
        pool = await make_pool(size=2)
        task, go = await hold(pool)
        launcher.browsers[0].die()
        await lease_once(pool)
        go.set()
        await task
        assert {slot.state for slot in pool.status().slots} == {SlotState.IDLE, SlotState.CLOSED}

    async def test_while_a_context_opens(self, make_pool, launcher):
        pool = await make_pool(size=2)
        task, go = await hold(pool)
        launcher.browsers[0].opens.clear()
        waiting = asyncio.create_task(lease_once(pool))
        await until(lambda: pool.status().waiting == 1)
        launcher.browsers[0].die()
        launcher.browsers[0].opens.set()
        await waiting
        go.set()
        await task
        assert pool.status().browser_starts == 2


class TestLaunch:
    async def test_that_fails_is_tried_again(self, make_pool, launcher):
        launcher.failures = [BrowserLost("no"), BrowserLost("no")]
        await make_pool()
        assert launcher.attempts == 3

    async def test_that_keeps_failing_is_told_to_all_who_wait(self, make_pool, launcher):
        pool = await make_pool(size=2)
        launcher.browsers[0].die()
        launcher.failures = [BrowserLost("no")] * 3
        told = await asyncio.gather(lease_once(pool), lease_once(pool), return_exceptions=True)
        assert [type(error) for error in told] == [EngineMissing] * 2
        await lease_once(pool)
        assert launcher.attempts == 5

    async def test_that_hangs_is_given_up(self, make_pool, launcher):
        patience = Patience(launch=0.01, retry=(0.001, 0.001), launches=2)
        launcher.starts.clear()
        with pytest.raises(EngineMissing, match="2 browsers"):
            await make_pool(patience=patience)

    async def test_without_an_engine_fails_at_once(self, make_pool, launcher):
        launcher.failures = [EngineMissing("install one")]
        with pytest.raises(EngineMissing, match="install one"):
            await make_pool()
        assert launcher.attempts == 1

    async def test_mistake_of_the_launcher_reaches_the_caller(self, make_pool, launcher):
        launcher.failures = [ValueError("a mistake")]
        with pytest.raises(ValueError, match="a mistake"):
            await make_pool()


class TestRetirement:
    async def work(self, pool, pages, mode=Mode.NATURAL):
        for _ in range(pages):
            async with pool.lease("work") as slot:
                slot.count(mode)

    async def test_after_its_pages(self, make_pool, launcher):
        pool = await make_pool(retire_after_pages=10)
        await self.work(pool, 9)
        assert pool.status().browser_starts == 1
        await self.work(pool, 3)
        assert pool.status().browser_starts == 2
        assert pool.status().pages == 12
        await until(lambda: launcher.browsers[0].is_ended)

    async def test_counts_lean_pages_a_tenth(self, make_pool):
        pool = await make_pool(retire_after_pages=10)
        await self.work(pool, 90, Mode.LEAN)
        assert pool.status().browser_starts == 1
        await self.work(pool, 20, Mode.LEAN)
        assert pool.status().browser_starts == 2

    async def test_waits_for_pages_that_still_load(self, make_pool, launcher):
        pool = await make_pool(size=2, retire_after_pages=2)
        task, go = await hold(pool)
        await self.work(pool, 4)
        assert pool.status().browser_starts == 2
        assert not launcher.browsers[0].is_ended
        go.set()
        await task
        await until(lambda: launcher.browsers[0].is_ended)

    async def test_does_not_wait_for_ever(self, make_pool, launcher):
        patience = Patience(context=0.1, close=0.1, weigh_every=60, retired=0.02)
        pool = await make_pool(size=2, retire_after_pages=2, patience=patience)
        task, go = await hold(pool)
        await self.work(pool, 4)
        await until(lambda: launcher.browsers[0].is_ended)
        assert not launcher.browsers[0].blame()
        go.set()
        await task

    async def test_of_one_that_ended_in_time_is_forgotten(self, make_pool, launcher):
        patience = Patience(context=0.1, close=0.1, weigh_every=60, retired=0.01)
        pool = await make_pool(retire_after_pages=1, patience=patience)
        await self.work(pool, 2)
        await asyncio.sleep(0.02)
        await lease_once(pool)
        assert launcher.browsers[0].is_ended

    async def test_when_it_is_too_heavy(self, make_pool, launcher):
        patience = Patience(context=0.1, close=0.1, weigh_every=0.005)
        pool = await make_pool(memory_limit_mb=500, patience=patience)
        await until(lambda: pool.status().memory_mb == 100)
        launcher.browsers[0].weight = 501
        await until(lambda: launcher.browsers[0].is_ended)
        assert pool.status().memory_mb is None
        await lease_once(pool)
        assert pool.status().browser_starts == 2

    async def test_weight_of_a_browser_that_died_meanwhile_is_dropped(self, make_pool, launcher):
        patience = Patience(context=0.1, close=0.1, weigh_every=0.005)
        pool = await make_pool(memory_limit_mb=500, patience=patience)
        loop, dead = asyncio.get_running_loop(), threading.Event()

        def weigh(_):
            loop.call_soon_threadsafe(launcher.browsers[0].die)
            loop.call_soon_threadsafe(dead.set)
            assert dead.wait(5)
            return 900

        launcher.browsers[0].weigh = weigh
        await until(lambda: launcher.browsers[0].is_ended)
        await lease_once(pool)
        await until(lambda: pool.status().memory_mb == 100)
        assert pool.status().browser_starts == 2

    async def test_while_a_slot_is_mended(self, make_pool, launcher):
        pool = await make_pool(size=2, retire_after_pages=2)
        with pytest.raises(TimedOut):
            await fail(pool, TimedOut("x"), launcher.browsers[0].opens.clear)
        pool._fleet.life = 0
        waiting = asyncio.create_task(lease_once(pool))
        await until(lambda: pool.status().browser_starts == 2)
        assert not launcher.browsers[0].is_ended
        launcher.browsers[0].opens.set()
        await waiting
        await until(lambda: launcher.browsers[0].is_ended)


class TestClose:
    async def test_twice_is_fine(self, make_pool):
        pool = await make_pool()
        await pool.close()
        await pool.close()
        pool.kill()

    async def test_unopened_is_fine(self, launcher):
        pool = BrowserPool(Launch(), size=1, launcher=launcher)
        await pool.close()
        with pytest.raises(PoolClosed):
            await pool.open()

    async def test_fails_who_waits(self, make_pool):
        pool = await make_pool()
        task, go = await hold(pool)
        waiting = asyncio.create_task(lease_once(pool))
        await until(lambda: pool.status().waiting == 1)
        await pool.close()
        with pytest.raises(PoolClosed):
            await waiting
        go.set()
        await task

    async def test_turns_a_holders_error_into_pool_closed(self, make_pool):
        pool = await make_pool()

        async def work():
            async with pool.lease("work"):
                await pool.close()
                raise BrowserLost("x")

        with pytest.raises(PoolClosed) as caught:
            await work()
        assert isinstance(caught.value.__cause__, RenderError)

    async def test_refuses_later_leases(self, make_pool):
        pool = await make_pool()
        await pool.close()
        with pytest.raises(PoolClosed, match="closed"):
            await lease_once(pool)

    async def test_ends_a_browser_that_hangs(self, make_pool, launcher):
        pool = await make_pool()
        launcher.browsers[0].hang()
        await pool.close()
        assert launcher.browsers[0].is_ended

    async def test_gives_up_a_launch(self, make_pool, launcher):
        pool = await make_pool()
        launcher.browsers[0].die()
        launcher.starts.clear()
        waiting = asyncio.create_task(lease_once(pool))
        await until(lambda: launcher.attempts == 2)
        await pool.close()
        with pytest.raises(PoolClosed):
            await waiting

    async def test_gives_up_a_context_that_opens(self, make_pool, launcher):
        pool = await make_pool(size=2)
        task, go = await hold(pool)
        launcher.browsers[0].opens.clear()
        waiting = asyncio.create_task(lease_once(pool))
        await until(lambda: pool.status().waiting == 1)
        await pool.close()
        with pytest.raises(PoolClosed):
            await waiting
        go.set()
        await task
        assert {slot.state for slot in pool.status().slots} == {SlotState.CLOSED}

    async def test_kill_ends_every_browser_at_once(self, make_pool, launcher):
        pool = await make_pool(size=2, retire_after_pages=1)
        task, go = await hold(pool)
        async with pool.lease("work") as slot:
            slot.count(Mode.NATURAL)
            slot.count(Mode.NATURAL)
        await lease_once(pool)
        pool.kill()
        assert [browser.is_alive for browser in launcher.browsers] == [False, False]
        go.set()
        await task


class TestPicture:
    async def test_repr_tells_the_state(self, make_pool, launcher):
        pool = BrowserPool(Launch(), size=2, launcher=launcher)
        assert repr(pool) == (
            "<BrowserPool new [0 lent, 0 idle of 2 | 0 waiting | no browser, 0 started]>"
        )
        pool = await make_pool(size=2)
        task, go = await hold(pool, "610947572360")
        assert repr(pool) == (
            "<BrowserPool open [1 lent, 0 idle of 2 | 0 waiting | fake-1, 1 started]>"
        )
        assert repr(pool._slots[0]) == "<Slot 1 loading 610947572360>"
        assert repr(pool._slots[1]) == "<Slot 2 closed>"
        go.set()
        await task

    async def test_status_names_the_work(self, make_pool):
        pool = await make_pool()
        task, go = await hold(pool, "610947572360")
        status = pool.status()
        assert (status.engine, status.browser_starts, status.waiting) == ("fake-1", 1, 0)
        assert status.slots[0].label == "610947572360"
        go.set()
        await task
        assert pool.status().slots[0].label == ""


class Gauge:
    """Memory as a test tells it; each look waits until it is asked for."""

    def __init__(self) -> None:
        self.share = 0.1
        self.moves = []

    def limits(self, size: int, natural: int | None = None) -> Limits:
        return Limits(size, natural=natural, told=self.moves.append, memory=lambda: self.share)


async def look(pool, times=1) -> None:
    for _ in range(times):
        await pool.limits.look(pool._fleet, lag=0.0, is_wanted=bool(pool._queue))
        pool._step()


class TestLimits:
    @pytest.fixture
    def gauge(self):
        return Gauge()

    async def test_pages_in_flight_are_finished_and_none_is_begun_beyond(
        self, make_pool, launcher, gauge
    ):
        pool = await make_pool(size=4, limits=gauge.limits(4))
        held = [await hold(pool, str(n)) for n in range(4)]
        gauge.share = 0.95
        await look(pool)
        waiting = [asyncio.create_task(hold(pool, f"later {n}")) for n in range(4)]
        await until(lambda: pool.status().waiting == 4)
        assert lent(pool) == list("0123")  # nobody loses a slot
        for task, go in held[:2]:
            go.set()
            await task
        assert len(lent(pool)) == 2
        assert not any(task.done() for task in waiting)
        await until(lambda: launcher.browsers[0].open_contexts == 2)
        held[2][1].set()
        await waiting[0]
        assert len(lent(pool)) == 2
        status = pool.status()
        assert (status.allowed, status.held_back, status.memory_share) == (2, "memory", 0.95)
        gauge.share = 0.1
        await look(pool, 10)
        for task in waiting[1:3]:
            await task
        assert len(lent(pool)) == 4
        assert pool.status().held_back == ""
        assert [str(move) for move in gauge.moves] == [
            "4 → 2 of 4: memory 95 %",
            "2 → 3 of 4: calm again",
            "3 → 4 of 4: calm again",
        ]
        held[3][1].set()
        for task in waiting:
            (await task)[1].set()

    async def test_idle_slots_beyond_are_closed_and_the_last_one_works(
        self, make_pool, launcher, gauge
    ):
        pool = await make_pool(size=4, limits=gauge.limits(4))
        for task, go in [await hold(pool) for _ in range(4)]:
            go.set()
            await task
        assert launcher.browsers[0].open_contexts == 4
        gauge.share = 0.95
        await look(pool, 20)
        await until(lambda: launcher.browsers[0].open_contexts == 1)
        await asyncio.gather(*(lease_once(pool) for _ in range(5)))
        assert launcher.browsers[0].open_contexts == 1

    async def test_rendered_pages_leave_slots_to_lean_ones(self, make_pool, gauge):
        pool = await make_pool(size=4, limits=gauge.limits(4, natural=2))
        rendering = [
            asyncio.create_task(hold(pool, f"rendered {n}", Mode.NATURAL)) for n in range(4)
        ]
        await until(lambda: len(lent(pool)) == 2)
        lean = [await hold(pool, f"lean {n}") for n in range(2)]  # they pass by those who wait
        assert sorted(lent(pool)) == ["lean 0", "lean 1", "rendered 0", "rendered 1"]
        lean[0][1].set()
        await lean[0][0]
        assert len(lent(pool)) == 3  # a free slot is no slot for one more of them
        (await rendering[0])[1].set()
        await rendering[2]
        assert sorted(lent(pool)) == ["lean 1", "rendered 1", "rendered 2"]
        lean[1][1].set()
        for task in rendering:
            (await task)[1].set()

    async def test_a_site_that_is_busy_gets_fewer_pages_at_once(self, make_pool, gauge):
        pool = await make_pool(size=4, limits=gauge.limits(4))
        for _ in range(3):
            with pytest.raises(Busy):
                await fail(pool, Busy("x"), lambda: None)
        await look(pool)
        assert pool.status().held_back == "the site refuses"
        other = gauge.limits(4)
        other.blocked()
        await other.look(pool._fleet, lag=0.0, is_wanted=True)
        assert other.allowed == 2

    async def test_an_engine_that_does_not_get_lighter_is_replaced(self, make_pool, launcher):
        patience = Patience(context=0.1, close=0.1, weigh_every=0.005)
        pool = await make_pool(size=4, memory_limit_mb=500, patience=patience)
        launcher.browsers[0].weight = 470  # near its limit, not beyond
        await until(lambda: launcher.browsers[0].is_ended)
        await lease_once(pool)
        assert pool.status().browser_starts == 2
