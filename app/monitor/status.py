"""The picture of a run at one moment, and the recorder that draws it from what happens.

No terminal here: `screen.py` shows a Status, `progress.py` decides how often.
"""

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.runtime import Event
from browsers.values import PoolStatus

WINDOW_SECONDS = 10.0
"""Speed is that of the last ten seconds."""
HISTORY_POINTS = 60
THROTTLING = frozenset({"throttled", "eased"})
"""Fewer slots, or more again."""
UNSETTLED = THROTTLING | {
    "retry",
    "fenced",
    "blocked",
    "waited",
    "abandoned",
    "given_back",
    "listed",
}
"""Endings that are no outcome of an offer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """All that a watcher may want to know, as plain values."""

    run_id: int
    label: str
    state: str
    planned: int
    counts: Mapping[str, int]
    """Items by state or outcome; their sum is `planned`."""
    elapsed: float
    """Seconds since this process began to work on the run."""
    rate: float = 0.0
    """Items settled a second, over the last ten seconds."""
    history: tuple[float, ...] = ()
    """`rate` once a second, oldest first."""
    median: float | None = None
    p95: float | None = None
    """Seconds from claim to settlement."""
    pool: PoolStatus = field(default_factory=PoolStatus)
    events: tuple[Event, ...] = ()
    """Newest last."""
    database: str = ""
    notice: str = ""
    hint: str = ""
    """What a key does, for whoever sits at this terminal."""
    now: float = 0.0
    """`time.monotonic()` when the picture was taken; slots count from it."""

    @property
    def settled(self) -> int:
        """Items that have their outcome."""
        return self.planned - self.counts.get("queued", 0) - self.counts.get("leased", 0)

    @property
    def average(self) -> float:
        """Items settled a second since the work began."""
        return self.settled / self.elapsed if self.elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the present speed; None while there is none."""
        if self.rate <= 0:
            return None
        return (self.planned - self.settled) / self.rate


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


class Recorder:
    """Collects events from any thread and answers with pictures."""

    def __init__(self, *, keep: int = 200) -> None:
        self._lock = threading.Lock()
        self._events: deque[Event] = deque(maxlen=keep)
        self._durations: deque[float] = deque(maxlen=2000)
        self._settled: deque[float] = deque()
        self._history: deque[float] = deque(maxlen=HISTORY_POINTS)
        self._words: Counter[str] = Counter()
        self._began = time.monotonic()
        self._first = self._sampled = self._began

    def tell(self, event: Event, *, ago: float = 0.0) -> None:
        """Take note of an event; of one that was learned of late, it happened `ago` seconds ago."""
        with self._lock:
            self._first = min(self._first, time.monotonic() - ago)
            self._events.append(event)
            self._words[event.word] += 1
            if event.word not in UNSETTLED:
                self._durations.append(event.seconds)
                self._settled.append(time.monotonic() - ago)

    def words(self) -> Mapping[str, int]:
        """How often each word was told."""
        with self._lock:
            return dict(self._words)

    def _rate(self, now: float) -> float:
        while self._settled and self._settled[0] < now - WINDOW_SECONDS:
            self._settled.popleft()
        span = min(WINDOW_SECONDS, max(now - self._first, 1.0))
        return len(self._settled) / span

    def _remember(self, now: float, rate: float) -> None:
        while self._sampled + 1.0 <= now:
            self._sampled += 1.0
            self._history.append(rate)

    def picture(
        self,
        *,
        run_id: int,
        label: str,
        state: str,
        planned: int,
        counts: Mapping[str, int],
        pool: PoolStatus,
        database: str,
        notice: str = "",
        hint: str = "",
        elapsed: float | None = None,
    ) -> Status:
        """The Status of this moment, from the ledger's counts and what was told.

        `elapsed` is told by who watches others' work; else it is the time since recording began.
        """
        now = time.monotonic()
        with self._lock:
            rate = self._rate(now)
            self._remember(now, rate)
            return Status(
                run_id=run_id,
                label=label,
                state=state,
                planned=planned,
                counts=dict(counts),
                elapsed=now - self._began if elapsed is None else elapsed,
                rate=rate,
                history=tuple(self._history),
                median=percentile(self._durations, 0.5),
                p95=percentile(self._durations, 0.95),
                pool=pool,
                events=tuple(self._events),
                database=database,
                notice=notice,
                hint=hint,
                now=now,
            )
