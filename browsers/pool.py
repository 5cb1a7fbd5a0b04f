"""Slots in one browser, lent one page's work at a time.

    async with pool.lease("610947572360") as slot:
        page = await render(slot, request, deadline=60)

All contexts are one visitor's (`become`), of whom nothing is left when they are another's.

All changes of state are in `_assign`, which waits for nothing and returns what has to be opened,
closed or launched; tasks of the pool do that, so that a cancelled caller leaves nothing half done.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from browsers import launch as launching
from browsers.errors import PoolClosed, RenderError, Verdict
from browsers.fleet import Fleet
from browsers.launch import Browser, Launcher, Storage
from browsers.limits import Limits, Orders, Stage
from browsers.slot import Guise, Slot
from browsers.values import Launch, Mode, PoolStatus, SlotState, Visitor
from browsers.waiting import Change, Patience, Queue, Waiter, lateness, started

Work = Coroutine[None, None, None]


class BrowserPool:
    """`size` slots in one browser, which is replaced when it dies, hangs, wears out or grows."""

    def __init__(
        self,
        launch: Launch,
        *,
        size: int,
        launcher: Launcher | None = None,
        patience: Patience | None = None,
        limits: Limits | None = None,
    ) -> None:
        if size < 1:
            raise ValueError(f"a pool has at least one slot, not {size}")
        self._launch = launch
        self._launcher: Launcher = launcher or launching.start
        self._patience = patience or Patience()
        self._slots = tuple(Slot(n, probe=self._patience.probe) for n in range(1, size + 1))
        self.limits = limits or Limits(size)
        self.limits.slots = self._slots
        self._queue = Queue()
        self._guise = Guise(Visitor(proxy=launch.proxy))
        self._stage = Stage.NEW
        self._fleet = Fleet(launch, patience=self._patience.retired, changed=self._step)
        self._is_launching = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        """Browsers being ended; never cancelled, they have a limit of their own."""

    def __repr__(self) -> str:
        lent = sum(slot.is_lent for slot in self._slots)
        idle = sum(slot.is_idle for slot in self._slots)
        browser = self._fleet.name or "no browser"
        return (
            f"<BrowserPool {self._stage} [{lent} lent, {idle} idle of {len(self._slots)}"
            f" | {len(self._queue)} waiting | {browser}, {self._fleet.starts} started]>"
        )

    def status(self) -> PoolStatus:
        return PoolStatus(
            slots=tuple(slot.status() for slot in self._slots),
            waiting=len(self._queue),
            browser_starts=self._fleet.starts,
            pages=sum(slot.pages for slot in self._slots),
            engine=self._fleet.name,
            sandboxed=launching.sandboxed(self._launch.sandbox),
            memory_mb=self._fleet.weight,
            contexts=self._fleet.contexts,
            allowed=self.limits.at_once,
            held_back=self.limits.cause,
            memory_share=self.limits.share(self._fleet),
        )

    # From outside

    async def open(self) -> None:
        """Start a browser and try a slot. Raises EngineMissing; the pool is closed then."""
        if self._stage is not Stage.NEW:
            raise PoolClosed("a pool is opened once")
        self._stage = Stage.OPEN
        self._start(self._weigh())
        try:
            async with self.lease("opening"):
                pass
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End everything; who waits for a slot or holds one gets PoolClosed. Twice is fine."""
        self._stage = Stage.CLOSED
        self._queue.fail(PoolClosed("the pool was closed"))
        for task in self._tasks:
            task.cancel()
        if any(slot.is_lent for slot in self._slots):
            # Closed politely, Playwright leaves calls in flight unanswered; killed, they fail.
            self.kill()
        self._step()
        while tasks := self._tasks | self._endings:
            await asyncio.wait(tasks)
        for slot in self._slots:
            if not slot.is_lent:
                slot.forget()

    async def become(self, visitor: Visitor) -> None:
        """Let all contexts be this visitor's, with its cookies and its way out.

        Waits until what is lent as the former has come back; whoever asks for a slot after this
        gets the new one's. To become who we are is free. Raises PoolClosed, EngineMissing.
        """
        if self._stage is not Stage.OPEN:
            raise PoolClosed(f"the pool is {self._stage}")
        if self._guise.is_of(visitor) and not len(self._queue):
            return
        change = Change(visitor)
        self._queue.join(change)
        self._step()
        try:
            await change.wait()
        finally:
            self._queue.drop(change)
            self._step()  # a cancelled change holds nobody up

    async def storage(self) -> Storage | None:
        """The visitor's cookies and local storage; None if no context of it is open.

        Raises PoolClosed, BrowserLost, EngineMissing.
        """
        if not any(slot.guise is self._guise for slot in self._slots):
            return None
        async with self.lease("cookies") as slot:
            return await slot.storage(within=self._patience.context)

    @asynccontextmanager
    async def lease(self, label: str, mode: Mode = Mode.LEAN) -> AsyncIterator[Slot]:
        """Lend a slot; waits until one is free. How the block ends decides what becomes of it.

        `label` names the work for whoever watches; who renders a page says so by `mode`. Raises
        PoolClosed, and EngineMissing if no browser can be started. Waiting has no limit of its own.
        """
        slot = await self._acquire(label, mode)
        verdict = Verdict.FRESH_PAGE
        try:
            yield slot
            verdict = Verdict.KEEP
            self.limits.answered()
        except RenderError as error:
            verdict = error.verdict
            self.limits.answered(error)
            if self._stage is Stage.CLOSED:
                raise PoolClosed("the pool was closed while a page was loading") from error
            raise
        finally:
            self._give_back(slot, verdict)

    def kill(self) -> None:
        """SIGKILL the browsers; safe from any thread. For a watchdog whose loop hangs."""
        self._fleet.kill()

    # There and back

    async def _acquire(self, label: str, mode: Mode) -> Slot:
        if self._stage is not Stage.OPEN:
            raise PoolClosed(f"the pool is {self._stage}")
        waiter = Waiter(label, mode)
        self._queue.join(waiter)
        self._step()
        try:
            return await waiter.wait()
        except BaseException:
            # Cancelled in the very moment of being served: the slot must not leave with us.
            if slot := waiter.leave():
                self._give_back(slot, Verdict.KEEP)
            self._queue.drop(waiter)
            raise

    def _give_back(self, slot: Slot, verdict: Verdict) -> None:
        slot.verdict = verdict
        self._step()

    # The one place where slots and browsers change hands

    def _assign(self) -> Orders:
        """Called whenever anything happened; decides everything and waits for nothing.

        1. A browser that died is the current one no longer.
        2. Slots that came back are idle again, or to be mended, or emptied with their browser.
        3. The next in the queue may be a change of visitor: made as soon as nothing is lent.
        4. A browser that is worn out, or whose way out is not the visitor's, is retired; retired
           ones are ended when they are dead or unused.
        5. Idle slots of a former visitor are cleared, and those beyond what is allowed.
        6. Idle slots go to who waits, first come first served.
        7. For those who still wait a browser is launched, or empty slots are opened.
        """
        self._look()
        mend = tuple(self._take_back())
        self._change()
        end, clear = tuple(self._sort_out()), tuple(self._to_clear())
        self._serve()
        must, opened = self._must_launch(), tuple(self._to_open())
        return Orders(launch=must, open=opened, mend=mend, clear=clear, end=end)

    def _look(self) -> None:
        if self._fleet.browser is not None and not self._is_well(self._fleet.browser):
            self._fleet.retire()

    def _take_back(self) -> Iterator[tuple[Slot, Verdict]]:
        for slot in self._slots:
            verdict, slot.verdict = slot.verdict, None
            if verdict is None:
                continue
            if verdict is Verdict.FRESH_BROWSER and slot.browser is not None:
                slot.browser.condemn()
                self._look()
            if not self._fleet.is_current(slot):
                slot.forget()
                continue
            self._fleet.life -= slot.wear
            slot.wear = 0.0
            if verdict is Verdict.KEEP and slot.is_clean:
                slot.enter(SlotState.IDLE, "")
            else:
                slot.enter(SlotState.MENDING)
                yield slot, verdict

    def _change(self) -> None:
        while not any(slot.is_lent for slot in self._slots):
            if (change := self._queue.next_change()) is None:
                return
            if change.set(change.visitor) and not self._guise.is_of(change.visitor):
                self._guise = Guise(change.visitor)

    def _sort_out(self) -> Iterator[Browser]:
        is_spent = self._fleet.life <= 0 or self._fleet.way_out != self._guise.visitor.proxy
        if self._fleet.browser is not None and is_spent:
            self._fleet.retire()
        for slot in self._slots:
            if slot.is_idle and not self._fleet.is_current(slot):
                slot.forget()
        for browser in tuple(self._fleet.retired):
            is_used = any(slot.browser is browser for slot in self._slots)
            if not is_used or not self._is_well(browser):
                self._fleet.retired.remove(browser)
                yield browser

    def _to_clear(self) -> Iterator[Slot]:
        surplus = sum(slot.is_lent or slot.is_idle for slot in self._slots) - self.limits.allowed
        for slot in reversed(self._slots):
            if slot.is_idle and (surplus > 0 or slot.guise is not self._guise):
                surplus -= 1
                slot.enter(SlotState.MENDING)
                yield slot

    def _serve(self) -> None:
        for slot in self._slots:
            while slot.is_idle and (waiter := self.limits.next_of(self._queue)) is not None:
                if waiter.set(slot):
                    slot.mode = waiter.mode
                    slot.enter(SlotState.LOADING, waiter.label)

    def _must_launch(self) -> bool:
        must = (
            bool(self.limits.due(self._queue))
            and self._fleet.browser is None
            and not self._is_launching
        )
        self._is_launching |= must
        return must

    def _to_open(self) -> Iterator[Slot]:
        if self._fleet.browser is None:
            return
        own = [slot for slot in self._slots if slot.guise is self._guise]
        coming = sum(slot.state is SlotState.MENDING for slot in own)
        most = min(self._guise.visitor.contexts or len(self._slots), self.limits.allowed)
        wanted = max(min(self.limits.due(self._queue) - coming, most - len(own)), 0)
        for slot in [slot for slot in self._slots if slot.is_empty][:wanted]:
            slot.guise = self._guise
            slot.enter(SlotState.MENDING)
            yield slot

    def _is_well(self, browser: Browser) -> bool:
        return self._stage is Stage.OPEN and browser.is_alive

    # What takes time, in tasks of the pool

    def _step(self) -> None:
        orders = self._assign()
        self.limits.count(self._queue)
        if orders.launch:
            self._start(self._relaunch())
        for slot in orders.open:
            assert self._fleet.browser is not None
            self._start(self._ready(slot, partial(slot.open, self._fleet.browser)))
        for slot, verdict in orders.mend:
            self._start(self._ready(slot, partial(slot.mend, verdict)))
        for slot in orders.clear:
            self._start(self._ready(slot, slot.clear, SlotState.CLOSED))
        for browser in orders.end:
            self._start(browser.close(within=self._patience.close), self._endings)

    def _start(self, work: Work, tasks: set[asyncio.Task[None]] | None = None) -> None:
        kept = self._tasks if tasks is None else tasks
        task = asyncio.create_task(work)
        kept.add(task)
        task.add_done_callback(kept.discard)

    async def _relaunch(self) -> None:
        way_out = self._guise.visitor.proxy
        try:
            launch = replace(self._launch, proxy=way_out)
            browser = await started(self._launcher, launch, self._patience)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
            self._queue.fail(error)
        else:
            self._fleet.adopt(browser, way_out)
        finally:
            self._is_launching = False
            self._step()

    async def _ready(
        self, slot: Slot, work: Callable[..., Work], state: SlotState = SlotState.IDLE
    ) -> None:
        """Make a slot fit to be lent, or empty; a browser that cannot in time is not well."""
        try:
            await work(within=self._patience.context)
            slot.enter(state, "")
        except Exception:  # noqa: BLE001 - Playwright's or a timeout, the answer is one
            assert slot.browser is not None
            slot.browser.condemn()
        finally:
            if not slot.is_idle:
                slot.forget()
            self._step()

    async def _weigh(self) -> None:
        while True:
            lag = await lateness(self._patience.weigh_every)
            await self._fleet.weigh()
            await self.limits.look(self._fleet, lag=lag, is_wanted=bool(self._queue))
            self._step()
