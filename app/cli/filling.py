"""How often a run's pages told each field, for people and as JSON."""

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.monitor.words import foreign

if TYPE_CHECKING:
    from app.quality.books import Filled, Quality

NOTABLE = 0.1
"""Difference to the runs before from which a line is marked."""


def show(found: "Quality") -> RenderableType:
    """A table a layout: field, share of the pages that told it, and of those before."""
    parts: list[RenderableType] = [_refused(found)] if found.refused else []
    for layout in dict.fromkeys(one.layout for one in found.fields):
        own = [one for one in found.fields if one.layout == layout]
        parts.append(_table(layout, own))
    return Group(*(parts or [Text("no page of this run was read")]))


def _table(layout: str, fields: "list[Filled]") -> Table:
    title = f"layout {layout}, {fields[0].pages:,} pages"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    table.add_column("field")
    for name in ("told by", "before"):
        table.add_column(name, justify="right")
    table.add_column("")
    for one in fields:
        before = "–" if one.before is None else f"{one.before:.1%}"
        table.add_row(one.mark, f"{one.told / max(one.pages, 1):.1%}", before, _remark(one))
    return table


def _remark(one: "Filled") -> Text:
    if one.suspect:
        return Text("drift", style="bold red")
    change = 0.0 if one.before is None else one.told / max(one.pages, 1) - one.before
    word = "more" if change > 0 else "less"
    return Text(word if abs(change) >= NOTABLE else "", style="yellow")


def _refused(found: "Quality") -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="pages refused", title_justify="left")
    table.add_column("pages", justify="right")
    table.add_column("why")
    for why, number in sorted(found.refused.items(), key=lambda one: -one[1]):
        table.add_row(f"{number:,} of {found.pages:,}", foreign(why))
    return table
