"""What became of a run, for people; pure functions of the ledger's counts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from app.monitor import words
from app.runs.counts import Counts, Reason
from app.runs.outcomes import Outcome
from app.services.reports import next_step

if TYPE_CHECKING:
    from app.monitor.status import Status

WIDTHS = {"opened": 11, "state": 9}
"""Of the columns of runs whose cells are wider than their heads."""


def report(found: Counts, why: Sequence[Reason], *, last: "Status | None" = None) -> RenderableType:
    """The report of a run: sums, outcomes, speed if it was worked on here, reasons, what next."""
    parts: list[RenderableType] = [_headline(found), _outcomes(found)]
    if last is not None and last.median is not None:
        parts.append(_speed(found, last))
    if why:
        parts.append(_reasons(why))
    if hint := next_step(found.run):
        parts.append(Text(hint, style="bold yellow"))
    return Group(*parts)


def _headline(found: Counts) -> Text:
    run = found.run
    line = Text.assemble(
        (f"run {run.id}", "bold"), " ", (run.state.value, "bold"), f"  {found.planned:,} offers"
    )
    aside = []
    if run.list_pages:
        told = "" if run.list_total is None else f", which says {run.list_total:,}"
        read = found.lists.get(Outcome.LISTED, 0)
        aside.append(f"from {read:,} page{'' if read == 1 else 's'} of a list{told}")
    if run.duplicates:
        aside.append(f"{run.duplicates:,} named twice")
    if run.rejected:
        aside.append(f"{run.rejected:,} lines rejected")
    if aside:
        line.append(f" ({', '.join(aside)})", style="bright_black")
    if run.reason:
        line.append(f"  {words.harmless(run.reason)}", style="magenta")
    return line


def _outcomes(found: Counts) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=12)
    table.add_column(justify="right")
    for word in (*words.GOOD, *words.BAD, *words.IDLE, *words.WAITING):
        if number := found.by_state.get(word, 0):
            table.add_row(Text(f"  {word}", style=words.STYLES[word]), f"{number:,}")
    return table


def _speed(found: Counts, last: "Status") -> Text:
    done = sum(number for word, number in found.by_state.items() if word not in words.WAITING)
    return Text(
        f"  {words.clock(last.elapsed)} elapsed  median {words.seconds(last.median)}  "
        f"p95 {words.seconds(last.p95)} an offer  {done / max(last.elapsed, 0.001):.1f} offers/s",
        style="bright_black",
    )


def _reasons(why: Sequence[Reason]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="bright_black")
    table.add_column()
    table.add_column(ratio=1)
    for one in why:
        word = Text(one.state, style=words.STYLES.get(one.state, ""))
        table.add_row(f"  {one.count:,}", word, words.foreign(one.reason))
    return table


def listing(found: Sequence[Counts]) -> Table:
    """Runs as a table, one a line."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("run", "opened", "state", "offers", "stored", "gone", "bad", "left"):
        side: JustifyMethod = "left" if name in {"opened", "state"} else "right"
        # on a narrow screen `what` gives way, and nothing else
        table.add_column(name, justify=side, no_wrap=True, min_width=WIDTHS.get(name, len(name)))
    table.add_column("what", no_wrap=True, overflow="ellipsis")
    for one in found:
        run = one.run
        numbers = (one.planned, one.stored, one.by_state.get("gone", 0), one.bad)
        table.add_row(
            str(run.id),
            run.created_at.astimezone().strftime("%m-%d %H:%M"),
            run.state.value,
            *(f"{number:,}" for number in numbers),
            f"{one.queued + one.leased:,}",
            words.foreign(run.label, 40),
        )
    return table
