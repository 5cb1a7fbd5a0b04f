"""Finding stored offers: page by page in an order, or all of them."""

import operator
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from app.filters.fields import FACET
from app.filters.plan import COUNTED, Plan, plan_of
from app.filters.sql import condition
from app.filters.values import FilterError, Query

ID = FACET.c.offer_id
MOST_COUNTED = 1000
"""Up to here a person is told how many there are."""
STREAMED = {"stream_results": True, "yield_per": 10_000}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sort:
    """An order of offers; those whose value is unknown come last, whichever way."""

    column: Any
    descending: bool
    help: str


SORTS: Mapping[str, Sort] = {
    "changed": Sort(column=FACET.c.changed_at, descending=True, help="last changed first"),
    "new": Sort(column=FACET.c.first_seen_at, descending=True, help="first stored last"),
    "cheap": Sort(column=FACET.c.price_min, descending=False, help="lowest price first"),
    "dear": Sort(column=FACET.c.price_min, descending=True, help="highest price first"),
    "sold": Sort(column=FACET.c.sold, descending=True, help="most sold first"),
    "stock": Sort(column=FACET.c.stock, descending=True, help="most in stock first"),
    "id": Sort(column=FACET.c.offer_id, descending=False, help="by offer id"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a page ended: the value it was ordered by, and the offer."""

    value: Any
    offer_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Offers of one page, in order."""

    offer_ids: tuple[str, ...]
    next: Place | None
    """Where the following page begins; None after the last one."""


def search(
    conn: Connection,
    query: Query,
    *,
    sort: str = "changed",
    limit: int = 50,
    after: Place | None = None,
) -> Page:
    """A page of what a query finds; one after another they show each offer once.

    Raises FilterError for an order that is none.
    """
    order = SORTS.get(sort)
    if order is None:
        raise FilterError(f"there is no order '{sort}'; known: {', '.join(SORTS)}")
    plan = plan_of(conn, query)
    rows: list[Any] = []
    for known in (True, False) if order.column.nullable else (True,):
        if after is not None and known and after.value is None:
            continue
        own = after if after and (after.value is not None) == known else None
        statement = _page(plan, condition(query), order, known=known, after=own)
        rows += conn.execute(statement.limit(limit + 1 - len(rows))).all()
        if len(rows) > limit:
            break
    shown = rows[:limit]
    last = Place(value=shown[-1][1], offer_id=shown[-1][0]) if len(rows) > limit else None
    return Page(offer_ids=tuple(row[0] for row in shown), next=last)


def _page(
    plan: Plan, met: ColumnElement[bool], order: Sort, *, known: bool, after: Place | None
) -> Select[Any]:
    """In the order of the index of the column and the id, so that a walk stops at the limit."""
    column = order.column
    query = select(ID, column).select_from(plan.source).where(met)
    if column.nullable:
        query = query.where(column.is_not(None) if known else column.is_(None))
    if after is not None:
        query = query.where(_beyond(order, after))
    if plan.is_gathered:
        # MySQL would rather walk the index of the order and stop at the limit: never, if few match
        query = query.prefix_with("STRAIGHT_JOIN", dialect="mysql")
    ways = [column, ID] if known and column is not ID else [ID]
    return query.order_by(*(way.desc() if order.descending else way.asc() for way in ways))


def _beyond(order: Sort, after: Place) -> ColumnElement[bool]:
    column, value = order.column, after.value
    follows = operator.lt if order.descending else operator.gt
    id_follows: ColumnElement[bool] = follows(ID, after.offer_id)
    if value is None or column is ID:
        return id_follows
    not_before = operator.le if order.descending else operator.ge
    return and_(not_before(column, value), or_(follows(column, value), id_follows))


def count(conn: Connection, query: Query, *, at_most: int = MOST_COUNTED) -> int:
    """How many offers a query finds, counted no further than `at_most`."""
    plan = plan_of(conn, query, few=COUNTED)
    found = select(ID).select_from(plan.source).where(condition(query)).limit(at_most)
    return conn.scalar(select(func.count()).select_from(found.subquery())) or 0


def all_ids(
    conn: Connection, query: Query, *, also: ColumnElement[bool] | None = None
) -> "array[int]":
    """The ids of all offers that a query finds, ascending; eight bytes each.

    `also` is a condition on facets that no query can say.
    """
    plan = plan_of(conn, query, few=COUNTED)
    found = select(ID).select_from(plan.source).where(condition(query))
    found = found if also is None else found.where(also)
    rows = conn.execution_options(**STREAMED).scalars(found)
    return array("Q", sorted(array("Q", (int(each) for each in rows))))
