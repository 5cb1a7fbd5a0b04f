"""A run of items that need no worker: begun, worked and settled in one transaction each portion.

At no instant has such a run anything queued or leased, so nobody else can work on it; killed
between two portions it is a closed run of what was done. Its books are those of any other run.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from app import models
from app.models import table
from app.refs import Intake
from app.runs.claims import Claim, begin_tries
from app.runs.opening import offer_item, write_run
from app.runs.outcomes import LEASED, RunState, Settlement
from app.runs.settling import settle
from app.runs.states import Run, run_of
from app.store.clock import now
from app.store.engine import transact

RUN, ITEM = table(models.Run), table(models.RunItem)

Work = Callable[[Connection, Claim], Settlement]
"""Stores what belongs to a claimed offer; may run several times, touches only the connection."""


def open_record(
    engine: Engine, *, kind: str, label: str, options: Mapping[str, Any] | None = None
) -> Run:
    """An empty run, closed until `record` adds to it. Raises DatabaseUnavailable."""

    def work(conn: Connection) -> Run:
        run = write_run(conn, Intake(), kind=kind, label=label, options=options, attempts=1)
        _close(conn, run.id, 0)
        return run_of(conn, run.id)

    return transact(engine, work)


def record(engine: Engine, run_id: int, works: Mapping[str, Work], *, owner: str) -> None:
    """Add offers to such a run, each with its work; all of it is stored, or nothing.

    Raises DatabaseUnavailable, ValueRefused.
    """
    transact(engine, lambda conn: _record(conn, run_id, works, owner))


def _record(conn: Connection, run_id: int, works: Mapping[str, Work], owner: str) -> None:
    conn.execute(select(RUN.c.id).where(RUN.c.id == run_id).with_for_update())
    run = run_of(conn, run_id)
    # by id: whoever else writes offers never waits for us while we wait for him
    claims = [_claim(run, offer_id, owner) for offer_id in sorted(works, key=int)]
    _begin(conn, run, claims)
    for one in claims:
        settle(conn, one, works[one.offer_id](conn, one))
    _close(conn, run_id, len(claims))


def _claim(run: Run, offer_id: str, owner: str) -> Claim:
    return Claim(
        run_id=run.id,
        offer_id=offer_id,
        attempt=1,
        token=1,
        owner=owner,
        charges=0,
        excused=0,
        allowed=run.attempts,
    )


def _begin(conn: Connection, run: Run, claims: Sequence[Claim]) -> None:
    present = conn.scalar(select(now()))
    leased = {"state": LEASED, "token": 1, "attempt": 1, "owner": claims[0].owner}
    leased |= {"lease_until": present, "not_before": present}
    rows = [
        offer_item(run.id, one.offer_id, run.expected + place) | leased
        for place, one in enumerate(claims)
    ]
    conn.execute(insert(ITEM), rows)
    begin_tries(conn, claims)


def _close(conn: Connection, run_id: int, more: int) -> None:
    sums = {"expected": RUN.c.expected + more, "lines_read": RUN.c.lines_read + more}
    closed = {"state": str(RunState.DONE), "closed_at": now()}
    conn.execute(update(RUN).where(RUN.c.id == run_id).values(**sums, **closed))
