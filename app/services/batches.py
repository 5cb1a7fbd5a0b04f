"""Batches as the server's doors show and fire them: when they are due, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from app.runs.counts import Counts, counts
from app.schedule import fires, ticker
from app.schedule.fires import Decision, Fire
from app.schedule.sources import Batch
from app.schedule.ticker import RunOpener, present_of
from app.services import runs, trail
from app.services.desk import Desk
from app.services.trail import Deed
from app.store.engine import consult

COMING = 5
MISSED = "missed"
"""Begins the reason of an instant that nobody was there for."""


class BatchUnknown(Exception):
    """No batch of that name is declared."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no batch {name}; batches are declared in pwsync.toml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fired:
    """What became of one due instant, and of the run that it opened."""

    fire: Fire
    run: Counts | None

    @property
    def is_missed(self) -> bool:
        is_skipped = self.fire.decision is Decision.SKIPPED
        return is_skipped and (self.fire.reason or "").startswith(MISSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheduled:
    """A batch and how it stands."""

    batch: Batch
    coming: Sequence[datetime]
    """Due instants, the next one first."""
    fired: Sequence[Fired]
    """The latest first."""
    unfinished: int | None
    """Its run that is not closed; while there is one, no other is opened."""

    @property
    def last(self) -> Fired | None:
        return self.fired[0] if self.fired else None

    @property
    def next(self) -> datetime | None:
        return self.coming[0] if self.coming else None


def listed(desk: Desk) -> list[Scheduled]:
    """All declared batches, each with its latest instant."""
    present = present_of(desk.engine) if desk.batches else None
    return [_scheduled(desk, batch, present, limit=1) for batch in desk.batches]


def one(desk: Desk, name: str, *, limit: int = 50) -> Scheduled:
    """One batch with its latest instants. Raises BatchUnknown."""
    return _scheduled(desk, _declared(desk, name), present_of(desk.engine), limit=limit)


def fire(desk: Desk, name: str, deed: Deed) -> Fired:
    """Open a batch's run now, whatever its timetable says.

    Where its source gives nothing, what is written says so, and there is no run. Raises
    BatchUnknown, BatchBusy, DatabaseUnavailable.
    """
    opener = RunOpener(attempts=desk.attempts, options=desk.options)
    done = ticker.fire(desk.engine, _declared(desk, name), opener=opener)
    trail.note(desk.engine, replace(deed, detail={"run": done.run_id}))
    if done.run_id is not None:
        runs.begin_all(desk, [done.run_id])
    return _fired(desk, done)


def _declared(desk: Desk, name: str) -> Batch:
    found = next((batch for batch in desk.batches if batch.name == name), None)
    if found is None:
        raise BatchUnknown(name)
    return found


def _scheduled(desk: Desk, batch: Batch, present: datetime | None, *, limit: int) -> Scheduled:
    coming = batch.timetable.forwards(present) if present else ()
    return Scheduled(
        batch=batch,
        coming=tuple(islice(coming, COMING)),
        fired=[_fired(desk, row) for row in fires.recent(desk.engine, batch.name, limit=limit)],
        unfinished=consult(desk.engine, lambda conn: fires.unfinished(conn, batch.name)),
    )


def _fired(desk: Desk, row: Fire) -> Fired:
    return Fired(fire=row, run=counts(desk.engine, row.run_id) if row.run_id else None)
