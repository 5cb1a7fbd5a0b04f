"""Opening the runs of batches that are due, each due instant once, however many watch the clock.

The instant's row in `batch_fire` and the run it opens are one transaction: whoever comes second
meets the row's key and leaves it be; whoever is killed has done nothing. The present is the
database's, so that a machine with a wrong clock does no harm.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import IntegrityError

from app.refs import Intake
from app.runs.opening import write_list_run, write_run
from app.runs.outcomes import REASON_LENGTH
from app.schedule import fires
from app.schedule.batches import plan
from app.schedule.fires import Decision, Fire
from app.schedule.sources import (
    Answer,
    Ask,
    Batch,
    ListedOffers,
    NothingDue,
    SourceUnreadable,
)
from app.store.clock import now as database_now
from app.store.engine import consult, transact
from app.store.text import storable

COLLISIONS = 5
"""Times a batch is planned anew because somebody else was first; each time less is left to do."""
KIND = "batch"


class BatchBusy(Exception):
    """The batch's last run is not finished, and a second one beside it would pile up."""

    def __init__(self, name: str, run_id: int) -> None:
        super().__init__(
            f"batch {name}: run {run_id} is not finished; `pwsync resume {run_id}` goes on with it"
        )
        self.run_id = run_id


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOpener:
    """How a batch's refs become a run."""

    attempts: int = 3
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, conn: Connection, batch: Batch, intake: Intake) -> int:
        """Write the run; what is beyond the batch's limit is in it as skipped.

        A list is read no further than to the limit.
        """
        told: dict[str, Any] = {
            "kind": KIND,
            "label": f"batch {batch.name}",
            "attempts": self.attempts,
        }
        options = self._options(batch)
        if isinstance(batch.source, ListedOffers):
            ref = batch.source.ref
            named = {"kind": str(ref.kind), "value": ref.value, "first": batch.limit}
            return write_list_run(conn, options=options | {"list": named}, **told).id
        beyond = intake.accepted[batch.limit :] if batch.limit is not None else ()
        reason = f"beyond the batch's limit of {batch.limit}"
        skip = {ref.offer_id: reason for ref in beyond}
        return write_run(conn, intake, options=options, skip=skip, **told).id

    def _options(self, batch: Batch) -> dict[str, Any]:
        own = {"profile": batch.profile, "ignore_robots": batch.ignore_robots}
        given = {name: value for name, value in own.items() if value is not None}
        return {**self.options, "batch": batch.name, **given}


Opener = Callable[[Connection, Batch, Intake], int]
"""Writes the run of a batch within the given transaction; its id."""
Ring = Callable[[int, str], object]
"""Told the run and its label; that it fails is harmless, the reconciler rings again."""


def present_of(engine: Engine) -> datetime:
    """The time by the database."""
    return consult(engine, lambda conn: _present(conn, None))


def tick(
    engine: Engine,
    batches: Sequence[Batch],
    *,
    now: datetime | None = None,
    opener: Opener | None = None,
    ring: Ring | None = None,
) -> list[Fire]:
    """See to everything that is due; what was written here, the latest instant of a batch first.

    A batch that was never seen begins now. A batch whose run is not finished (paused and parked
    count) opens no second one. `now` is the database's clock unless given. Raises
    DatabaseUnavailable.
    """

    def look(conn: Connection) -> tuple[datetime, dict[str, datetime]]:
        present = _present(conn, now)
        return present, fires.seen(conn, [batch.name for batch in batches], present)

    present, seen = consult(engine, look)
    written: list[Fire] = []
    for batch in batches:
        since = seen.get(batch.name)
        if since is None or plan(batch.timetable, batch.catchup, since=since, now=present):
            done = _see_to(engine, batch, present, opener or RunOpener())
            _ring(done, ring)
            written += done
    return written


