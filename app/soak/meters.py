"""What runs along: how late the loop turns, and how long each page took."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from app.runtime import Event, Runtime

BEAT_SECONDS = 0.05
MILLISECONDS = 1000


@dataclass(kw_only=True)
class Pulse:
    """How late an event loop turns: it asks to be woken, and looks when it is."""

    _late: deque[float] = field(default_factory=deque)

    async def beat(self) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self._late.append(max(0.0, loop.time() - due))

    def take(self) -> list[int]:
        """Milliseconds of each beat since the last time."""
        found = [self._late.popleft() for _ in range(len(self._late))]
        return [round(one * MILLISECONDS) for one in found]

    @asynccontextmanager
    async def beside(self, opened: AbstractAsyncContextManager[Runtime]) -> AsyncIterator[Runtime]:
        """A runtime, and a beat as long as it is open."""
        task = asyncio.create_task(self.beat())
        try:
            async with opened as runtime:
                yield runtime
        finally:
            task.cancel()


@dataclass(kw_only=True)
class Pages:
    """Counts the pages that were told of, from any thread; and the time in which they were made."""

    passed_on: Callable[[Event], None] = lambda _: None
    number: int = 0
    """Tries of an offer, whatever came of them."""
    _seconds: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _worked: float = 0.0
    _since: float | None = None

    def tell(self, event: Event) -> None:
        """Take note of one."""
        with self._lock:
            self.number += 1
            self._seconds.append(event.seconds)
        self.passed_on(event)

    def take(self) -> tuple[int, list[int]]:
        """All pages so far, and the milliseconds of each since the last time."""
        with self._lock:
            found, self._seconds = list(self._seconds), deque()
            return self.number, [round(one * MILLISECONDS) for one in found]

    @contextmanager
    def working(self) -> Iterator[None]:
        """The time in here counts: between two runs nothing is asked for."""
        self._since = time.monotonic()
        try:
            yield
        finally:
            self._worked, self._since = self.worked, None

    @property
    def worked(self) -> float:
        """Seconds of work so far."""
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self._worked + running
