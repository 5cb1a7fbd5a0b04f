"""The filter language as values: what a query says, checked and frozen. `str` writes it again.

A value of None stands for `unknown`. Moments are aware; a timedelta is the moment that long ago,
by the database's clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from unicodedata import east_asian_width

LONGEST, MOST_TERMS, DEEPEST = 2000, 100, 20
"""Characters, comparisons and words, brackets within brackets: what a person types is shorter."""


class Op(StrEnum):
    """How a field is compared; `HAS` is `:`, which finds part of a text."""

    HAS = ":"
    IS = "="
    IS_NOT = "!="
    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """`10..20`: from the one to the other, both included."""

    low: Decimal | datetime
    high: Decimal | datetime

    def __str__(self) -> str:
        return f"{written(self.low)}..{written(self.high)}"


Value = Decimal | str | bool | datetime | timedelta | Range | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """`price<20`, `city=杭州,广州`: a field and values of which one has to fit."""

    field: str
    op: Op
    values: tuple[Value, ...]

    def __str__(self) -> str:
        return f"{self.field}{self.op}{','.join(map(written, self.values))}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A text that is to be found in title, attributes, category or tags."""

    text: str

    def __str__(self) -> str:
        return quoted(self.text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Not:
    """What is not so. An unknown value meets no comparison, so this finds it."""

    part: "Query"

    def __str__(self) -> str:
        return f"not {_bracketed(self.part)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class All:
    """Everything of it holds; of nothing, always."""

    parts: "tuple[Query, ...]"

    def __str__(self) -> str:
        return " and ".join(map(_bracketed, self.parts))


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOf:
    """One of it holds."""

    parts: "tuple[Query, ...]"

    def __str__(self) -> str:
        return " or ".join(map(_bracketed, self.parts))


Query = Comparison | Words | Not | All | OneOf
EVERYTHING = All(parts=())


def _bracketed(part: Query) -> str:
    return f"({part})" if isinstance(part, All | OneOf) else str(part)


def written(value: Value) -> str:
    """A value as it is typed."""
    if value is None:
        return "unknown"
    return next(write(value) for kind, write in WRITTEN if isinstance(value, kind))


def quoted(text: str) -> str:
    """A text in quotation marks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


WRITTEN: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: "yes" if value else "no"),
    (Decimal, lambda value: format(value, "f")),
    (datetime, datetime.isoformat),
    (timedelta, lambda value: f"{value.total_seconds():.0f}s"),
    (Range, str),
    (str, quoted),
)


class FilterError(Exception):
    """A query that says nothing; the message names the place and what was expected there."""

    def __init__(self, message: str, *, text: str = "", at: int = 0) -> None:
        super().__init__(f"{message}\n{_pointed(text, at)}" if text else message)
        self.message, self.text, self.at = message, text, at


SHOWN = 60
"""Characters of a query that are shown around the place where it is wrong."""


def _pointed(text: str, at: int) -> str:
    """The query with a mark under the place; what does not print is replaced."""
    first = max(0, at - SHOWN)
    shown = "".join(char if char.isprintable() else "?" for char in text[first : at + SHOWN])
    before = sum(2 if east_asian_width(char) in "WF" else 1 for char in shown[: at - first])
    return f"  {shown}\n  {' ' * before}^"
