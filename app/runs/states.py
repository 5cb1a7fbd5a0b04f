"""Runs as a whole: reading one, and its changes of state (CONTRACT §2); parking is in `parking.py`.

open ─ running ─┬─ done
  └──────┬──────┘
paused, parked ⇄ running        cancelled from anywhere but done
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, exists, or_, select, update

from app import models
from app.models import table
from app.runs import sums
from app.runs.outcomes import BLOCKED_BY, CLOSED, LEASED, QUEUED, Ending, Outcome, RunState
from app.store.clock import now
from app.store.engine import reading, transact

RUN, ITEM, ATTEMPT = table(models.Run), table(models.RunItem), table(models.Attempt)

ALIVE = frozenset(RunState) - CLOSED
MOVES: Mapping[RunState, frozenset[RunState]] = {
    RunState.RUNNING: ALIVE,
    RunState.PAUSED: ALIVE,
    RunState.PARKED: frozenset({RunState.OPEN, RunState.RUNNING}),
    RunState.CANCELLED: ALIVE,
}
"""A state and those from which it can be reached; a pause by a person outlasts a parking."""


class RunUnknown(Exception):
    """There is no such run."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"there is no run {run_id}; `pwsync runs` lists them")
        self.run_id = run_id


class RunClosed(Exception):
    """The run is done or cancelled and stays so."""

    def __init__(self, run: "Run") -> None:
        super().__init__(f"run {run.id} is {run.state}; open a new one for its items")
        self.run = run


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A run as the books have it."""

    id: int
    kind: str
    label: str
    options: dict[str, Any]
    state: RunState
    reason: str | None
    parked_until: datetime | None
    """When a parked run goes on by itself; None while it waits for a person."""
    attempts: int
    expected: int
    """Offers accepted so far."""
    list_pages: int
    """Pages of its list begun so far."""
    list_total: int | None
    """How many offers the list said it has."""
    lines_read: int
    duplicates: int
    rejected: int
    created_at: datetime
    closed_at: datetime | None


def run_of(conn: Connection, run_id: int) -> Run:
    """One run. Raises RunUnknown."""
    row = conn.execute(select(RUN).where(RUN.c.id == run_id)).mappings().first()
    if row is None:
        raise RunUnknown(run_id)
    return _run(row)


def _run(row: Mapping[Any, Any]) -> Run:
    values = {str(name): value for name, value in row.items()}
    return Run(**values | {"state": RunState(row["state"])})


def read_run(engine: Engine, run_id: int) -> Run:
    """One run. Raises RunUnknown, DatabaseUnavailable."""
    with reading(engine) as conn:
        return run_of(conn, run_id)


def recent_runs(engine: Engine, limit: int = 20) -> list[Run]:
    """The latest runs, newest first."""
    with reading(engine) as conn:
        return latest_runs(conn, limit)


def latest_runs(conn: Connection, limit: int) -> list[Run]:
    """The same within the caller's picture of the database."""
    rows = conn.execute(select(RUN).order_by(RUN.c.id.desc()).limit(limit))
    return [_run(row) for row in rows.mappings()]


def find_unfinished(engine: Engine) -> list[Run]:
    """Runs that are not closed, oldest first."""
    with reading(engine) as conn:
        query = select(RUN).where(RUN.c.state.in_(sorted(ALIVE))).order_by(RUN.c.id)
        return [_run(row) for row in conn.execute(query).mappings()]


def pause(engine: Engine, run_id: int, reason: str | None = None) -> Run:
    """Hand out no more items. Raises RunUnknown, RunClosed."""
    return transact(engine, lambda conn: move(conn, run_id, RunState.PAUSED, reason))


def resume(engine: Engine, run_id: int) -> Run:
    """Go on; items that waited for a block are due at once. Raises RunUnknown, RunClosed."""
    return transact(engine, lambda conn: go_on(conn, run_id))


def go_on(conn: Connection, run_id: int) -> Run:
    """The same within the caller's transaction."""
    run = move(conn, run_id, RunState.RUNNING, None)
    waiting = and_(*_queued(run_id), ITEM.c.reason.startswith(BLOCKED_BY))
    conn.execute(update(ITEM).where(waiting).values(not_before=now()))
    return run


def set_option(engine: Engine, run_id: int, name: str, value: Any) -> None:
    """Change one of a run's options. Raises RunUnknown."""

    def work(conn: Connection) -> None:
        options = run_of(conn, run_id).options | {name: value}
        conn.execute(update(RUN).where(RUN.c.id == run_id).values(options=options))

    transact(engine, work)


def cancel(engine: Engine, run_id: int, reason: str | None = None) -> Run:
    """Close the run: what is not finished becomes `cancelled`, or `blocked` where that was why.

    Tries in flight are fenced: their results are not stored. Raises RunUnknown, RunClosed.
    """

    def work(conn: Connection) -> Run:
        move(conn, run_id, RunState.CANCELLED, reason)
        _close_items(conn, run_id)
        still_open = (RUN.c.id == run_id, RUN.c.closed_at.is_(None))
        if conn.execute(update(RUN).where(*still_open).values(closed_at=now())).rowcount:
            sums.write(conn, run_id)
        return run_of(conn, run_id)

    return transact(engine, work)


def close_if_finished(engine: Engine, run_id: int) -> Run:
    """The run, `done` if nothing is queued or leased any more. Raises RunUnknown."""

    def work(conn: Connection) -> Run:
        unfinished = exists().where(ITEM.c.run_id == run_id, ITEM.c.state.in_((QUEUED, LEASED)))
        finished = and_(RUN.c.id == run_id, RUN.c.state.in_(sorted(ALIVE)), ~unfinished)
        ended = {"reason": None, "parked_until": None, "closed_at": now()}
        values = {"state": str(RunState.DONE), **ended}
        if conn.execute(update(RUN).where(finished).values(values)).rowcount:
            sums.write(conn, run_id)
        return run_of(conn, run_id)

    return transact(engine, work)


def move(conn: Connection, run_id: int, to: RunState, reason: str | None, **facts: Any) -> Run:
    """Change a run's state if `MOVES` allows it; the run as it is then. Raises RunClosed."""
    sources = sorted(MOVES[to])
    query = update(RUN).where(RUN.c.id == run_id, RUN.c.state.in_(sources))
    values = {"parked_until": None, **facts}
    conn.execute(query.values(state=str(to), reason=reason, **values))
    run = run_of(conn, run_id)
    if run.state in CLOSED and run.state is not to:
        raise RunClosed(run)
    return run


def _queued(run_id: int) -> tuple[Any, Any]:
    return (ITEM.c.run_id == run_id, ITEM.c.state == QUEUED)


def _close_items(conn: Connection, run_id: int) -> None:
    left = (ITEM.c.run_id == run_id, ITEM.c.state.in_((QUEUED, LEASED)))
    blocked = ITEM.c.reason.startswith(BLOCKED_BY)
    free = {"owner": None, "lease_until": None, "token": ITEM.c.token + 1}
    for where, word in (
        (blocked, Outcome.BLOCKED),
        (or_(ITEM.c.reason.is_(None), ~blocked), Outcome.CANCELLED),
    ):
        conn.execute(update(ITEM).where(*left, where).values(state=str(word), **free))
    open_tries = (ATTEMPT.c.run_id == run_id, ATTEMPT.c.ending.is_(None))
    ended = {"ending": str(Ending.CANCELLED), "ended_at": now()}
    conn.execute(update(ATTEMPT).where(*open_tries).values(ended))
