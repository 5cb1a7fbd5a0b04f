"""Suppliers as the server's doors list them: each with the sums of its offers.

A page of suppliers is found first, by an index; sums are made for those alone. Only the order by
number of offers has to count all of them, which one index holds (`ix_offer_facet_of_supplier`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from app import models
from app.models import table
from app.runs.counts import Counts
from app.services import shops
from app.services.desk import Desk
from app.services.shops import Lack, Listing
from app.store.engine import reading

SUPPLIER, OFFER, FACET = (
    table(each) for each in (models.Supplier, models.Offer, models.OfferFacet)
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LATEST_MOMENT = 253_402_300_799_999_999
"""The end of the year 9999 in microseconds: no place lies beyond it."""
SEARCHED = ("company_name", "login_id", "member_id", "supplier_key")


class SupplierUnknown(LookupError):
    """There is no such supplier."""


class Order(StrEnum):
    """In which order suppliers come."""

    OFFERS = "offers"
    CHANGED = "changed"
    NEW = "new"
    ID = "id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a page ended: the value it was ordered by, and the supplier."""

    value: int
    """Number of offers, or microseconds since 1970; 0 in the order by id."""
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """A supplier's offers in numbers."""

    known: int = 0
    """Offers of which a page was stored."""
    gone: int = 0
    """Of these, off the shelf or deleted."""
    completeness: float | None = None
    """Mean of those that are not gone, 0 to 100."""
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    seen_at: datetime | None = None
    """When a page of one was last read."""

    @property
    def there(self) -> int:
        """Offers stored that are not gone."""
        return self.known - self.gone


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A supplier: what pages say of it, its offers, and its shop's list as it was last read."""

    id: str
    facts: Mapping[str, Any]
    sums: Sums
    listing: Listing | None

    @property
    def name(self) -> str:
        """What it is called, as far as that is known."""
        told = (self.facts[name] for name in ("company_name", "login_id", "member_id"))
        return str(next(filter(None, told), self.id))

    @property
    def path(self) -> str:
        """Where the console tells of it."""
        return path_of(self.id)

    @property
    def offers_path(self) -> str:
        """Where its offers are that are not gone."""
        return self._offers("gone=unknown")

    @property
    def gone_path(self) -> str:
        """Where those are that are gone."""
        return self._offers("gone!=unknown")

    def _offers(self, which: str) -> str:
        key = self.id.replace("\\", r"\\").replace('"', r"\"")
        return "/offers?" + urlencode({"where": f'shop="{key}" {which}'})

    @property
    def share(self) -> float | None:
        """How much of what its shop says to have is stored, 0 to 1; None if it was never asked."""
        total = self.listing.total if self.listing else None
        return min(1.0, self.sums.there / total) if total else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A page of suppliers."""

    suppliers: Sequence[Told]
    next: Place | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Shop:
    """One supplier in full."""

    told: Told
    runs: Sequence[tuple[Listing, Counts]]
    """Over its list, newest first."""
    lacks: Sequence[Lack]
    untold: Mapping[str, int]
    """What pages leave out, and in how many of the offers looked at."""
    sample: int
    """How many those were."""
    source: str | None
    """What names its list to a new run; None if its pages name none."""


def path_of(supplier: str) -> str:
    """Where the console tells of a supplier by its id."""
    return f"/suppliers/{quote(supplier, safe=':')}"


def listed(
    desk: Desk, *, words: str = "", order: Order, limit: int, after: Place | None = None
) -> Listed:
    """A page of suppliers whose name or id has the words in it."""
    with reading(desk.engine) as conn:
        rows = conn.execute(_page(words, order, after).limit(limit + 1)).mappings().all()
        shown = rows[:limit]
        told = _told(conn, shown)
    more = _place(shown[-1], order) if len(rows) > limit else None
    return Listed(suppliers=told, next=more)


def shop(desk: Desk, supplier: str) -> Shop:
    """One supplier by its id. Raises SupplierUnknown."""
    query = select(SUPPLIER).where(SUPPLIER.c.supplier_key == supplier)
    with reading(desk.engine) as conn:
        row = conn.execute(query).mappings().first()
        if row is None:
            raise SupplierUnknown(f"there is no supplier {supplier}")
        names = shops.names_of(row)
        runs = shops.runs_over(conn, names)
        untold, sample = shops.untold(conn, supplier)
        told = _told(conn, [row])[0]
    return Shop(
        told=told,
        runs=runs,
        lacks=tuple(shops.lacks(runs)),
        untold=untold,
        sample=sample,
        source=names[0] if names else None,
    )


def _told(conn: Connection, rows: Sequence[Mapping[Any, Any]]) -> list[Told]:
    """What is told of suppliers, in the order of their rows."""
    keys = [row["supplier_key"] for row in rows]
    sums, read = _sums(conn, keys), shops.latest(conn)
    return [
        Told(
            id=row["supplier_key"],
            facts=row,
            sums=sums.get(row["supplier_key"], Sums()),
            listing=next((one for name in shops.names_of(row) if (one := read.get(name))), None),
        )
        for row in rows
    ]


def _page(words: str, order: Order, after: Place | None) -> Select[Any]:
    met = [_named(words)] if words.strip() else []
    if order is Order.OFFERS:
        return _by_offers(met, after)
    if order is Order.ID:
        met += [SUPPLIER.c.supplier_key > after.id] if after else []
        return select(SUPPLIER).where(*met).order_by(SUPPLIER.c.supplier_key)
    column = SUPPLIER.c.changed_at if order is Order.CHANGED else SUPPLIER.c.first_seen_at
    if after:
        at = EPOCH + after.value * MICROSECOND
        met.append(and_(column <= at, or_(column < at, SUPPLIER.c.supplier_key < after.id)))
    return select(SUPPLIER).where(*met).order_by(column.desc(), SUPPLIER.c.supplier_key.desc())


def _by_offers(met: list[Any], after: Place | None) -> Select[Any]:
    key, number = FACET.c.supplier_key, func.count()
    counted = select(key, number.label("offers")).where(key.is_not(None)).group_by(key).subquery()
    if after:
        fewer, as_many = counted.c.offers < after.value, counted.c.offers == after.value
        met.append(or_(fewer, and_(as_many, SUPPLIER.c.supplier_key > after.id)))
    query = select(SUPPLIER, counted.c.offers).join(
        counted, counted.c.supplier_key == SUPPLIER.c.supplier_key
    )
    return query.where(*met).order_by(counted.c.offers.desc(), SUPPLIER.c.supplier_key)


def _named(words: str) -> Any:
    """One of the columns has all the words in it, whatever their case."""
    columns = [func.lower(SUPPLIER.c[name]) for name in SEARCHED]
    return and_(
        *(
            or_(*(func.instr(column, word) > 0 for column in columns))
            for word in words.lower().split()
        )
    )


def _place(row: Mapping[Any, Any], order: Order) -> Place:
    key = row["supplier_key"]
    if order is Order.OFFERS:
        return Place(value=row["offers"], id=key)
    if order is Order.ID:
        return Place(value=0, id=key)
    at = row["changed_at" if order is Order.CHANGED else "first_seen_at"]
    return Place(value=(at - EPOCH) // MICROSECOND, id=key)


def _sums(conn: Connection, keys: Sequence[str]) -> dict[str, Sums]:
    key, there = FACET.c.supplier_key, FACET.c.gone.is_(None)

    def of_those_there(column: Any) -> Any:
        return case((there, column))

    query = select(
        key,
        func.count().label("known"),
        func.count(FACET.c.gone).label("gone"),
        func.avg(of_those_there(FACET.c.completeness)).label("completeness"),
        func.min(of_those_there(FACET.c.price_min)).label("price_min"),
        func.max(of_those_there(FACET.c.price_max)).label("price_max"),
    )
    rows = conn.execute(query.where(key.in_(keys)).group_by(key)).mappings()
    seen = _seen(conn, keys)
    return {row["supplier_key"]: _summed(row, seen.get(row["supplier_key"])) for row in rows}


def _summed(row: Mapping[Any, Any], seen_at: datetime | None) -> Sums:
    told = {name: row[name] for name in ("known", "gone", "price_min", "price_max")}
    mean = row["completeness"]
    completeness = None if mean is None else round(float(mean), 1)
    return Sums(**told, completeness=completeness, seen_at=seen_at)


def _seen(conn: Connection, keys: Sequence[str]) -> dict[str, datetime]:
    key = OFFER.c.supplier_key
    query = select(key, func.max(OFFER.c.observed_at)).where(key.in_(keys)).group_by(key)
    return dict(conn.execute(query).all())
