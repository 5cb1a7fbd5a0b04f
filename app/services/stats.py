"""How much there is: counts over all that is stored.

Counting a million offers by status takes a second: who asks every second gets the same answer.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Connection, Engine, Table, func, select, text

from app import models
from app.models import table
from app.services.desk import Desk
from app.services.metrics.machine import SIZES
from app.store import quarantine
from app.store.engine import reading

FACET, RUN = table(models.OfferFacet), table(models.Run)
SUPPLIER, CHANGE = table(models.Supplier), table(models.OfferChange)
KEPT_SECONDS = 30.0
COUNTED = 1_000_000
"""Rows of history that are counted; 100,000,000 would take half a minute."""
ESTIMATE = """SELECT table_rows FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name = 'offer_change'"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stats:
    """The numbers of one moment."""

    counted_at: datetime

    offers: int
    by_status: Mapping[str, int]
    """Offers by what their pages say, or why there is none any more."""
    suppliers: int
    history_rows: int
    """Typed differences that are kept; beyond a million, MySQL's estimate."""
    runs: int
    by_state: Mapping[str, int]
    quarantined: int
    """Refused pages that wait for a person."""
    database: str
    """`sqlite` or `mysql`."""
    database_bytes: int
    """With its indexes; MySQL tells from statistics that it renews now and then."""


_kept: WeakKeyDictionary[Engine, tuple[float, Stats]] = WeakKeyDictionary()


def stats(desk: Desk) -> Stats:
    """The numbers, half a minute old at most. Raises DatabaseUnavailable."""
    until, found = _kept.get(desk.engine, (0.0, None))
    if found is None or time.monotonic() > until:
        with reading(desk.engine) as conn:
            found = _counted(conn)
        _kept[desk.engine] = time.monotonic() + KEPT_SECONDS, found
    return found


def _counted(conn: Connection) -> Stats:
    offers = _grouped(conn, FACET, func.coalesce(FACET.c.gone, FACET.c.status))
    runs = _grouped(conn, RUN, RUN.c.state)
    return Stats(
        counted_at=datetime.now(UTC),
        offers=sum(offers.values()),
        by_status=offers,
        suppliers=_rows(conn, SUPPLIER),
        history_rows=_history(conn),
        runs=sum(runs.values()),
        by_state=runs,
        quarantined=quarantine.count(conn, waiting=True),
        database=conn.dialect.name,
        database_bytes=int(conn.scalar(text(SIZES[conn.dialect.name])) or 0),
    )


def _rows(conn: Connection, counted: Table) -> int:
    return conn.scalar(select(func.count()).select_from(counted)) or 0


def _history(conn: Connection) -> int:
    if conn.dialect.name != "mysql":
        return _rows(conn, CHANGE)
    some = select(CHANGE.c.run_id).limit(COUNTED).subquery()
    counted = conn.scalar(select(func.count()).select_from(some)) or 0
    return counted if counted < COUNTED else max(counted, int(conn.scalar(text(ESTIMATE)) or 0))


def _grouped(conn: Connection, counted: Table, word: ColumnElement[str]) -> dict[str, int]:
    query = select(word, func.count()).select_from(counted).group_by(word)
    return {str(key): int(number) for key, number in conn.execute(query)}
