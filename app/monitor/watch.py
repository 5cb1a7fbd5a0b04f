"""Watching a run that others work on: pictures from the ledger and the workers' beacons."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from app.monitor import words
from app.monitor.status import Recorder, Status
from app.runs.counts import Counts, counts
from app.runs.endings import Ended, endings_since
from app.runs.outcomes import RunState
from app.runtime import Event
from app.store.engine import DatabaseUnavailable
from browsers.values import PoolStatus, SlotStatus

ASK_SECONDS = 1.0
"""How often the ledger is asked."""
MOST_ENDINGS = 500
COMMITTED_WITHIN = timedelta(seconds=5)
"""An ending bears the time of its writing and is seen a moment later, perhaps after a later one."""
SHOWN_BEFORE = timedelta(seconds=30)
"""What happened so shortly before one began to watch is shown, too."""
LIVE = (RunState.OPEN, RunState.RUNNING)


class Watch:
    """One run, seen from outside. `pools()` tells the pictures of those who work on it."""

    def __init__(
        self,
        engine: Engine,
        run_id: int,
        *,
        pools: Callable[[], Sequence[PoolStatus]],
        waits: bool = False,
        shown_before: timedelta = SHOWN_BEFORE,
    ) -> None:
        """`waits`: a run that is parked for a time is live, too. Raises RunUnknown."""
        self._waits = waits
        self._engine = engine
        self._run_id = run_id
        self._pools = pools
        self._recorder = Recorder()
        self._counts = counts(engine, run_id)
        self._pool = PoolStatus()
        self._since = datetime.now(UTC) - shown_before
        self._told: set[tuple[str, datetime]] = set()
        self._asked = 0.0

    @property
    def counts(self) -> Counts:
        """The ledger's counts when it was last asked."""
        return self._counts

    @property
    def is_live(self) -> bool:
        """Whether somebody may still work on it without being told to."""
        run = self._counts.run
        goes_on = run.state is RunState.PARKED and run.parked_until is not None
        return run.state in LIVE or (self._waits and goes_on)

    def picture(self) -> Status:
        """What the screen shows; asks the ledger once a second."""
        present = time.monotonic()
        if present - self._asked >= ASK_SECONDS:
            self._asked = present
            with suppress(DatabaseUnavailable):  # the last picture stands until it answers again
                self._ask()
        run = self._counts.run
        return self._recorder.picture(
            run_id=run.id,
            label=self._counts.label,
            state=run.state.value,
            planned=self._counts.planned,
            counts=self._counts.by_state,
            pool=self._pool,
            database=self._engine.dialect.name,
            notice=self._notice(),
            hint="q leaves it running",
            elapsed=_elapsed(self._counts),
        )

    def _ask(self) -> None:
        self._counts = counts(self._engine, self._run_id)
        self._hear()
        self._pool = together(self._pools())

    def _hear(self) -> None:
        since = self._since - COMMITTED_WITHIN
        found = endings_since(self._engine, self._run_id, since, limit=MOST_ENDINGS)
        for ended in found:
            if (ended.name, ended.at) not in self._told:
                self._since = max(self._since, ended.at)
                self._recorder.tell(event_of(ended), ago=_ago(ended.at))
        self._told = {(ended.name, ended.at) for ended in found}

    def _notice(self) -> str:
        run = self._counts.run
        if held := words.waits(run.reason, run.parked_until):
            return held
        if self.is_live and not self._pool.slots:
            return "no worker has it; `pwsync worker` starts one"
        return ""


def together(pools: Sequence[PoolStatus]) -> PoolStatus:
    """Many workers' pools as one, their slots numbered through."""
    slots = [slot for pool in pools for slot in pool.slots]
    weights = [pool.memory_mb for pool in pools if pool.memory_mb is not None]
    return PoolStatus(
        slots=tuple(_numbered(number, slot) for number, slot in enumerate(slots, start=1)),
        waiting=sum(pool.waiting for pool in pools),
        browser_starts=sum(pool.browser_starts for pool in pools),
        pages=sum(pool.pages for pool in pools),
        engine=next((pool.engine for pool in pools if pool.engine), ""),
        sandboxed=all(pool.sandboxed for pool in pools),
        memory_mb=sum(weights) if weights else None,
        allowed=sum(allowed_of(pool) for pool in pools),
        held_back=next((pool.held_back for pool in pools if pool.held_back), ""),
        memory_share=max((pool.memory_share for pool in pools), default=0.0),
    )


def allowed_of(pool: PoolStatus) -> int:
    """Slots that it may lend now."""
    return len(pool.slots) if pool.allowed is None else pool.allowed


def _numbered(number: int, slot: SlotStatus) -> SlotStatus:
    return SlotStatus(
        number=number, state=slot.state, label=slot.label, since=slot.since, pages=slot.pages
    )


def event_of(ended: Ended) -> Event:
    """A try that has ended, as screens show it."""
    return Event(
        at=ended.at,
        name=ended.name,
        word=ended.ending,
        seconds=ended.seconds,
        text=ended.reason or ended.title or "",
    )


def _ago(at: datetime) -> float:
    return max(0.0, (datetime.now(UTC) - at).total_seconds())


def _elapsed(found: Counts) -> float:
    end = found.run.closed_at or datetime.now(UTC)
    return max(0.0, (end - found.run.created_at).total_seconds())
