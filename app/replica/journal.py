"""The access log of the local 1688, kept in memory for tests and benchmarks to read."""

import json
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field

LIMIT = 500_000
"""Lines kept; beyond it the oldest go, and `dropped` says how many."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One request as it was answered."""

    number: int
    time: float
    """Seconds since the epoch."""
    host: str
    path: str
    """With its query."""
    kind: str
    status: int
    """0 where the answer was no HTTP answer."""
    fault: str | None = None
    offer_id: str | None = None
    visit: int | None = None
    """The how manieth asking for this offer's page; the first is 1."""
    user_agent: str = ""


@dataclass(kw_only=True, slots=True)
class Journal:
    """Appended to by the server only."""

    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=LIMIT))
    written: int = 0

    @property
    def dropped(self) -> int:
        return self.written - len(self.entries)

    def write(self, **values: object) -> None:
        self.written += 1
        self.entries.append(Entry(number=self.written, time=time.time(), **values))  # type: ignore[arg-type]

    def lines(self, *, after: int = 0, kind: str | None = None) -> str:
        """JSON lines, oldest first, of the entries numbered above `after`."""
        return "".join(
            f"{json.dumps(asdict(entry), ensure_ascii=False)}\n"
            for entry in self.entries
            if entry.number > after and kind in (None, entry.kind)
        )

    def counts(self) -> dict[str, int]:
        """Requests by kind."""
        return dict(Counter(entry.kind for entry in self.entries))
