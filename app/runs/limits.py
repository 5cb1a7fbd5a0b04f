"""Where a run stops by itself: so many offers, so many failures, so much time. Then it is paused.

Bounds are absolute and stand in the run's row, so that any number of workers obey the same ones and
a resumed run begins a new measure. Time is the database's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from app import models
from app.models import table
from app.runs.counts import Counts, counts_of
from app.runs.outcomes import Outcome
from app.runs.states import run_of
from app.store.clock import now
from app.store.engine import consult, transact

RUN = table(models.Run)
KEY = "bounds"
"""Of the run's options."""
SAID = "limit: "
"""Begins the reason of a run that a limit has paused."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a person allows from now on; None is no limit."""

    offers: int | None = None
    """Offers that get their outcome."""
    failures: int | None = None
    """Offers that fail for good."""
    seconds: float | None = None


def put(engine: Engine, run_id: int, limits: Limits) -> None:
    """Set a run's bounds from now on; no limits remove them. Raises RunUnknown."""

    def work(conn: Connection) -> None:
        options = dict(run_of(conn, run_id).options)
        options.pop(KEY, None)
        if bounds := _bounds(conn, counts_of(conn, run_id), limits):
            options[KEY] = bounds
        conn.execute(update(RUN).where(RUN.c.id == run_id).values(options=options))

    transact(engine, work)


def _bounds(conn: Connection, found: Counts, limits: Limits) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    if limits.offers is not None:
        bounds["finished"] = found.finished + limits.offers
    if limits.failures is not None:
        bounds["failed"] = found.by_state.get(Outcome.FAILED, 0) + limits.failures
    if limits.seconds is not None:
        present: datetime = conn.execute(select(now())).scalar_one()
        bounds["until"] = (present + timedelta(seconds=limits.seconds)).isoformat()
    return bounds


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What a run's bounds leave."""

    offers: int | None = None
    """Offers that may still be begun; None is any number."""
    reached: str | None = None
    """The limit that ends the work, as a reason for the run."""


def room(engine: Engine, run_id: int) -> Room:
    """How much may still be begun; without bounds no more than the run's row is read."""

    def work(conn: Connection) -> Room:
        bounds = run_of(conn, run_id).options.get(KEY)
        if not bounds:
            return Room()
        return judge(bounds, counts_of(conn, run_id), conn.execute(select(now())).scalar_one())

    return consult(engine, work)


def judge(bounds: dict[str, Any], found: Counts, present: datetime) -> Room:
    """What the bounds say of the counts at a moment."""
    failed = found.by_state.get(Outcome.FAILED, 0)
    if "failed" in bounds and failed >= bounds["failed"]:
        return Room(reached=f"{SAID}{failed:,} offers have failed")
    if "until" in bounds and present >= datetime.fromisoformat(bounds["until"]):
        return Room(reached=f"{SAID}its time is over")
    if "finished" not in bounds:
        return Room()
    if found.finished >= bounds["finished"]:
        return Room(reached=f"{SAID}{found.finished:,} offers are done")
    return Room(offers=max(0, bounds["finished"] - found.finished - found.leased))
