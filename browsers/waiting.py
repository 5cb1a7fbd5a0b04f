"""Who waits for a slot or to become another visitor, and how long the pool waits for a browser."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from browsers.errors import BrowserLost, EngineMissing
from browsers.launch import Browser, Launcher
from browsers.slot import Slot
from browsers.values import Launch, Mode, Visitor

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """Seconds after which the pool stops waiting for a browser."""

    launch: float = 30.0
    context: float = 5.0
    """To close or open one; after that the browser is killed."""
    close: float = 5.0
    probe: float = 3.0
    """For a sign of life, when a page failed in a way that a dead browser explains."""
    retired: float = 120.0
    """For pages still loading in a browser that was retired."""
    weigh_every: float = 1.0
    retry: tuple[float, float] = (0.5, 10.0)
    """After a launch that failed: at first, and at most (it doubles)."""
    launches: int = 3
    """Failures in a row after which whoever waits is told."""


class Caller(Generic[T]):
    """Somebody who waits in the queue for a T."""

    def __init__(self) -> None:
        self._future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def set(self, value: T) -> bool:
        """Hand it over; False if the caller has left, so that nobody holds it for him."""
        if self._future.done():
            return False
        self._future.set_result(value)
        return True

    def fail(self, error: Exception) -> None:
        if not self._future.done():
            self._future.set_exception(error)

    async def wait(self) -> T:
        return await self._future

    def leave(self) -> T | None:
        """Stop waiting; what was handed over, if it was in the very moment of leaving."""
        if self._future.cancel() or self._future.cancelled() or self._future.exception():
            return None
        return self._future.result()


class Waiter(Caller[Slot]):
    """A caller who wants a slot, for the work of that name."""

    def __init__(self, label: str, mode: Mode = Mode.LEAN) -> None:
        super().__init__()
        self.label = label
        self.mode = mode


class Change(Caller[Visitor]):
    """A caller who wants all contexts to be another visitor's."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__()
        self.visitor = visitor


class Queue:
    """Who waits, first come first served.

    A change holds up who comes after it: before it slots are the former visitor's, then the new
    one's, and nobody gets one of the wrong visitor.
    """

    def __init__(self) -> None:
        self._callers: deque[Waiter | Change] = deque()

    def __len__(self) -> int:
        return len(self._callers)

    def join(self, caller: Waiter | Change) -> None:
        self._callers.append(caller)

    def drop(self, caller: Waiter | Change) -> None:
        """Forget who does not wait any more; nothing happens if it was served."""
        with suppress(ValueError):
            self._callers.remove(caller)

    def fail(self, error: Exception) -> None:
        """Tell all who wait."""
        while self._callers:
            self._callers.popleft().fail(error)

    def due(self, *, natural: int) -> int:
        """How many want a slot before the next change; of those who render at most `natural`."""
        waiters = list(self._waiters())
        rendering = sum(each.mode is Mode.NATURAL for each in waiters)
        return len(waiters) - max(0, rendering - natural)

    def next_waiter(self, *, natural: bool) -> Waiter | None:
        """Take out the first who wants a slot before the next change and may have it.

        Who would render may if `natural`; else it is passed by and keeps its place.
        """
        for each in self._waiters():
            if natural or each.mode is not Mode.NATURAL:
                self._callers.remove(each)
                return each
        return None

    def _waiters(self) -> Iterator[Waiter]:
        for each in self._callers:
            if not isinstance(each, Waiter):
                return
            yield each

    def next_change(self) -> Change | None:
        """Take out the first, if it wants a change."""
        if self._callers and isinstance(first := self._callers[0], Change):
            self._callers.popleft()
            return first
        return None


async def lateness(seconds: float) -> float:
    """Sleep so long; by how many seconds the loop woke us too late."""
    began = time.monotonic()
    await asyncio.sleep(seconds)
    return max(0.0, time.monotonic() - began - seconds)


async def started(launcher: Launcher, launch: Launch, patience: Patience) -> Browser:
    """A browser, after some tries if need be. Raises EngineMissing, and what a launcher raises."""
    pause, longest = patience.retry
    failures = 0
    while True:
        try:
            async with asyncio.timeout(patience.launch):
                return await launcher(launch)
        except (BrowserLost, TimeoutError) as error:
            failures += 1
            if failures >= patience.launches:
                raise EngineMissing(f"{failures} browsers failed to start: {error}") from error
        await asyncio.sleep(pause)
        pause = min(pause * 2, longest)
