"""A value over time as the points of a drawing. Pure; the template writes the SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from app.history.past import Point

WIDTH, HEIGHT, MARGIN = 480, 120, 8
MOST = 400
"""Points that are drawn and told; of a longer history the latest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A change: where it is drawn, and what it was."""

    x: float
    y: float | None
    """None where the value was not told from then on."""
    at: datetime
    value: Decimal | None
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A line of steps: each value holds until the next."""

    path: str
    """Of an SVG; made of numbers alone."""
    marks: Sequence[Mark]
    low: Decimal
    high: Decimal
    until: datetime


def chart(points: Sequence[Point], until: datetime) -> Chart | None:
    """The drawing of a field's values until a moment; None if there is no number among them."""
    told = [(one, _number(one.value)) for one in points[-MOST:]]
    numbers = [value for _, value in told if value is not None]
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    first = told[0][0].at
    span = max((until - first).total_seconds(), 1.0)
    marks = [
        Mark(
            x=_x(min(max((one.at - first).total_seconds() / span, 0.0), 1.0)),
            y=None if value is None else _y(value, low, high),
            at=one.at,
            value=value,
            version=one.version,
        )
        for one, value in told
    ]
    return Chart(path=_path(marks), marks=marks, low=low, high=high, until=until)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _x(share: float) -> float:
    return MARGIN + share * (WIDTH - 2 * MARGIN)


def _y(value: Decimal, low: Decimal, high: Decimal) -> float:
    share = float((value - low) / (high - low)) if high > low else 0.5
    return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)


def _path(marks: Sequence[Mark]) -> str:
    parts: list[str] = []
    drawn = False
    for one, after in zip(marks, [*(mark.x for mark in marks[1:]), _x(1.0)], strict=True):
        if one.y is not None:
            parts.append(f"{'L' if drawn else 'M'}{one.x:.1f},{one.y:.1f}H{after:.1f}")
        drawn = one.y is not None
    return "".join(parts)
