"""How a worker shows itself: a thread that keeps its beacon lit, and what the beacon tells.

The thread never waits for the work, nor the work for it; without Redis it keeps trying.
"""

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, Self

from redis import Redis

from app.jobs import beacons
from app.jobs.beacons import Beacon
from app.jobs.doorbell import RedisUnavailable
from app.runs.counts import Counts
from app.runtime import Event
from browsers.values import PoolStatus

SHINE_SECONDS = 1.0
EVENTS = 20
TEXT_LENGTH = 200
SETTLES_NOTHING = frozenset({"retry", "fenced", "blocked", "listed", "throttled", "eased"})


class Watcher(Protocol):
    """Whoever started the worker and wants to know."""

    def say(self, sentence: str) -> None:
        """Something a person should read."""

    def tell(self, event: Event) -> None:
        """Something happened to an offer; called in the loop thread."""

    def look(self, found: Counts, pool: PoolStatus) -> None:
        """How the run in work stands; about once a second and at its end."""


class Signs:
    """Lights the beacon for as long as the block lasts."""

    def __init__(
        self,
        name: str,
        host: str,
        connection: "Redis",
        pool: Callable[[], PoolStatus],
        watcher: Watcher,
        *,
        slots: int,
    ) -> None:
        self._name = name
        self._host = host
        self._redis = connection
        self._pool = pool
        self._watcher = watcher
        self._slots = slots
        self._lock = threading.Lock()
        self._settled: deque[float] = deque()
        self._words: Counter[str] = Counter()
        self._events: deque[Event] = deque(maxlen=EVENTS)
        self._run_id: int | None = None
        self._state = "idle"
        self._is_lit = False
        self._ended = threading.Event()
        self._changed = threading.Event()
        self._thread = threading.Thread(target=self._shine, name="beacon", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._changed.set()
        self._thread.join(SHINE_SECONDS)
        if self._is_lit:
            with suppress(RedisUnavailable):
                beacons.fade(self._redis, self._name)

    def tell(self, event: Event) -> None:
        """Take note of an event and pass it on."""
        with self._lock:
            self._events.append(event)
            self._words[event.word] += 1
            if event.word not in SETTLES_NOTHING:
                self._settled.append(time.monotonic())
        self._watcher.tell(event)

    @contextmanager
    def working_on(self, run_id: int, *, state: str = "working") -> Iterator[None]:
        """Show which run is worked on: `working`, or `alone` while Redis is away."""
        self._show(run_id, state)
        try:
            yield
        finally:
            self._show(None, "idle")

    def stopping(self) -> None:
        """Show that no further page is begun; safe in a signal's frame."""
        self._state = "stopping"

    def beacon(self) -> Beacon:
        """The picture of this moment."""
        with self._lock:
            while self._settled and self._settled[0] < time.monotonic() - 60:
                self._settled.popleft()
            return Beacon(
                name=self._name,
                host=self._host,
                pid=os.getpid(),
                state=self._state,
                run_id=self._run_id,
                slots=self._slots,
                pool=self._pool(),
                per_minute=float(len(self._settled)),
                words=dict(self._words),
                memory_mb=_memory_mb(),
                events=tuple(self._events),
            )

    def _show(self, run_id: int | None, state: str) -> None:
        self._run_id = run_id
        if self._state != "stopping":
            self._state = state
        self._changed.set()

    def _shine(self) -> None:
        while not self._ended.is_set():
            self._changed.clear()
            try:
                beacons.shine(self._redis, self._name, self.beacon())
                self._is_lit = True
            except RedisUnavailable:
                self._is_lit = False
            self._changed.wait(SHINE_SECONDS)


def _memory_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
