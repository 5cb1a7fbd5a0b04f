"""Where a search begins: at the rarest gram of its words, or nowhere if even that is common.

A gram tells which offers may match; what a query means is `app.filters.sql` alone. So grams make a
search quicker and never other. With a rare gram its offers are gathered and put in order; with
common ones the facets are walked in that order, for then enough of them match soon.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, FromClause, func, select

from app.filters.fields import BY_NAME, FACET
from app.filters.values import All, Comparison, Op, Query, Words
from app.store.facets import GRAM
from app.store.words import needles, spans

RARE = 10_000
"""Offers that are gathered at most; measured: as many facets are read in some 0.1 s."""
MOST_GRAMS = 24
"""Of a long text; each is counted at most once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a query reads."""

    source: FromClause
    """The facets, all of them or those with a gram."""
    is_gathered: bool


def plan_of(conn: Connection, query: Query, *, rare: int = RARE) -> Plan:
    """Look how common a query's grams are; reads at most `rare` entries of each."""
    found = _rarest(conn, list(_spans(query))[:MOST_GRAMS], rare)
    if found is None:
        return Plan(source=FACET, is_gathered=False)
    first, last = found
    named = select(GRAM.c.offer_id).where(GRAM.c.gram.between(first, last)).distinct()
    if first == last:
        named = select(GRAM.c.offer_id).where(GRAM.c.gram == first)
    offers = named.subquery("named")
    return Plan(source=offers.join(FACET, FACET.c.offer_id == offers.c.offer_id), is_gathered=True)


def _rarest(
    conn: Connection, candidates: list[tuple[int, int]], rare: int
) -> tuple[int, int] | None:
    """The range with the fewest offers; each is counted no further than the best one before it."""
    best, fewest = None, rare
    for first, last in candidates:
        entries = select(GRAM.c.offer_id).where(GRAM.c.gram.between(first, last)).limit(fewest)
        found = conn.scalar(select(func.count()).select_from(entries.subquery())) or 0
        if found < fewest:
            best, fewest = (first, last), found
    return best


def _spans(query: Query) -> Iterator[tuple[int, int]]:
    """Ranges of grams of which each offer that is found has one each."""
    for text in _texts(query):
        for needle in needles(text):
            yield from spans(needle)


def _texts(query: Query) -> Iterator[str]:
    match query:
        case Words():
            yield query.text
        case All():
            for part in query.parts:
                yield from _texts(part)
        case Comparison(op=Op.HAS, values=[str(text)]) if BY_NAME[query.field].is_normal:
            yield text