def fire(
    engine: Engine,
    batch: Batch,
    *,
    now: datetime | None = None,
    opener: Opener | None = None,
    ring: Ring | None = None,
) -> Fire:
    """Open a batch's run now because a person wants it; its timetable takes no note of that.

    Raises BatchBusy, DatabaseUnavailable.
    """
    visit = _Visit(batch=batch, answer=_prepared(batch), opener=opener or RunOpener())

    def work(conn: Connection) -> Fire:
        fires.hold(conn, batch.name)
        if busy := fires.unfinished(conn, batch.name):
            raise BatchBusy(batch.name, busy)
        present = _present(conn, now)
        return visit.open(conn, replace(visit.row(present, present), manual=True))

    written = transact(engine, work)
    _ring([written], ring)
    return written


def _present(conn: Connection, now: datetime | None) -> datetime:
    found: datetime = now or conn.scalar(select(database_now()))
    return found


def _see_to(engine: Engine, batch: Batch, now: datetime, opener: Opener) -> list[Fire]:
    visit = _Visit(batch=batch, answer=_prepared(batch), opener=opener)
    for left in reversed(range(COLLISIONS)):
        try:
            return transact(engine, lambda conn: visit.work(conn, now))
        except IntegrityError:  # somebody else was first: plan with what they have written
            if not left:
                raise
    raise AssertionError("unreachable: the last collision is raised")


def _prepared(batch: Batch) -> Answer:
    """The source's answer, read outside of any transaction; a failure waits to be written."""
    try:
        return batch.source.prepare()
    except SourceUnreadable as error:
        unreadable = error

        def refuse(_conn: Connection, _ask: Ask) -> Intake:
            raise unreadable

        return refuse


@dataclass(frozen=True, kw_only=True, slots=True)
class _Visit:
    """What is done about one batch within one transaction."""

    batch: Batch
    answer: Answer
    opener: Opener

    def work(self, conn: Connection, now: datetime) -> list[Fire]:
        """All that is due. Raises IntegrityError if somebody else has written some of it."""
        fires.hold(conn, self.batch.name)
        since = fires.seen(conn, [self.batch.name], now).get(self.batch.name)
        if since is None:
            return [self._begin(conn, now)]
        written = []
        for due in plan(self.batch.timetable, self.batch.catchup, since=since, now=now):
            row = self.row(due.at, now)
            if due.fire:
                written.append(self.open(conn, row))
            else:
                skipped = replace(row, decision=Decision.SKIPPED, reason=due.reason)
                written.append(fires.write(conn, skipped))
        return written

    def row(self, due_at: datetime, now: datetime) -> Fire:
        return Fire(name=self.batch.name, due_at=due_at, decision=Decision.FIRED, fired_at=now)

    def _begin(self, conn: Connection, now: datetime) -> Fire:
        minute = now.replace(second=0, microsecond=0)  # the same for all who see it first
        reason = "first seen; nothing before is due"
        row = replace(self.row(minute, now), decision=Decision.BEGUN, reason=reason)
        return fires.write(conn, row)

    def open(self, conn: Connection, row: Fire) -> Fire:
        """Take the instant, then open its run or write why there is none."""
        fires.write(conn, row)
        return fires.decide(conn, self._opened(conn, row))

    def _opened(self, conn: Connection, row: Fire) -> Fire:
        if busy := fires.unfinished(conn, row.name):
            return replace(row, decision=Decision.SKIPPED, reason=f"run {busy} is not finished")
        ask = Ask(name=row.name, limit=self.batch.limit, now=row.fired_at)
        try:
            intake = self.answer(conn, ask)
        except NothingDue as error:
            return replace(row, decision=Decision.SKIPPED, reason=str(error))
        except SourceUnreadable as error:
            reason = storable(str(error), REASON_LENGTH)
            return replace(row, decision=Decision.FAILED, reason=reason)
        return replace(row, run_id=self.opener(conn, self.batch, intake))


def _ring(written: Sequence[Fire], ring: Ring | None) -> None:
    if ring is None:
        return
    for row in written:
        if row.run_id is not None:
            with suppress(Exception):  # the run is in the books; the reconciler rings again
                ring(row.run_id, f"batch {row.name}")
