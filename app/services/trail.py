"""The trail of what was done through the server: who, in which role, what, to what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from app import models
from app.models import table
from app.store.clock import now
from app.store.engine import reading, transact
from app.store.text import storable

ACTION = table(models.Action)
LENGTH = 64
"""Characters of an actor's name or a target; what is longer is cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """Something that somebody is doing."""

    actor: str
    role: str
    door: str
    """`api` or `console`."""
    verb: str
    target: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A deed as it stands in the books."""

    id: int
    deed: Deed
    done_at: datetime


def note(engine: Engine, deed: Deed) -> None:
    """Keep that something was done. Raises DatabaseUnavailable."""
    transact(engine, lambda conn: write(conn, deed))


def write(conn: Connection, deed: Deed) -> None:
    """The same within the caller's transaction."""
    values = {
        "actor": storable(deed.actor, LENGTH),
        "role": deed.role,
        "door": deed.door,
        "verb": deed.verb,
        "target": storable(deed.target, LENGTH),
        "detail": deed.detail,
    }
    conn.execute(insert(ACTION).values(values | {"done_at": now()}))


def latest(
    engine: Engine,
    *,
    limit: int = 50,
    before: int | None = None,
    target: str | None = None,
    actor: str | None = None,
) -> Sequence[Done]:
    """What was done, newest first; `before` is the id where the last page ended."""
    query = select(ACTION).order_by(ACTION.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(ACTION.c.id < before)
    if target is not None:
        query = query.where(ACTION.c.target == target)
    if actor is not None:
        query = query.where(ACTION.c.actor == actor)
    with reading(engine) as conn:
        return [_done(row) for row in conn.execute(query).mappings()]


def _done(row: Any) -> Done:
    told = {name: row[name] for name in ("actor", "role", "door", "verb", "target", "detail")}
    return Done(id=row["id"], deed=Deed(**told), done_at=row["done_at"])
