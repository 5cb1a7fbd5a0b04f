"""How an offer came to be as it is, on a terminal. All page text is escaped."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.archive.values import Record
from app.cli import past
from app.export.marks import Given
from app.items import OfferItem, as_json
from app.monitor.words import STYLES, foreign, harmless
from app.store.changes import Recorded
from app.why import Asked, Tried, Why

DIM = "bright_black"
STEPS = 3
"""Of a path that are shown."""


def told(found: Why, folder: Path) -> RenderableType:
    """All of it, a table each; what there is nothing of is left out."""
    parts: list[RenderableType] = [_head(found), _runs(found)]
    if found.pages:
        parts.append(_pages(found.pages, folder))
    if found.stored:
        parts.append(_values(found.stored.item))
    if found.changes:
        parts.append(_changes(found.changes))
    if found.cases:
        parts.append(_cases(found))
    if found.exports:
        parts.append(_exports(found.exports))
    return Group(*parts)


def _head(found: Why) -> RenderableType:
    stored = found.stored
    if stored is None:
        return Text(f"offer {found.offer_id} is not stored", style="bold")
    table = Table.grid(padding=(0, 2))
    table.add_column(style=DIM, no_wrap=True)
    table.add_column(overflow="fold")
    seen = f"{past.when(stored.observed_at)}, by run {stored.run_id} with {stored.item.layout}"
    version = f"{stored.version}, since {past.when(stored.changed_at)}"
    rows = {
        "offer": Text(f"{found.offer_id}  {stored.item.url}"),
        "title": foreign(stored.item.title, 200),
        "read": Text(seen),
        "version": Text(f"{version}; first seen {past.when(stored.first_seen_at)}"),
        "gone": Text((stored.gone or "").replace("_", " "), style="red"),
    }
    for name, text in rows.items():
        if text.plain:
            table.add_row(name, text)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold")
    for name in columns:
        table.add_column(name, no_wrap=name not in {"why", "who", "value", "where"})
    return table


def _runs(found: Why) -> Table:
    more = f", the latest {len(found.asked)}" if found.runs > len(found.asked) else ""
    title = f"asked for by {found.runs:,} run{'' if found.runs == 1 else 's'}{more}"
    table = _table(title, "run", "who", "when", "took", "came to", "why")
    for asked in found.asked:
        first, *further = _tries_of(asked)
        table.add_row(str(asked.run_id), foreign(_who(asked), 60, wrap=True), *first)
        for row in further:
            table.add_row("", "", *row)
    return table


def _who(asked: Asked) -> str:
    label = asked.label or asked.kind
    as_whom = f" as {asked.profile}" if asked.profile else ""
    again = f", named {asked.mentions} times" if asked.mentions > 1 else ""
    return f"{label}{as_whom}{again}"


def _tries_of(asked: Asked) -> Iterator[tuple[RenderableType, ...]]:
    """A row for each try, and one for an outcome that no try has brought."""
    for one in asked.tries:
        yield _when(one.started_at), _took(one), _word(one.ending or "leased"), _why(one)
    if not asked.tries or asked.tries[-1].ending != asked.state:
        why = foreign(asked.reason or "", 120, wrap=True)
        yield ("" if asked.tries else _when(asked.asked_at)), "", _word(asked.state), why


def _when(moment: datetime) -> Text:
    return Text(past.when(moment))


def _took(one: Tried) -> Text:
    return Text("" if one.seconds is None else f"{one.seconds:.2f} s", style=DIM)


def _word(word: str) -> Text:
    return Text(word.replace("_", " "), style=STYLES.get(word, ""))


def _why(one: Tried) -> Text:
    """The reason, and of what brought no item the page that shows it."""
    text = foreign(one.reason or "", 120, wrap=True)
    if one.page and one.page.layout is None and one.reason:
        text.append(f"  page {one.page.id}", style=DIM)
    return text


def _pages(pages: Sequence[Record], folder: Path) -> Table:
    title = f"pages in the archive, {folder}"
    table = _table(title, "page", "same as", "when", "run", "read by", "KB", "file", "at")
    table.columns[5].justify = table.columns[7].justify = "right"
    for one in pages:
        same = str(one.revisit_of or "")
        size = f"{one.size / 1024:,.0f}"
        read_by = one.layout or "–"
        place = one.place
        table.add_row(
            str(one.id), same, _when(one.observed_at), str(one.run_id), read_by, size,
            Text(place.file, overflow="fold"), f"{place.offset:,}",
        )  # fmt: skip
    return table


def _values(item: OfferItem) -> Table:
    told = as_json(item)
    carriers = {source.carrier for source in item.provenance.values()}
    one = next(iter(carriers)) if len(carriers) == 1 else None
    table = _table(f"values{f', all in {harmless(one)}' if one else ''}", "field", "value", "where")
    for name in OfferItem.model_fields:
        if source := item.provenance.get(name):
            where = _tail(source.path) if one else f"{source.carrier}  {_tail(source.path)}"
            table.add_row(name, foreign(_short(told.get(name)), 48), foreign(where, 120, DIM))
    return table


def _tail(path: str) -> str:
    """The last steps of a path; `--json` tells all of them."""
    steps = path.split(".")
    return path if len(steps) <= STEPS + 1 else f"… {'.'.join(steps[-STEPS:])}"


def _short(value: Any) -> str:
    """A value in a few words; of a list how long it is."""
    if isinstance(value, dict):
        known = {name: part for name, part in value.items() if part not in (None, [])}
        return ", ".join(f"{name} {_short(part)}" for name, part in known.items())
    if isinstance(value, list):
        return f"{len(value)} of them"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else str(value)


def _changes(changes: Sequence[Recorded]) -> Table:
    table = past.of_one_offer((one, None) for one in changes)
    table.title, table.title_justify, table.title_style = "changes", "left", "bold"
    return table


def _cases(found: Why) -> Table:
    table = _table("in quarantine", "case", "last seen", "times", "type", "why", "evidence")
    for case in found.cases:
        where = " ".join(word for word in (case["rule"], case["field"]) if word)
        table.add_row(
            str(case["id"]), _when(case["last_seen_at"]), f"{case['times']:,}", case["type"],
            foreign(f"{where}: {case['message']}", 160, wrap=True),
            foreign(case["evidence"] or "", 200, wrap=True),
        )  # fmt: skip
    return table


def _exports(given: Sequence[Given]) -> Table:
    table = _table("exported", "mark", "version", "when", "as", "to")
    for one in given:
        export = one.export
        to = foreign(export.target, 120, wrap=True)
        table.add_row(
            foreign(one.mark, 40), str(one.version), _when(export.finished_at), export.format, to
        )
    return table
