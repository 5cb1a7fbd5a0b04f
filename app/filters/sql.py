"""From a query to a condition on `offer_facet`: SQLAlchemy Core, every value a bound parameter.

Two-valued: an unknown value meets no comparison, so `not` and `!=` find it. SQL's third value would
lose it; therefore `not` is carried down to the comparisons, and there takes the NULLs with it.
"""

import operator
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy import not_ as no

from app.filters.fields import BY_NAME, FACET, Field, Kind
from app.filters.values import All, Comparison, Not, OneOf, Op, Query, Range, Value, Words
from app.store.clock import now
from app.store.words import needles

Condition = ColumnElement[bool]
TEXTS = tuple(FACET.c[name] for name in ("title", "words", "category", "tags"))
"""Where words are looked for."""
COMPARE: dict[Op, Callable[[Any, Any], Any]] = {
    Op.HAS: operator.eq,
    Op.IS: operator.eq,
    Op.IS_NOT: operator.eq,
    Op.BELOW: operator.lt,
    Op.AT_MOST: operator.le,
    Op.ABOVE: operator.gt,
    Op.AT_LEAST: operator.ge,
}


def condition(query: Query) -> Condition:
    """What holds of the facets of the offers that a query finds."""
    return _condition(query, wanted=True)


def _condition(query: Query, *, wanted: bool) -> Condition:
    match query:
        case Not():
            return _condition(query.part, wanted=not wanted)
        case All() | OneOf():
            parts = [_condition(part, wanted=wanted) for part in query.parts]
            every = isinstance(query, All) is wanted
            return and_(true(), *parts) if every else or_(false(), *parts)
        case Words():
            return _found(query.text) if wanted else no(_found(query.text))
        case Comparison():
            asked = (query.op is not Op.IS_NOT) is wanted
            return _compared(query, wanted=asked)


def _found(text: str) -> Condition:
    """Texts are never NULL, so this is never unknown."""
    return and_(*(or_(*(_stands(column, each) for column in TEXTS)) for each in needles(text)))


def _stands(column: Any, needle: str) -> Condition:
    return func.instr(column, needle) > 0


def _compared(query: Comparison, *, wanted: bool) -> Condition:
    field = BY_NAME[query.field]
    met = or_(*(_met(field, query.op, value) for value in query.values))
    if field.through is None:
        takes_unknown = field.nullable and None not in query.values
        return _or_unknown(met, field.column, wanted=wanted, nullable=takes_unknown)
    key = next(iter(field.column.table.primary_key.columns))
    found = field.through.in_(select(key).where(met))
    if None in query.values:
        known = field.through.in_(select(key).where(field.column.is_not(None)))
        found = or_(found, no(known), field.through.is_(None))
        return found if wanted else and_(field.through.is_not(None), no(found))
    return _or_unknown(found, field.through, wanted=wanted, nullable=True)


def _or_unknown(met: Condition, column: Any, *, wanted: bool, nullable: bool) -> Condition:
    if wanted:
        return met
    return or_(no(met), column.is_(None)) if nullable else no(met)


def _met(field: Field, op: Op, value: Value) -> Condition:
    column = field.column
    if value is None:
        return column.is_(None)  # type: ignore[no-any-return]
    if isinstance(value, Range):
        low, high = (_bound(field, end) for end in (value.low, value.high))
        return column.between(low, high)  # type: ignore[no-any-return]
    if isinstance(value, str) and field.kind is Kind.TEXT:
        return _part_of(field, value)
    return COMPARE[op](column, _bound(field, value))  # type: ignore[no-any-return]


def _part_of(field: Field, text: str) -> Condition:
    if field.is_normal:
        return and_(*(_stands(field.column, each) for each in needles(text)))
    return func.instr(func.lower(field.column), func.lower(text)) > 0


def _bound(field: Field, value: Any) -> Any:
    if isinstance(value, timedelta):
        return now(-value.total_seconds())
    if isinstance(value, Decimal) and field.kind is Kind.COUNT:
        return int(value)
    return value
