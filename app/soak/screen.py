"""How a soak looks: a small panel while it runs, or lines; and its report. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.monitor import words
from app.soak.gates import Finding, Verdict
from app.soak.report import Report

ROLES = ("python", "driver", "browser", "renderers", "others")
STYLES = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.UNDECIDED: "yellow"}
CURVE = 40
BAR = 48


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What there is to see at one moment."""

    done: float
    """Share of the soak, 0 to 1."""
    pages: int
    of: int
    """Pages of the plan; 0: it ends with the time."""
    seconds: float
    newest: Mapping[str, Any]
    """The last sample; empty before the first."""
    memory: tuple[float, ...]
    """Of the whole tree at the last samples, MiB."""
    rates: tuple[float, ...]


def render(view: View, *, width: int) -> RenderableType:
    """The panel."""
    lines = [_bar(view), *([_curves(view), _weights(view), _counts(view)] if view.newest else [])]
    return Panel(
        Group(*lines),
        box=box.ROUNDED,
        border_style="bright_black",
        title=Text(" pwsync soak ", style="bold"),
        title_align="left",
        width=min(width, 100),
    )


def _bar(view: View) -> Text:
    cells = round(BAR * min(1.0, view.done))
    line = Text("━" * cells, style="green", no_wrap=True, overflow="ellipsis")
    line.append("─" * (BAR - cells), style="bright_black")
    total = f"/{view.of:,}" if view.of else ""
    return line.append(f"  {view.pages:,}{total} pages  {words.clock(view.seconds)}", style="bold")


def _curves(view: View) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(words.sparkline(view.memory, CURVE), style="cyan")
    line.append(f" {view.newest['pss']['total']:,.0f} MiB  ")
    line.append(words.sparkline(view.rates, CURVE), style="green")
    return line.append(f" {view.newest['rate'] or 0:.1f}/s")


def _weights(view: View) -> Text:
    pss = view.newest["pss"]
    return Text(
        "  ".join(f"{role} {pss[role]:,.0f}" for role in ROLES if pss[role]),
        style="bright_black",
        no_wrap=True,
        overflow="ellipsis",
    )


def _counts(view: View) -> Text:
    new = view.newest
    told = (
        f"fds {new['fds']}  threads {new['threads']}  contexts {new['contexts']}  "
        f"zombies {new['zombies']}  orphans {new['orphans']}  scratch {new['scratch_mb']:.0f} MiB  "
        f"browsers {new['browser_starts']}"
    )
    return Text(told, style="bright_black", no_wrap=True, overflow="ellipsis")


def plain(view: View) -> str:
    """The same as one line for logs."""
    if not view.newest:
        return f"soak {view.pages:,} pages  {words.clock(view.seconds)}"
    pss = "  ".join(f"{role} {view.newest['pss'][role]:,.0f}" for role in (*ROLES, "total"))
    return (
        f"soak {view.pages:,} pages  {words.clock(view.seconds)}  {view.newest['rate'] or 0:.1f}/s"
        f"  MiB {pss}  fds {view.newest['fds']}  threads {view.newest['threads']}"
    )


def report(found: Report) -> RenderableType:
    """Every gate with its number and limit, then what grows."""
    gates = Table(box=box.SIMPLE, title="gates", title_style="bold", title_justify="left")
    for head in ("gate", "found", "limit", "", ""):
        gates.add_column(head, justify="right" if head in ("found", "limit") else "left")
    for one in (*found.gates, *found.books):
        gates.add_row(*_row(one))
    growth = Table(
        box=box.SIMPLE,
        title="growth after the warm-up; 72 h at the polite pace are a projection",
        title_style="bold",
        title_justify="left",
    )
    for head in ("measure", "each 1,000 pages", "in 72 h (43,200 pages)"):
        growth.add_column(head, justify="left" if head == "measure" else "right")
    for each in found.growth():
        growth.add_row(
            each["measure"],
            f"{each['per_thousand_pages']:+,.2f} ± {each['half_interval']:,.2f}",
            f"{each['projected_72h']:+,.0f} ± {each['projected_half_interval']:,.0f}",
        )
    return Group(gates, growth, _last(found))


def _row(one: Finding) -> tuple[RenderableType, ...]:
    number = "–" if one.found is None else f"{one.found:,.2f}".removesuffix(".00")
    limit = f"{one.limit:,.2f}".removesuffix(".00")
    said = Text(str(one.verdict), style=STYLES[one.verdict])
    return one.name, number, limit, one.unit, said


def _last(found: Report) -> Text:
    figures, tally = found.figures(), found.tally
    text = Text(
        f"{figures['pages']:,} pages in {words.clock(found.seconds)}, "
        f"{figures['pages_per_second'] or 0:.1f}/s, {tally.runs} runs, "
        f"{figures['browser_starts'] or 0} browsers, {tally.compared:,} values compared: "
    )
    return text.append(str(found.verdict), style=STYLES[found.verdict])
