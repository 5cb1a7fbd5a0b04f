"""What was read and could not be stored: kept with its reason until a person releases it."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app import models
from app.models import table
from app.store.clock import now
from app.store.text import storable

QUARANTINE = table(models.Quarantine)
MESSAGE_LENGTH = 4000
DOUBT = "Doubt"
"""The type of what was stored all the same."""
DECISIONS = ("released", "discarded")
"""What a person can decide."""

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One item that was refused: by type and rule, with the evidence."""

    offer_id: str
    type: str
    """Name of the error class."""
    rule: str = ""
    field: str | None = None
    message: str = ""
    digest: str | None = None
    """sha256 of the page; without one, of the message."""
    evidence: str | None = None
    """Path of a saved page that was refused so."""
    layout: str | None = None


def keep(conn: Connection, refusal: Refusal, *, run_id: int) -> None:
    """Write a refusal; the same page breaking the same rule again only counts up."""
    message = storable(refusal.message, MESSAGE_LENGTH)
    key = {
        "offer_id": refusal.offer_id,
        "rule": storable(refusal.rule or refusal.type, 64),
        "digest": refusal.digest or hashlib.sha256(message.encode()).hexdigest(),
    }
    told = {"type": refusal.type, "field": refusal.field, "message": message}
    told["layout"] = refusal.layout
    if _count_up(conn, key, refusal.evidence, run_id):
        return
    with suppress(IntegrityError):  # another run has just kept it
        _insert(conn, key | told | {"evidence": refusal.evidence}, run_id)
        return
    _count_up(conn, key, refusal.evidence, run_id)


def _count_up(conn: Connection, key: Values, evidence: str | None, run_id: int) -> bool:
    own = [QUARANTINE.c[name] == value for name, value in key.items()]
    known = conn.execute(select(QUARANTINE).where(*own).with_for_update()).mappings().first()
    if known is None:
        return False
    values: Values = {
        "first_run_id": min(known["first_run_id"], run_id),  # runs may overlap
        "last_run_id": max(known["last_run_id"], run_id),
        "last_seen_at": now(),
        "evidence": evidence or known["evidence"],
        "times": QUARANTINE.c.times + 1,
    }
    if known["type"] != DOUBT:  # what was decided was about an earlier visit
        values |= {"decision": None, "decided_at": None}
    conn.execute(update(QUARANTINE).where(QUARANTINE.c.id == known["id"]).values(values))
    return True


def _insert(conn: Connection, told: Values, run_id: int) -> None:
    runs = {"first_run_id": run_id, "last_run_id": run_id, "times": 1}
    times = {"first_seen_at": now(), "last_seen_at": now()}
    conn.execute(insert(QUARANTINE).values(told | runs | times))


def listed(
    conn: Connection,
    *,
    limit: int = 100,
    waiting: bool = False,
    types: tuple[str, ...] = (),
    run_id: int | None = None,
) -> list[dict[str, Any]]:
    """The latest refusals as plain rows, newest first; `waiting` for a person, of these types."""
    return _rows(conn, select(QUARANTINE).where(*_wanted(waiting, types, run_id)), limit)


def page(
    conn: Connection,
    types: tuple[str, ...],
    *,
    limit: int,
    waiting: bool = True,
    after: tuple[datetime, int] | None = None,
) -> list[dict[str, Any]]:
    """The latest refusals of these types after a place, newest first.

    Each type and decision is a range of one index that is walked to the limit, so what is read does
    not grow with what was refused. `after`: when a case was last seen, and its number.
    """
    decisions = (None,) if waiting else (None, *DECISIONS)
    found = [
        row
        for kind in types
        for decision in decisions
        for row in _rows(conn, _range(kind, decision, after), limit)
    ]
    return sorted(found, key=lambda row: (row["last_seen_at"], row["id"]), reverse=True)[:limit]


def _range(kind: str, decision: str | None, after: tuple[datetime, int] | None) -> Select[Any]:
    decided = QUARANTINE.c.decision
    same = decided.is_(None) if decision is None else decided == decision
    query = select(QUARANTINE).where(QUARANTINE.c.type == kind, same)
    if after is None:
        return query
    seen, (at, number) = QUARANTINE.c.last_seen_at, after
    return query.where(seen <= at, or_(seen < at, QUARANTINE.c.id < number))


def waiting_by_type(conn: Connection, types: tuple[str, ...], *, at_most: int) -> dict[str, int]:
    """How many wait for a person, by type, each counted no further than `at_most`."""
    number, found = func.count(), {}
    for kind in types:
        some = select(QUARANTINE.c.id).where(*_wanted(True, (kind,), None)).limit(at_most)
        found[kind] = conn.scalar(select(number).select_from(some.subquery())) or 0
    return found


def of_offer(conn: Connection, offer_id: str, *, limit: int = 100) -> list[dict[str, Any]]:
    """The same of one offer."""
    return _rows(conn, select(QUARANTINE).where(QUARANTINE.c.offer_id == offer_id), limit)


def _rows(conn: Connection, query: Select[Any], limit: int) -> list[dict[str, Any]]:
    latest = query.order_by(QUARANTINE.c.last_seen_at.desc(), QUARANTINE.c.id.desc()).limit(limit)
    return [
        {str(name): value for name, value in row.items()} for row in conn.execute(latest).mappings()
    ]


def count(
    conn: Connection,
    *,
    waiting: bool = False,
    types: tuple[str, ...] = (),
    run_id: int | None = None,
) -> int:
    """How many `listed` would list without a limit."""
    wanted = _wanted(waiting, types, run_id)
    return int(conn.scalar(select(func.count()).select_from(QUARANTINE).where(*wanted)) or 0)


def _wanted(waiting: bool, types: tuple[str, ...], run_id: int | None) -> list[Any]:
    wanted: list[Any] = [QUARANTINE.c.decision.is_(None)] if waiting else []
    wanted += [QUARANTINE.c.type.in_(types)] if types else []
    if run_id is not None:
        wanted += [QUARANTINE.c.first_run_id <= run_id, QUARANTINE.c.last_run_id >= run_id]
    return wanted


def find(conn: Connection, case: int) -> dict[str, Any] | None:
    """One refusal as a plain row."""
    row = conn.execute(select(QUARANTINE).where(QUARANTINE.c.id == case)).mappings().first()
    return None if row is None else {str(name): value for name, value in row.items()}


def decide(conn: Connection, case: int, decision: str) -> None:
    """Write what a person decided: `released` or `discarded`."""
    values = {"decision": decision, "decided_at": now()}
    conn.execute(update(QUARANTINE).where(QUARANTINE.c.id == case).values(values))
