"""Values of a filter as people type them, read by the kind of their field. Raises FilterError."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from lark import Token

from app.filters.fields import Field, Kind
from app.filters.values import Comparison, FilterError, Op, Range, Value
from app.store.words import needles

UNKNOWN = "unknown"
EQUALITY = frozenset({Op.HAS, Op.IS, Op.IS_NOT})
FLAGS = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NUMBER = re.compile(r"(\d{1,18}(?:\.\d{1,6})?)([万亿]?)", re.ASCII)
_AGO = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MULTIPLES = {"": 1, "万": 10_000, "亿": 100_000_000}
LONGEST_AGO = timedelta(days=36_500)


def text(token: Token) -> str:
    """What a token says, without its quotation marks."""
    if token.type != "STRING":
        return str(token)
    inside = str(token)[1:-1]
    return re.sub(r"\\(.)", r"\1", inside, flags=re.DOTALL) if token[0] == '"' else inside


def comparison(field: Field, op: Op, tokens: Sequence[Token]) -> Comparison:
    """The comparison of a field with what was typed."""
    values = tuple(_value(field, op, token) for token in tokens)
    return Comparison(field=field.name, op=op, values=values)


def _value(field: Field, op: Op, token: Token) -> Value:
    if field.nullable and token.type == "VALUE" and str(token) == UNKNOWN:
        if op not in EQUALITY:
            raise FilterError(f"{op} compares with what is known", at=token.start_pos or 0)
        return None
    said = text(token)
    found = READERS[field.kind](field, op, said)
    if found is None:
        raise _wrong(field, token)
    return found


def _wrong(field: Field, token: Token) -> FilterError:
    kind = field.kind
    wanted = f"one of {', '.join(field.choices)}" if field.choices else kind.word
    example = "" if field.choices else f", as in {field.name}{_example_op(kind)}{kind.example}"
    return FilterError(f"{field.name} needs {wanted}{example}", at=token.start_pos or 0)


def _example_op(kind: Kind) -> Op:
    return next(op for op in (Op.AT_LEAST, Op.IS, Op.HAS) if op in kind.ops)


def _text(field: Field, _: Op, said: str) -> Value:
    return said if said.strip() and (not field.is_normal or needles(said)) else None


def _name(field: Field, _: Op, said: str) -> Value:
    if not field.choices:
        return said or None
    return next((word for word in field.choices if word == said.lower().replace("-", "_")), None)


def _flag(_: Field, __: Op, said: str) -> Value:
    return FLAGS.get(said.lower())


def _number(_: Field, op: Op, said: str) -> Value:
    low, dots, high = said.partition("..")
    if dots and op in EQUALITY:
        ends = _amount(low), _amount(high)
        return None if None in ends or ends[0] > ends[1] else Range(low=ends[0], high=ends[1])  # type: ignore[operator, arg-type]
    return _amount(said)


def _count(field: Field, op: Op, said: str) -> Value:
    found = _number(field, op, said)
    ends = (found.low, found.high) if isinstance(found, Range) else (found,)
    whole = all(isinstance(end, Decimal) and end == end.to_integral_value() for end in ends)
    return found if whole and max(ends) < 1 << 63 else None  # type: ignore[type-var, operator]


def _amount(said: str) -> Decimal | None:
    found = _NUMBER.fullmatch(said)
    return Decimal(found[1]) * _MULTIPLES[found[2]] if found else None


def _moment(_: Field, op: Op, said: str) -> Value:
    """A day is all of it: `=` is within, `<=` up to its end, `>` after it."""
    if found := _AGO.fullmatch(said):
        ago = timedelta(seconds=int(found[1]) * UNITS[found[2]])
        return ago if op not in EQUALITY and ago <= LONGEST_AGO else None
    first, dots, last = said.partition("..")
    if dots or op in EQUALITY:
        ends = _instant(first), _instant(last if dots else first, end=True)
        return None if None in ends or ends[0] > ends[1] else Range(low=ends[0], high=ends[1])  # type: ignore[operator, arg-type]
    return _instant(said, end=op in {Op.AT_MOST, Op.ABOVE})


def _instant(said: str, *, end: bool = False) -> datetime | None:
    """Aware; without a zone it is this machine's, as what is shown is."""
    try:
        if _DAY.fullmatch(said):
            day = date.fromisoformat(said)
            found = datetime.combine(day, time.max if end else time.min)
        else:
            found = datetime.fromisoformat(said)
        return found.astimezone() if 1990 <= found.year <= 2200 else None  # noqa: PLR2004 - as in app.items
    except (ValueError, OverflowError):
        return None


READERS: dict[Kind, Callable[[Field, Op, str], Value]] = {
    Kind.TEXT: _text,
    Kind.NAME: _name,
    Kind.FLAG: _flag,
    Kind.NUMBER: _number,
    Kind.COUNT: _count,
    Kind.MOMENT: _moment,
}
