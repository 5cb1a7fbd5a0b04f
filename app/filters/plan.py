"""Where a search begins: at the rarest grams of its words, or nowhere if even those are common.

Grams tell which offers may match; what a query means is `app.filters.sql` alone. So they make a
search quicker and never other. Few offers are gathered and put in order. Where there are many, the
facets are walked in that order, for then enough of them match soon. Measured on 1,000,000 offers
(`tests/search/measure.py`): 10,000 are gathered in 0.1 s, a walk over one match in 100 takes 0.02.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, FromClause, func, select

from app.filters.fields import BY_NAME, FACET
from app.filters.values import All, Comparison, Op, Query, Words
from app.store.facets import GRAM
from app.store.words import needles, spans

FEW = 10_000
"""Offers that are gathered at most."""
COUNTED = 100_000
"""Entries of a gram that are counted at most; of 1,000,000 offers, one in ten."""
SAMPLE = 2000
"""Entries of the rarest gram from which it is estimated how many have the next one, too."""
MOST_GRAMS = 24
"""Of a long text; each is counted no further than the rarest but one before it."""
JOINED = 3
"""Grams that an offer is asked for before its facet is read."""

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a query reads."""

    source: FromClause
    """The facets, all of them or those that may match."""
    is_gathered: bool


WALK = Plan(source=FACET, is_gathered=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Counted:
    entries: int
    span: Span


def plan_of(conn: Connection, query: Query, *, few: int = FEW) -> Plan:
    """Look how common a query's grams are, and how often together."""
    counted = _count(conn, list(_spans(query))[:MOST_GRAMS])
    if not counted or counted[0].entries >= COUNTED:
        return WALK
    rarest, *others = counted[:JOINED]
    if rarest.entries > few and _together(conn, rarest, others) > few:
        return WALK
    return Plan(source=_joined(rarest, others), is_gathered=True)


def _count(conn: Connection, candidates: list[Span]) -> list[_Counted]:
    """The ranges by how many entries they have, the rarest first."""
    found: list[_Counted] = []
    for span in candidates:
        most = found[1].entries if len(found) > 1 else COUNTED
        entries = select(GRAM.c.offer_id).where(_within(GRAM, span)).limit(most)
        number = conn.scalar(select(func.count()).select_from(entries.subquery())) or 0
        found = sorted([*found, _Counted(entries=number, span=span)], key=lambda one: one.entries)
        if number == 0:
            break
    return found


def _together(conn: Connection, rarest: _Counted, others: list[_Counted]) -> float:
    """About how many offers have all these grams; with one gram alone, its entries."""
    if not others:
        return rarest.entries
    first = select(GRAM.c.offer_id).where(_within(GRAM, rarest.span)).limit(SAMPLE)
    both = _joined_to(first.subquery("first"), others, facets=False)
    hits = conn.scalar(select(func.count()).select_from(both)) or 0
    return rarest.entries * hits / min(SAMPLE, rarest.entries)


def _joined(rarest: _Counted, others: list[_Counted]) -> FromClause:
    """The facets of the offers that have all these grams."""
    first = select(GRAM.c.offer_id).where(_within(GRAM, rarest.span))
    if rarest.span[0] != rarest.span[1]:
        first = first.distinct()
    return _joined_to(first.subquery("first"), others, facets=True)


def _joined_to(source: FromClause, others: list[_Counted], *, facets: bool) -> FromClause:
    offer_id = source.c.offer_id
    for number, other in enumerate(others):
        if other.span[0] == other.span[1]:  # a range may hold an offer twice
            gram = GRAM.alias(f"gram{number}")
            met = _within(gram, other.span) & (gram.c.offer_id == offer_id)
            source = source.join(gram, met)
    return source.join(FACET, FACET.c.offer_id == offer_id) if facets else source


def _within(grams: FromClause, span: Span) -> ColumnElement[bool]:
    first, last = span
    gram: ColumnElement[int] = grams.c.gram
    return gram == first if first == last else gram.between(first, last)


def _spans(query: Query) -> Iterator[Span]:
    """Ranges of grams of which each offer that is found has one each."""
    found = (span for text in _texts(query) for needle in needles(text) for span in spans(needle))
    yield from dict.fromkeys(found)


def _texts(query: Query) -> Iterator[str]:
    match query:
        case Words():
            yield query.text
        case All():
            for part in query.parts:
                yield from _texts(part)
        case Comparison(op=Op.HAS, values=[str(text)]) if BY_NAME[query.field].is_normal:
            yield text
