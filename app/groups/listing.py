"""Groups a page at a time, each in a few numbers; only the groups of the page are looked into.

The order by id walks the index of `offer_group` and stops; the order by size counts all of it, in
that index alone. Neither reads an offer that is of no group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from app import models
from app.groups.evidence import DOUBTFUL, SURE
from app.groups.rows import ACCEPTED, MEMBER, OFFER, PAIR, Doubt, pairs_with_any
from app.groups.union import Pair
from app.models import table

FACET = table(models.OfferFacet)
GROUP = MEMBER.c.group_id
PAIRS = 2000
"""Pairs of a page's groups whose evidence is read."""
LOOKED_AT = 2000
"""Pairs on either side of being sure among which a person's questions are looked for."""
PERSON = "person"
"""The kind of evidence that a person's word is."""


class Order(StrEnum):
    """In which order groups come."""

    SIZE = "size"
    ID = "id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a page ended."""

    size: int
    id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """A product in a list."""

    group_id: str
    title: str
    """Of its first offer."""
    size: int
    suppliers: int
    gone: int
    price_min: Decimal | None
    """Lowest and highest price over the offers that are not gone."""
    price_max: Decimal | None
    confidence: float
    """Of its least sure member."""
    kinds: tuple[str, ...]
    """Kinds of evidence for it, as its first offer is compared with the others."""

    @property
    def spread(self) -> float | None:
        """How much dearer the dearest is than the cheapest, in percent."""
        if not self.price_min or self.price_max is None:
            return None
        return round(float(100 * (self.price_max / self.price_min - 1)), 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Groups of a page."""

    groups: Sequence[Summary]
    next: Place | None


def page(conn: Connection, order: Order, limit: int, after: Place | None = None) -> Page:
    """A page of groups; one after another they show each group once."""
    rows = conn.execute(_groups(order, after).limit(limit + 1)).mappings().all()
    shown = rows[:limit]
    ids = [row["group_id"] for row in shown]
    sums, titles, kinds = _sums(conn, ids), _titles(conn, ids), _kinds(conn, ids)
    found = [
        Summary(
            group_id=row["group_id"],
            title=titles.get(row["group_id"], ""),
            size=row["size"],
            confidence=float(sums[row["group_id"]].pop("confidence")),
            kinds=kinds.get(row["group_id"], ()),
            **sums[row["group_id"]],
        )
        for row in shown
        if row["group_id"] in sums
    ]
    last = Place(size=shown[-1]["size"], id=shown[-1]["group_id"]) if len(rows) > limit else None
    return Page(groups=found, next=last)


def _groups(order: Order, after: Place | None) -> Select[Any]:
    size = func.count()
    query = select(GROUP, size.label("size")).group_by(GROUP)
    if order is Order.ID:
        query = query.where(after.id < GROUP) if after else query
        return query.order_by(GROUP)
    if after:
        query = query.having(or_(size < after.size, and_(size == after.size, after.id < GROUP)))
    return query.order_by(size.desc(), GROUP)


def _sums(conn: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    def of_those_there(column: Any) -> Any:
        return case((FACET.c.gone.is_(None), column))

    query = select(
        GROUP,
        func.count(FACET.c.supplier_key.distinct()).label("suppliers"),
        func.count(FACET.c.gone).label("gone"),
        func.min(of_those_there(FACET.c.price_min)).label("price_min"),
        func.max(of_those_there(FACET.c.price_max)).label("price_max"),
        func.min(MEMBER.c.confidence).label("confidence"),
    )
    joined = query.join(FACET, FACET.c.offer_id == MEMBER.c.offer_id)
    rows = conn.execute(joined.where(GROUP.in_(ids)).group_by(GROUP)).mappings()
    return {row["group_id"]: {str(k): v for k, v in row.items() if k != "group_id"} for row in rows}


def _titles(conn: Connection, ids: Sequence[str]) -> dict[str, str]:
    query = select(OFFER.c.offer_id, OFFER.c.title).where(OFFER.c.offer_id.in_(ids))
    return dict(conn.execute(query).all())


def _kinds(conn: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """A group's name is its first offer, the smaller of all its pairs."""
    same = and_(MEMBER.c.offer_id == PAIR.c.other_id, PAIR.c.offer_id == GROUP)
    query = select(PAIR).join(MEMBER, same).where(PAIR.c.offer_id.in_(ids)).limit(PAIRS)
    found: dict[str, dict[str, None]] = {}
    for row in conn.execute(query).mappings():
        found.setdefault(row["offer_id"], {}).update(dict.fromkeys(_speaking(row)))
    return {key: tuple(kinds) for key, kinds in found.items()}


def _speaking(row: Mapping[Any, Any]) -> list[str]:
    """The kinds that speak for a pair, a person's word first."""
    said = [PERSON] if row["verdict"] == ACCEPTED else []
    return said + [str(one["kind"]) for one in row["evidence"] or () if one["points"] > 0]


def questions(conn: Connection, count: int) -> tuple[list[Doubt], int]:
    """What `rows.doubtful` tells, from the likeliest pairs alone: of `LOOKED_AT` that are sure and
    as many that are not.
    """
    found = [*_open(conn, PAIR.c.confidence >= SURE), *_open(conn, PAIR.c.confidence < SURE)]
    asked = {key: place for place, key in enumerate(found[:count])}
    rows = pairs_with_any(conn, asked)
    return sorted(rows, key=lambda one: asked[one.pair]), len(found)


def _open(conn: Connection, confidence: ColumnElement[bool]) -> list[Pair]:
    """Pairs nobody has judged whose offers are not of one group, the likeliest first."""
    likely = (PAIR.c.verdict.is_(None), PAIR.c.confidence >= DOUBTFUL, confidence)
    # all one way, so that the index is walked and nothing sorted
    order = (PAIR.c.confidence.desc(), PAIR.c.offer_id.desc(), PAIR.c.other_id.desc())
    some = select(*PAIR.c["offer_id", "other_id", "confidence"]).where(*likely).order_by(*order)
    pairs = some.limit(LOOKED_AT).subquery()
    mine, theirs = MEMBER.alias("mine"), MEMBER.alias("theirs")
    one, other = mine.c.group_id, theirs.c.group_id
    query = (
        select(pairs.c.offer_id, pairs.c.other_id)
        .outerjoin(mine, mine.c.offer_id == pairs.c.offer_id)
        .outerjoin(theirs, theirs.c.offer_id == pairs.c.other_id)
        .where(or_(one.is_(None), other.is_(None), one != other))
        .order_by(pairs.c.confidence.desc(), pairs.c.offer_id, pairs.c.other_id)
    )
    return [(first, second) for first, second in conn.execute(query)]
