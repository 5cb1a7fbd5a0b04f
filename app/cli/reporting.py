"""What became of a run, for people and as JSON; pure functions of the ledger's counts."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from app.monitor import words
from app.monitor.status import Status
from app.runs.counts import Counts, Reason
from app.runs.outcomes import RunState

NEXT = {
    RunState.PARKED: "the site asks for a person: rest, then `pwsync resume {run}{site}`",
    RunState.RUNNING: "not finished: `pwsync resume {run}{site}` goes on",
    RunState.OPEN: "not begun: `pwsync resume {run}{site}` goes on",
    RunState.PAUSED: "paused: `pwsync resume {run}{site}` goes on",
}


def report(found: Counts, why: Sequence[Reason], *, last: Status | None = None) -> RenderableType:
    """The report of a run: sums, outcomes, speed if it was worked on here, reasons, what next."""
    parts: list[RenderableType] = [_headline(found), _outcomes(found)]
    if last is not None and last.median is not None:
        parts.append(_speed(found, last))
    if why:
        parts.append(_reasons(why))
    site = " --replica 127.0.0.1:PORT" if found.run.options.get("replica") else ""
    if hint := NEXT.get(found.run.state):
        parts.append(Text(hint.format(run=found.run.id, site=site), style="bold yellow"))
    return Group(*parts)


def as_json(found: Counts, why: Sequence[Reason]) -> dict[str, object]:
    """The report as one document."""
    run = found.run
    return {
        "run": run.id,
        "label": run.label,
        "state": run.state.value,
        "reason": run.reason,
        "lines": run.lines_read,
        "planned": found.planned,
        "duplicates": run.duplicates,
        "rejected": run.rejected,
        "counts": dict(found.by_state),
        "reasons": [{"state": one.state, "reason": one.reason, "count": one.count} for one in why],
        "created_at": run.created_at.isoformat(),
        "closed_at": run.closed_at.isoformat() if run.closed_at else None,
    }


def _headline(found: Counts) -> Text:
    run = found.run
    line = Text.assemble(
        (f"run {run.id}", "bold"), " ", (run.state.value, "bold"), f"  {found.planned:,} offers"
    )
    aside = []
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


def _speed(found: Counts, last: Status) -> Text:
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
        table.add_column(name, justify=side, no_wrap=True)
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
