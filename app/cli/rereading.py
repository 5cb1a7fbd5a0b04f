"""What reading archived pages again came to, for people and as JSON."""

from typing import TYPE_CHECKING, Any

import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.items import Value
from app.monitor.words import foreign

if TYPE_CHECKING:
    from app.reextract.survey import Example, Refused, Survey
    from app.runs.states import Run

WIDTH = 60
"""Cells of a value that is shown."""


def show(found: "Survey", seconds: float) -> None:
    """Print sums, fields, examples, and what could not be read."""
    console = Console()
    console.print(_headline(found, seconds))
    if found.fields:
        console.print(_fields(found), _examples(found.examples))
    if found.refusals:
        console.print(_refusals(found))
    for loss in found.losses[:3]:
        console.print(Text(f"lost: {loss}", style="bold red"))
    if found.lost:
        console.print(Text(f"{found.lost:,} records are lost: see `pwsync audit --files`"))


def _headline(found: "Survey", seconds: float) -> Text:
    aside = (
        (found.newer, "stored from something newer"),
        (found.refused, "not readable"),
        (found.lost, "lost"),
    )
    more = "".join(f", {number:,} {what}" for number, what in aside if number)
    text = f"{found.pages:,} pages read in {seconds:.1f} s: "
    return Text(f"{text}{found.different:,} differ, {found.same:,} say what is stored{more}")


def _fields(found: "Survey") -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="fields that differ", title_justify="left")
    table.add_column("field")
    table.add_column("offers", justify="right")
    for name, number in found.fields.most_common():
        table.add_row(name, f"{number:,}")
    return table


def _examples(examples: "list[Example]") -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="examples", title_justify="left")
    for name in ("offer", "field", "stored", "the page says"):
        table.add_column(name, overflow="fold" if name in {"offer", "field"} else "ellipsis")
    for one in examples:
        before, after = (foreign(_short(value), WIDTH) for value in (one.before, one.after))
        table.add_row(one.offer_id, one.field, before, after)
    return table


def _refusals(found: "Survey") -> Table:
    title = f"{found.refused:,} pages that no layout reads"
    if found.unlearned:
        title += f"; {found.unlearned:,} of them were read before: look at the layouts first"
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    for name in ("offer", "why", "read before"):
        table.add_column(name)
    for one in found.refusals:
        table.add_row(one.offer_id, foreign(_why(one), WIDTH * 2), "yes" if one.was_read else "")
    return table


def _why(one: "Refused") -> str:
    told = one.refusal
    where = " ".join(word for word in (told.rule, told.field) if word)
    return f"{told.type} {where}: {told.message}"


def _short(value: Any) -> str:
    """A value on one line: its JSON where it has parts, a dash for the unknown."""
    plain = _plain(value)
    if plain is None or plain == []:
        return "–"
    return plain if isinstance(plain, str) else orjson.dumps(plain).decode()


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Value):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value if value is None or isinstance(value, bool | int) else str(value)


def as_document(found: "Survey", seconds: float, run: "Run | None") -> dict[str, Any]:
    """The same for programs."""
    sums = ("pages", "same", "different", "newer", "refused", "unlearned", "lost")
    return {
        **{name: getattr(found, name) for name in sums},
        "fields": dict(found.fields.most_common()),
        "examples": [
            {
                "offer_id": one.offer_id,
                "field": one.field,
                "before": _plain(one.before),
                "after": _plain(one.after),
            }
            for one in found.examples
        ],
        "refusals": [
            {
                "offer_id": one.offer_id,
                "type": one.refusal.type,
                "rule": one.refusal.rule,
                "field": one.refusal.field,
                "message": one.refusal.message,
                "read_before": one.was_read,
            }
            for one in found.refusals
        ],
        "run": run and run.id,
        "seconds": round(seconds, 3),
    }
