"""Slots in one browser, lent one page's work at a time.

    async with pool.lease("610947572360") as slot:
        page = await render(slot, request, deadline=60)

All changes of state are in `_assign`, which waits for nothing and returns what has to be opened,
closed or launched; that is done by tasks of the pool, so that a cancelled caller never leaves
anything half done. What a page is and how one is loaded stands elsewhere.
"""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from browsers import launch as launching
from browsers.errors import BrowserLost, EngineMissing, PoolClosed, RenderError, Verdict
from browsers.launch import Browser, Launcher
from browsers.slot import Slot
from browsers.values import Launch, PoolStatus, SlotState
from browsers.waiting import Patience, Waiter

_JITTER = 0.05
"""Browsers that started together must not be replaced together."""


class Stage(StrEnum):
    NEW = "new"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Orders:
    """What `_assign` wants done."""

    launch: bool
    open: tuple[Slot, ...]
    mend: tuple[tuple[Slot, Verdict], ...]
    end: tuple[Browser, ...]


class BrowserPool:
    """`size` slots in one browser, which is replaced when it dies, hangs, wears out or grows."""

    def __init__(
        self,
        launch: Launch,
        *,
        size: int,
        launcher: Launcher | None = None,
        patience: Patience | None = None,
    ) -> None:
        if size < 1:
            raise ValueError(f"a pool has at least one slot, not {size}")
        self._launch = launch
        self._launcher: Launcher = launcher or launching.start
        self._patience = patience or Patience()
        self._slots = tuple(Slot(n, probe=self._patience.probe) for n in range(1, size + 1))
        self._waiters: deque[Waiter] = deque()
        self._stage = Stage.NEW
        self._browser: Browser | None = None
        """Whose contexts are lent now."""
        self._retired: list[Browser] = []
        """Lent no more; they end when the last page in them is done."""
        self._is_launching = False
        self._starts = 0
        self._life = 0.0
        """Pages the current browser still has; see `Slot.wear`."""
        self._weight: int | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._endings: set[asyncio.Task[None]] = set()
        """Browsers being ended; never cancelled, they have a limit of their own."""

    def __repr__(self) -> str:
        lent = sum(slot.is_lent for slot in self._slots)
        idle = sum(slot.is_idle for slot in self._slots)
        browser = self._browser.name if self._browser else "no browser"
        return (
            f"<BrowserPool {self._stage} [{lent} lent, {idle} idle of {len(self._slots)}"
            f" | {len(self._waiters)} waiting | {browser}, {self._starts} started]>"
        )

    def status(self) -> PoolStatus:
        return PoolStatus(
            slots=tuple(slot.status() for slot in self._slots),
            waiting=len(self._waiters),
            browser_starts=self._starts,
            pages=sum(slot.pages for slot in self._slots),
            engine=self._browser.name if self._browser else "",
            sandboxed=launching.sandboxed(self._launch.sandbox),
            memory_mb=self._weight,
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
        self._fail_waiters(PoolClosed("the pool was closed"))
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

    @asynccontextmanager
    async def lease(self, label: str) -> AsyncIterator[Slot]:
        """Lend a slot; waits until one is free. How the block ends decides what becomes of it.

        `label` names the work for whoever watches. Raises PoolClosed, and EngineMissing if no
        browser can be started. Waiting has no limit of its own: the caller's applies.
        """
        slot = await self._acquire(label)
        verdict = Verdict.FRESH_PAGE
        try:
            yield slot
            verdict = Verdict.KEEP
        except RenderError as error:
            verdict = error.verdict
            if self._stage is Stage.CLOSED:
                raise PoolClosed("the pool was closed while a page was loading") from error
            raise
        finally:
            self._give_back(slot, verdict)

    def kill(self) -> None:
        """SIGKILL the browsers; safe from any thread. For a watchdog whose loop hangs."""
        for browser in (self._browser, *self._retired):
            if browser is not None:
                browser.kill()

    # There and back

    async def _acquire(self, label: str) -> Slot:
        if self._stage is not Stage.OPEN:
            raise PoolClosed(f"the pool is {self._stage}")
        waiter = Waiter(label)
        self._waiters.append(waiter)
        self._step()
        try:
            return await waiter.wait()
        except BaseException:
            # Cancelled in the very moment of being served: the slot must not leave with us.
            if slot := waiter.leave():
                self._give_back(slot, Verdict.KEEP)
            with suppress(ValueError):
                self._waiters.remove(waiter)
            raise

    def _give_back(self, slot: Slot, verdict: Verdict) -> None:
        slot.verdict = verdict
        self._step()

    def _fail_waiters(self, error: Exception) -> None:
        while self._waiters:
            self._waiters.popleft().fail(error)

    # The one place where slots and browsers change hands

    def _assign(self) -> Orders:
        """Called whenever anything happened; decides everything and waits for nothing.

        1. A browser that died is the current one no longer.
        2. Slots that came back are idle again, or to be mended, or emptied with their browser.
        3. A worn-out browser is retired; retired ones are ended when they are dead or unused.
        4. Idle slots go to who waits, first come first served.
        5. For those who still wait a browser is launched, or empty slots are opened.
        """
        self._look()
        mend = tuple(self._take_back())
        end = tuple(self._sort_out())
        self._serve()
        return Orders(launch=self._must_launch(), open=tuple(self._to_open()), mend=mend, end=end)

    def _look(self) -> None:
        if self._browser is not None and not self._is_well(self._browser):
            self._retire(self._browser)

    def _take_back(self) -> Iterator[tuple[Slot, Verdict]]:
        for slot in self._slots:
            verdict, slot.verdict = slot.verdict, None
            if verdict is None:
                continue
            if verdict is Verdict.FRESH_BROWSER and slot.browser is not None:
                slot.browser.condemn()
                self._look()
            if not self._is_current(slot):
                slot.forget()
                continue
            self._life -= slot.wear
            slot.wear = 0.0
            if verdict is Verdict.KEEP and slot.is_clean:
                slot.enter(SlotState.IDLE, "")
            else:
                slot.enter(SlotState.MENDING)
                yield slot, verdict

    def _sort_out(self) -> Iterator[Browser]:
        if self._browser is not None and self._life <= 0:
            self._retire(self._browser)
        for slot in self._slots:
            if slot.is_idle and not self._is_current(slot):
                slot.forget()
        for browser in tuple(self._retired):
            is_used = any(slot.browser is browser for slot in self._slots)
            if not is_used or not self._is_well(browser):
                self._retired.remove(browser)
                yield browser

    def _retire(self, browser: Browser) -> None:
        self._retired.append(browser)
        self._browser, self._weight = None, None
        asyncio.get_running_loop().call_later(self._patience.retired, self._overdue, browser)

    def _serve(self) -> None:
        idle = deque(slot for slot in self._slots if slot.is_idle)
        while idle and self._waiters:
            waiter = self._waiters.popleft()
            if waiter.set(idle[0]):
                idle.popleft().enter(SlotState.LOADING, waiter.label)

    def _must_launch(self) -> bool:
        must = bool(self._waiters) and self._browser is None and not self._is_launching
        self._is_launching |= must
        return must

    def _to_open(self) -> Iterator[Slot]:
        if self._browser is None:
            return
        coming = sum(slot.state is SlotState.MENDING for slot in self._slots)
        empty = [slot for slot in self._slots if slot.is_empty]
        for slot in empty[: max(len(self._waiters) - coming, 0)]:
            slot.enter(SlotState.MENDING)
            yield slot

    def _is_current(self, slot: Slot) -> bool:
        return slot.browser is not None and slot.browser is self._browser

    def _is_well(self, browser: Browser) -> bool:
        return self._stage is Stage.OPEN and browser.is_alive

    # What takes time, in tasks of the pool

    def _step(self) -> None:
        orders = self._assign()
        if orders.launch:
            self._start(self._relaunch())
        for slot in orders.open:
            assert self._browser is not None
            self._start(self._ready(slot, partial(slot.open, self._browser)))
        for slot, verdict in orders.mend:
            self._start(self._ready(slot, partial(slot.mend, verdict)))
        for browser in orders.end:
            self._start(browser.close(within=self._patience.close), self._endings)

    def _start(
        self, work: Coroutine[None, None, None], tasks: set[asyncio.Task[None]] | None = None
    ) -> None:
        kept = self._tasks if tasks is None else tasks
        task = asyncio.create_task(work)
        kept.add(task)
        task.add_done_callback(kept.discard)

    async def _relaunch(self) -> None:
        try:
            browser = await self._launched()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear it
            self._fail_waiters(error)
        else:
            self._adopt(browser)
        finally:
            self._is_launching = False
            self._step()

    async def _launched(self) -> Browser:
        pause, longest = self._patience.retry
        failures = 0
        while True:
            try:
                async with asyncio.timeout(self._patience.launch):
                    return await self._launcher(self._launch)
            except (BrowserLost, TimeoutError) as error:
                failures += 1
                if failures >= self._patience.launches:
                    raise EngineMissing(f"{failures} browsers failed to start: {error}") from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    def _adopt(self, browser: Browser) -> None:
        browser.on_lost = self._step
        self._browser = browser
        self._starts += 1
        self._life = self._launch.retire_after_pages * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret

    async def _ready(self, slot: Slot, work: Callable[..., Coroutine[None, None, None]]) -> None:
        """Make a slot fit to be lent; a browser that cannot do that in time is not well."""
        try:
            await work(within=self._patience.context)
            slot.enter(SlotState.IDLE, "")
        except Exception:  # noqa: BLE001 - Playwright's or a timeout, the answer is one
            assert slot.browser is not None
            slot.browser.condemn()
        finally:
            if not slot.is_idle:
                slot.forget()
            self._step()

    def _overdue(self, browser: Browser) -> None:
        if browser in self._retired:
            browser.condemn()
            self._step()

    async def _weigh(self) -> None:
        limit = self._launch.memory_limit_mb
        while True:
            await asyncio.sleep(self._patience.weigh_every)
            if (browser := self._browser) is not None:
                weight = await asyncio.to_thread(browser.weigh, limit)
                if browser is self._browser:
                    self._weight = weight
                    self._life = self._life if weight <= limit else 0
            self._step()
