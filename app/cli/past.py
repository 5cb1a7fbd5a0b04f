"""How changes look on a terminal: a line each, a price as a chart. All page text is escaped."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from app.history.movements import Movement
from app.history.past import Point, Seen
from app.monitor.words import foreign, harmless
from app.store.changes import Recorded
from app.store.differences import ADDED, REMOVED, Difference
from app.store.facts import Kind

BARS = "▁▂▃▄▅▆▇█"
STYLES = {
    Kind.STOCK_OUT: "red", Kind.GONE: "bold red", Kind.RESTOCK: "green", Kind.BACK: "bold green",
    Kind.PRICE: "cyan", Kind.LIST_PRICE: "cyan", Kind.PRICE_KIND: "cyan",
    **dict.fromkeys(ADDED, "green"), **dict.fromkeys(REMOVED, "red"),
}  # fmt: skip
WHEN, SHORT = "%Y-%m-%d %H:%M", "%m-%d %H:%M"
VALUE_LENGTH = 60
WHOLE = ("when", "offer", "v", "what", "field", "", "run", "¥")
"""Columns that are never cut."""


def when(moment: datetime) -> str:
    """A time as the person's clock shows it."""
    return f"{moment.astimezone():{WHEN}}"


def value(told: Any) -> Text:
    """A JSON value in a few words: a SKU by its options, a list by its members."""
    if told is None:
        return Text("–", style="bright_black")
    if isinstance(told, dict):
        options = told.get("options", told)
        price = f"  ¥ {told['price']}" if "price" in told else ""
        return foreign(" ".join(map(str, options.values())) + price, VALUE_LENGTH)
    if isinstance(told, list):
        return foreign(", ".join(map(str, told)), VALUE_LENGTH)
    return foreign(f"{told:,}" if type(told) is int else str(told), VALUE_LENGTH)


def moved(percent: float | None) -> Text:
    """`-12.5 %`; nothing for what is no number."""
    if percent is None:
        return Text("")
    return Text(f"{percent:+,.1f} %", style="red" if percent > 0 else "green")


def named(one: Difference) -> Text:
    """The field, with which SKU, tier or attribute of it."""
    return foreign(f"{one.field} {one.key}" if one.key else one.field, 50)


def _short(key: str, length: int = 5) -> str:
    return key if len(key) <= length else f"…{key[1 - length :]}"


def kind(one: Difference) -> Text:
    """What happened, in its colour; whose price it is where it is not everybody's."""
    word = one.kind.value.replace("_", " ")
    said = f"{word} ({harmless(one.view)})" if one.view else word
    return Text(said, style=STYLES.get(one.kind, ""))


def of_one_offer(changes: Iterable[tuple[Recorded, float | None]]) -> Table:
    """The changes of an offer as a table."""
    table = _table("when", "v", "what", "field", "before", "after", "")
    for one, percent in changes:
        told = one.difference
        what = kind(told).append(" re-read" if one.is_correction else "", style="bright_black")
        row = (what, named(told), value(told.before), value(told.after), moved(percent))
        table.add_row(when(one.observed_at), str(one.version), *row)
    return table


def of_all_offers(movements: Iterable[Movement]) -> Table:
    """Changes over offers as a table."""
    table = _table("when", "offer", "what", "field", "before", "after", "", "title")
    for one in movements:
        told = one.recorded.difference
        name = foreign(f"{told.field} {_short(told.key)}".rstrip(), 24)
        row = (kind(told), name, value(told.before), value(told.after), moved(one.percent))
        at = f"{one.recorded.observed_at.astimezone():{SHORT}}"
        table.add_row(at, one.recorded.offer_id, *row, foreign(one.title, 24))
    return table


def side_by_side(differences: Sequence[Difference], left: str, right: str) -> Table:
    """Two states of an offer."""
    table = _table("what", "field", left, right)
    for one in differences:
        table.add_row(kind(one), named(one), value(one.before), value(one.after))
    return table


def of_lists(seen: Iterable[Seen]) -> Table:
    """What lists showed: a source of its own."""
    table = _table("when", "run", "¥", "as", "sold", title="seen in lists")
    for one in seen:
        sold = foreign(one.sold_text or ("" if one.sold is None else f"{one.sold:,}"))
        table.add_row(
            when(one.at), str(one.run_id), one.price or "", foreign(one.price_kind or ""), sold
        )
    return table


def _table(*columns: str, title: str | None = None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold")
    for column in columns:
        # ids and times are whole or worthless; what a seller wrote gives way
        table.add_column(
            column,
            no_wrap=column in WHOLE,
            overflow="ellipsis",
            justify="right" if column in ("v", "", "¥") else "left",
            min_width=8 if column in ("before", "after", "title") else None,
        )
    return table


def chart(points: Sequence[Point], until: datetime, width: int = 48) -> str:
    """Numbers over time as bars, from the first point to `until`, between least and greatest.

    Each bar is the last value that held within its stretch. Empty where there are no numbers.
    """
    numbers = [(one.at, Decimal(str(one.value))) for one in points if _is_number(one.value)]
    if not numbers:
        return ""
    first = numbers[0][0]
    stretch = (max(until, numbers[-1][0]) - first) / width
    low, high = (pick(number for _, number in numbers) for pick in (min, max))
    bars, place = [], 0
    for column in range(width if len(numbers) > 1 else 1):
        while place + 1 < len(numbers) and numbers[place + 1][0] <= first + stretch * (column + 1):
            place += 1
        part = (numbers[place][1] - low) / (high - low) if high > low else Decimal(0)
        bars.append(BARS[min(7, int(part * 8))])
    return "".join(bars)


def _is_number(told: Any) -> bool:
    return isinstance(told, int | float) or (
        isinstance(told, str) and told.replace(".", "", 1).isdecimal()
    )
