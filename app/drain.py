"""Working on a run until nothing of it is left: claims in, endings out, leases kept alive.

The flow of one offer is in `sync.py`; which items are due is the ledger's to say.
"""

import asyncio
from collections import deque
from contextlib import suppress

from structlog.contextvars import bound_contextvars

from app.canary import ailing
from app.discover import walk_list
from app.extract.base import Blocked
from app.pace.values import Closed, GateClosed
from app.quality.books import SAID as DRIFT
from app.refs import OfferRef
from app.runs import limits
from app.runs.claims import Claim, claim, give_back, renew
from app.runs.consequences import BUSY_PAUSE
from app.runs.outcomes import ItemKind, RunState, Skipped
from app.runs.parking import park
from app.runs.settling import Fenced, commit
from app.runs.states import Run, RunClosed, close_if_finished, pause, read_run, set_option
from app.runtime import Runtime
from app.stay import Stay, Stopped, stay
from app.sync import Ending, sync_offer
from browsers.errors import Busy

WORKABLE = (RunState.OPEN, RunState.RUNNING)
LOOKED = "canaries"
"""Option of a run whose canaries were well when it began."""
POLL_SECONDS = 1.0
"""Longest nap of a worker that waits for a retry or for somebody else's lease."""


class Drain:
    """One process's work on one run; `stop()` lets the pages in flight finish."""

    def __init__(self, runtime: Runtime, run_id: int) -> None:
        self._runtime = runtime
        self._run_id = run_id
        self._waiting: deque[Claim] = deque()
        self._held: set[Claim] = set()
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._stopped = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._guest: Stay

    def stop(self) -> None:
        """Begin no further page. Call it on the loop."""
        self._stopped.set()
        self._news.set()

    def stop_soon(self) -> None:
        """The same from any thread or a signal's frame."""
        self._loop.call_soon_threadsafe(self.stop)

    async def run(self) -> None:
        """Return when the run is finished, parked, paused, or `stop` was called.

        Leases that are still held are given back, whatever happens. Raises what is no item's
        matter: DatabaseUnavailable, EngineMissing, ProfileHeld, ProfileUnknown.
        """
        run = await self._runtime.aside(read_run, self._runtime.engine, self._run_id)
        async with stay(self._runtime, run, self._stopped) as self._guest:
            with bound_contextvars(run=run.id, profile=self._guest.name):
                if await self._canaries_are_well(run):
                    await self._work_through()
        await self._close()

    async def _canaries_are_well(self, run: Run) -> bool:
        """Look at the canaries once a run; pauses it if one is not read as it was."""
        if not self._runtime.canaries or run.options.get(LOOKED):
            return True
        try:
            wrong = await ailing(self._runtime, self._canary_turn)
        except GateClosed as error:
            closed = error.closed
        except Blocked as error:
            why = f"{error.rule}: {error}"
            closed = Closed(until=await self._guest.blocked(why), why=why)
        except Busy as error:
            await self._guest.put_off(error.retry_after or BUSY_PAUSE, f"{error.reason}: {error}")
            return True
        else:
            return await self._judged(run, wrong)
        await self._park(closed)
        return False

    async def _canary_turn(self) -> bool:
        """Wait for the turn of a canary; the profile stays ours meanwhile."""
        may_ask = await self._guest.waited_turn("offer", self._stopped)
        await self._guest.renew()
        return may_ask

    async def _judged(self, run: Run, wrong: str | None) -> bool:
        """Note how the canaries are; whether the run may begin."""
        runtime = self._runtime
        if wrong:
            with suppress(RunClosed):
                await runtime.aside(pause, runtime.engine, run.id, f"{DRIFT}{wrong}")
        elif not self._stopped.is_set():
            await runtime.aside(set_option, runtime.engine, run.id, LOOKED, True)
        return not wrong

    async def _work_through(self) -> None:
        keeper = asyncio.create_task(self._keep_leases())
        workers = [asyncio.create_task(self._work()) for _ in range(self._guest.slots)]
        try:
            await self._until_all_ended([keeper, *workers], workers)
        finally:
            for task in (keeper, *workers):
                task.cancel()
            await asyncio.gather(keeper, *workers, return_exceptions=True)
            await asyncio.shield(self._give_back())

    async def _until_all_ended(
        self, watched: list[asyncio.Task[None]], workers: list[asyncio.Task[None]]
    ) -> None:
        """The first failure of any task ends all of them; a worker that ends well does not."""
        while not all(worker.done() for worker in workers):
            done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
                watched.remove(task)
        for worker in workers:
            worker.result()

    async def _work(self) -> None:
        while (one := await self._next()) is not None:
            try:
                ending = await self._ending(one)
            except GateClosed as error:
                await self._park(error.closed)
                return
            if one.kind is ItemKind.OFFER:  # a walk tells itself what it holds no more
                self._held.discard(one)
            self._news.set()
            await self._heed(ending)

    async def _ending(self, one: Claim) -> Ending:
        if one.kind is ItemKind.LIST:
            return await walk_list(
                self._runtime, one, guest=self._guest, handed=self._handed, stopped=self._stopped
            )
        with bound_contextvars(item=one.offer_id, attempt=one.attempt):
            return await sync_offer(self._runtime, one, self._guest)

    def _handed(self, done: Claim, following: Claim | None) -> None:
        """A list's page was turned: its claim is over, the next page's is ours."""
        self._held.discard(done)
        if following is not None:
            self._held.add(following)
        self._news.set()

    async def _heed(self, ending: Ending) -> None:
        """What an ending means for the profile and the run."""
        if ending.is_good:
            await self._guest.good()
        if ending.pause:
            await self._guest.put_off(ending.pause, ending.text)
        if ending.blocked:
            reason = ending.blocked if ending.is_good else f"{ending.blocked}: {ending.text}"
            await self._park(Closed(until=await self._guest.blocked(reason), why=reason))

    async def _next(self) -> Claim | None:
        """The next claim to work on; None when this drain is over."""
        async with self._turn:
            while not self._stopped.is_set():
                self._news.clear()
                if self._waiting or await self._claim():
                    if await self._may_ask():
                        return self._waiting.popleft()
                elif (await self._close()).state in WORKABLE:
                    await _wait(self._news, POLL_SECONDS)
                else:
                    self.stop()
            return None

    async def _may_ask(self) -> bool:
        """Wait until the first waiting claim may be worked on; False if it may not, now or ever."""
        if self._waiting[0].kind is ItemKind.LIST:
            return True  # a walk takes a turn for each of its pages
        await self._runtime.pool.limits.room()
        if self._stopped.is_set() or not self._waiting:
            return False
        try:
            if await self._skip_forbidden(self._waiting[0]):
                return False
            may_ask = await self._guest.waited_turn("offer", self._stopped)
        except Stopped:
            return False
        except GateClosed as error:
            await self._park(error.closed)
            return False
        return may_ask and bool(self._waiting)  # none was lost meanwhile

    async def _skip_forbidden(self, one: Claim) -> bool:
        rule = await self._guest.forbidden(OfferRef(offer_id=one.offer_id).url)
        if rule is None or one not in self._waiting:
            return rule is not None
        self._waiting.remove(one)
        settlement = Skipped(reason=f"robots.txt: {rule}")
        with suppress(Fenced):
            await self._runtime.aside(commit, self._runtime.engine, one, lambda _: settlement)
        self._held.discard(one)
        return True

    async def _claim(self) -> bool:
        """Take as many items as may be under way; fewer trips to the database, few to give back."""
        runtime = self._runtime
        room = await runtime.aside(limits.room, runtime.engine, self._run_id)
        if room.reached:
            with suppress(RunClosed):  # somebody closed it meanwhile: just as well
                await runtime.aside(pause, runtime.engine, self._run_id, room.reached)
            return False
        wanted = 1 if self._guest.is_paced else min(self._guest.slots, runtime.pool.limits.at_once)
        found = await runtime.aside(
            claim,
            runtime.engine,
            self._run_id,
            wanted if room.offers is None else min(wanted, room.offers),
            owner=runtime.owner,
            lease_seconds=runtime.lease_seconds,
        )
        self._waiting.extend(found)
        self._held.update(found)
        return bool(found)

    async def _close(self) -> Run:
        return await self._runtime.aside(close_if_finished, self._runtime.engine, self._run_id)

    async def _park(self, closed: Closed) -> None:
        """Let the run rest until it may go on by itself, or a person lets it."""
        with suppress(RunClosed):
            await self._runtime.aside(
                park, self._runtime.engine, self._run_id, closed.why, closed.until
            )
        self.stop()

    async def _keep_leases(self) -> None:
        """Renew thrice per lease; lost claims are not begun, and fenced if they already are."""
        while True:
            await asyncio.sleep(self._runtime.lease_seconds / 3)
            await self._guest.renew()
            held = list(self._held)
            if held:
                seconds = self._runtime.lease_seconds
                kept = await self._runtime.aside(
                    renew, self._runtime.engine, held, lease_seconds=seconds
                )
                lost = set(held) - kept
                self._waiting = deque(one for one in self._waiting if one not in lost)

    async def _give_back(self) -> None:
        left, self._held = self._held, set()
        self._waiting.clear()
        if left:
            await self._runtime.aside(give_back, self._runtime.engine, left)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event is set, at most so long."""
    if seconds > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)
