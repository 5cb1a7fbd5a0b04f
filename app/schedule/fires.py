"""The book of what became of batches' due instants: the rows of `batch_fire`.

Who writes them and when is told in `ticker.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from app import models
from app.models import table
from app.runs.states import ALIVE
from app.store.engine import consult

RUN, FIRE = table(models.Run), table(models.BatchFire)


class Decision(StrEnum):
    """What became of a due instant."""

    BEGUN = "begun"
    """The batch was seen for the first time; what was due before does not count."""
    FIRED = "fired"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fire:
    """One row of `batch_fire`."""

    name: str
    due_at: datetime
    decision: Decision
    fired_at: datetime
    manual: bool = False
    reason: str | None = None
    run_id: int | None = None


def write(conn: Connection, row: Fire) -> Fire:
    """Take an instant. Raises IntegrityError if it is taken."""
    conn.execute(insert(FIRE).values(asdict(row) | {"decision": str(row.decision)}))
    return row


def decide(conn: Connection, row: Fire) -> Fire:
    """Write what became of an instant that was taken."""
    own = (FIRE.c.name == row.name, FIRE.c.due_at == row.due_at)
    values = {"decision": str(row.decision), "reason": row.reason, "run_id": row.run_id}
    conn.execute(update(FIRE).where(*own).values(values))
    return row


def hold(conn: Connection, name: str) -> None:
    """Keep others from this batch until the transaction ends, so that they wait, not collide."""
    first = select(FIRE.c.due_at).where(FIRE.c.name == name).order_by(FIRE.c.due_at).limit(1)
    conn.execute(first.with_for_update())


def seen(conn: Connection, names: Sequence[str], now: datetime) -> dict[str, datetime]:
    """The latest instant of each batch that was seen to; without those a person added."""
    # rows of the future are left by a clock that was wrong once; they must not silence a batch
    query = (
        select(FIRE.c.name, func.max(FIRE.c.due_at).label("due_at"))
        .where(FIRE.c.name.in_(list(names)), ~FIRE.c.manual, FIRE.c.due_at <= now)
        .group_by(FIRE.c.name)
    )
    return {row.name: row.due_at for row in conn.execute(query)}


def unfinished(conn: Connection, name: str) -> int | None:
    """The oldest run of the batch that is not closed."""
    query = (
        select(func.min(RUN.c.id))
        .join(FIRE, FIRE.c.run_id == RUN.c.id)
        .where(FIRE.c.name == name, RUN.c.state.in_(sorted(ALIVE)))
    )
    found: int | None = conn.scalar(query)
    return found


def latest(engine: Engine, names: Sequence[str]) -> dict[str, Fire]:
    """The latest row of each batch that has one."""
    newest = (
        select(FIRE.c.name, func.max(FIRE.c.due_at).label("due_at"))
        .where(FIRE.c.name.in_(list(names)))
        .group_by(FIRE.c.name)
        .subquery()
    )
    same = (FIRE.c.name == newest.c.name) & (FIRE.c.due_at == newest.c.due_at)
    query = select(FIRE).join(newest, same)
    rows = consult(engine, lambda conn: conn.execute(query).mappings().all())
    return {row["name"]: _fire_of(row) for row in rows}


def recent(engine: Engine, name: str | None = None, *, limit: int = 50) -> list[Fire]:
    """What became of due instants, the latest first."""
    query = select(FIRE).order_by(FIRE.c.due_at.desc(), FIRE.c.name).limit(limit)
    if name is not None:
        query = query.where(FIRE.c.name == name)
    rows = consult(engine, lambda conn: conn.execute(query).mappings().all())
    return [_fire_of(row) for row in rows]


def _fire_of(row: Mapping[Any, Any]) -> Fire:
    values = {str(name): value for name, value in row.items()}
    return Fire(**values | {"decision": Decision(row["decision"])})
