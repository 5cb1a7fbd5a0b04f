"""What is done to a run, and when: drawn from a seed, spread over its progress. Pure."""

import random
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import cycle, islice

FIRST, LAST = 0.01, 0.92
"""Share of the items that is finished when the first and the last blow fall."""


class Blow(StrEnum):
    """One thing that goes wrong."""

    KILL_WORKER = "kill_worker"
    """SIGKILL to the worker alone: its browser has to notice."""
    KILL_BROWSER = "kill_browser"
    KILL_DRIVER = "kill_driver"
    """Playwright's, between the worker and its browser."""
    PAUSE = "pause"
    """SIGSTOP until its leases are others'."""
    DATABASE_STOPS = "database_stops"
    """SIGTERM, and up again at once."""
    DATABASE_DIES = "database_dies"
    DATABASE_AWAY = "database_away"
    """SIGKILL, and away for longer than a transaction is tried again."""
    REDIS_STOPS = "redis_stops"
    REDIS_DIES = "redis_dies"
    REDIS_FLUSHED = "redis_flushed"
    """FLUSHALL: it answers, and knows nothing."""
    REDIS_FORGETS = "redis_forgets"
    """Killed, and back without its append-only file."""
    REDIS_AWAY = "redis_away"


KILLS = (Blow.KILL_WORKER, Blow.KILL_BROWSER, Blow.KILL_WORKER, Blow.KILL_WORKER, Blow.KILL_DRIVER)
DATABASE = (Blow.DATABASE_DIES, Blow.DATABASE_STOPS, Blow.DATABASE_AWAY)
REDIS = (
    Blow.REDIS_FORGETS,
    Blow.REDIS_FLUSHED,
    Blow.REDIS_AWAY,
    Blow.REDIS_DIES,
    Blow.REDIS_STOPS,
)
FAULTS = "busy=0.01:2,reset=0.01:2,empty=0.01:2,cut=0.01:1,truncated=0.005:1"
"""Of the local 1688. Those that are charged come once, so that no honest offer fails."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """The size of a storm."""

    items: int
    workers: int = 4
    kills: int = 0
    pauses: int = 0
    database_restarts: int = 0
    redis_restarts: int = 0
    seed: int = 1
    lease: float = 5.0
    contexts: int = 2
    light: bool = True
    """Pages without the padding that real ones have."""
    faults: str = FAULTS
    seconds: float = 0.0
    """Deadline of the run; 0: by its size."""

    @property
    def deadline(self) -> float:
        return self.seconds or 90 + 0.3 * self.items + 4 * len(blows(self))


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Due:
    """A blow that falls once so many items are finished."""

    finished: int
    order: int
    blow: Blow = field(compare=False)


def blows(plan: Plan) -> list[Due]:
    """All blows of a plan in their order, at even distances of progress."""
    kinds = [
        *islice(cycle(KILLS), plan.kills),
        *([Blow.PAUSE] * plan.pauses),
        *islice(cycle(DATABASE), plan.database_restarts),
        *islice(cycle(REDIS), plan.redis_restarts),
    ]
    random.Random(plan.seed).shuffle(kinds)
    first, last = FIRST * plan.items, LAST * plan.items
    step = (last - first) / max(1, len(kinds))
    return [
        Due(finished=round(first + step * number), order=number, blow=kind)
        for number, kind in enumerate(kinds)
    ]
