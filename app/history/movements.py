"""What moved over all offers: filtered, with its percentage and whose offer it is.

Read in pages: constant memory however much there is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, or_, select

from app import models
from app.history.past import percent
from app.models import table
from app.store.changes import Recorded, over_offers
from app.store.facts import Kind

OFFER, SUPPLIER = table(models.Offer), table(models.Supplier)
NOISE = frozenset({Kind.STOCK, Kind.DATE})
"""Moves at nearly every visit and means little by itself; told only if it is asked for by name."""
BATCH = 200
"""Changes whose offers are looked up at once."""
NAMES = ("supplier_key", "member_id", "login_id", "user_id", "company_name")


class SupplierUnknown(Exception):
    """No stored supplier has this name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which changes are asked for."""

    since: datetime
    until: datetime | None = None
    kinds: frozenset[Kind] = frozenset(Kind) - NOISE
    least: float = 0.0
    """Percent by which a number must have moved, up or down; other changes are left out then."""
    supplier: str | None = None
    """Member id, login id, user id or name of the company."""
    field: str | None = None
    corrections: bool = False
    """Whether what was only read better is told, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Movement:
    """A change with what a person needs to make sense of it."""

    recorded: Recorded
    percent: float | None
    title: str
    supplier: str | None
    """Name of the company, or what else is known of whose offer it is."""


def movements(conn: Connection, wanted: Wanted) -> Iterator[Movement]:
    """The changes asked for, the latest first. Raises SupplierUnknown."""
    keys = suppliers(conn, wanted.supplier) if wanted.supplier else None
    kinds = sorted(wanted.kinds)
    found = over_offers(conn, kinds, since=wanted.since, until=wanted.until)
    fitting = (one for one in found if _fits(one, wanted))
    while batch := list(islice(fitting, BATCH)):
        known = _offers(conn, sorted({one.offer_id for one in batch}))
        for one in batch:
            row = known[one.offer_id]
            if keys is None or row["supplier_key"] in keys:
                yield Movement(
                    recorded=one,
                    percent=percent(one),
                    title=row["title"],
                    supplier=row["company_name"] or row["supplier_key"],
                )


def _fits(one: Recorded, wanted: Wanted) -> bool:
    if one.is_correction and not wanted.corrections:
        return False
    if wanted.field is not None and one.difference.field != wanted.field:
        return False
    moved = percent(one)
    return not wanted.least or (moved is not None and abs(moved) >= wanted.least)


def suppliers(conn: Connection, name: str) -> frozenset[str]:
    """The keys of the suppliers that are called so. Raises SupplierUnknown."""
    named = or_(*(SUPPLIER.c[column] == name for column in NAMES))
    found = frozenset(conn.scalars(select(SUPPLIER.c.supplier_key).where(named)))
    if not found:
        raise SupplierUnknown(f"no stored supplier is called '{name}'; give its member id")
    return found


def _offers(conn: Connection, offer_ids: Sequence[str]) -> dict[str, Any]:
    query = (
        select(OFFER.c.offer_id, OFFER.c.title, OFFER.c.supplier_key, SUPPLIER.c.company_name)
        .join(SUPPLIER, SUPPLIER.c.supplier_key == OFFER.c.supplier_key, isouter=True)
        .where(OFFER.c.offer_id.in_(offer_ids))
    )
    return {row["offer_id"]: row for row in conn.execute(query).mappings()}
