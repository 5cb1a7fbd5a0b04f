"""Which runs have something to do now: for whoever calls workers, or has to choose a run.

Cheap: counts stop at a bound, and only runs that may be worked on are looked at.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, exists, func, literal, select

from app import models
from app.models import table
from app.runs.claims import WORKABLE
from app.runs.outcomes import LEASED, QUEUED, ItemKind
from app.runs.states import Run, find_unfinished
from app.store.clock import now
from app.store.engine import consult

ITEM = table(models.RunItem)
ENOUGH = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A run that may be worked on."""

    run: Run
    items: int
    """Items that can be claimed, counted up to ENOUGH."""
    unfinished: bool
    """False: only the closing of the run is left."""


def due_runs(engine: Engine, *, within: float = 0.0) -> list[Due]:
    """Runs that are open or running, oldest first. Raises DatabaseUnavailable.

    `within` counts what can be claimed in so many seconds, too.
    """
    runs = [run for run in find_unfinished(engine) if run.state in WORKABLE]
    return consult(engine, lambda conn: [_due(conn, run, within) for run in runs]) if runs else []


def due_items(engine: Engine, run_id: int, *, within: float = 0.0) -> int:
    """Items of a run that can be claimed, counted up to ENOUGH; whatever the run's state."""
    return consult(engine, lambda conn: _items(conn, run_id, within))


def is_held(engine: Engine, run_id: int, owner: str, *, kind: ItemKind | None = None) -> bool:
    """Whether items of a run, those of a kind if one is named, are leased to this owner."""
    own = exists().where(ITEM.c.run_id == run_id, ITEM.c.state == LEASED, ITEM.c.owner == owner)
    if kind is not None:
        own = own.where(ITEM.c.kind == str(kind))
    return consult(engine, lambda conn: bool(conn.scalar(select(own))))


def _due(conn: Connection, run: Run, within: float) -> Due:
    left = exists().where(ITEM.c.run_id == run.id, ITEM.c.state.in_((QUEUED, LEASED)))
    unfinished = bool(conn.scalar(select(left)))
    return Due(run=run, items=_items(conn, run.id, within), unfinished=unfinished)


def _items(conn: Connection, run_id: int, within: float) -> int:
    queued = (ITEM.c.state == QUEUED, ITEM.c.not_before <= now(within))
    lost = (ITEM.c.state == LEASED, ITEM.c.lease_until < now(within))
    return sum(_count(conn, ITEM.c.run_id == run_id, *each) for each in (queued, lost))


def _count(conn: Connection, *conditions: Any) -> int:
    some = select(literal(1)).select_from(ITEM).where(*conditions).limit(ENOUGH).subquery()
    return conn.scalar(select(func.count()).select_from(some)) or 0
