"""What became of a run, for people and as JSON; pure functions of the ledger's counts."""

from collections.abc import Sequence

from rich import box
from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from app.monitor import words
from app.monitor.status import Status
from app.profiles.values import GUEST
from app.quality.books import SAID as DRIFT
from app.runs.counts import Counts, Reason
from app.runs.outcomes import Outcome, RunState
from app.runs.states import Run

DRIFTED = (
    "pages are not read as before: `pwsync report {run} --quality` and `pwsync quarantine list` "
    "show it; once the layout is repaired `pwsync reextract --run {run}`, then {resume}; "
    "with --accept-drift if the pages are right as they are"
)
NEXT = {
    RunState.RUNNING: "not finished: {resume} goes on",
    RunState.OPEN: "not begun: {resume} goes on",
    RunState.PAUSED: "paused: {resume} goes on",
}


WIDTHS = {"opened": 11, "state": 9}
"""Of the columns of runs whose cells are wider than their heads."""


def report(found: Counts, why: Sequence[Reason], *, last: Status | None = None) -> RenderableType:
    """The report of a run: sums, outcomes, speed if it was worked on here, reasons, what next."""
    parts: list[RenderableType] = [_headline(found), _outcomes(found)]
    if last is not None and last.median is not None:
        parts.append(_speed(found, last))
    if why:
        parts.append(_reasons(why))
    if hint := next_step(found.run):
        parts.append(Text(hint, style="bold yellow"))
    return Group(*parts)


def next_step(run: Run) -> str | None:
    """What a person may do about a run that is not closed."""
    site = " --replica 127.0.0.1:PORT" if run.options.get("replica") else ""
    resume = f"`pwsync resume {run.id}{site}`"
    if run.state is RunState.PAUSED and (run.reason or "").startswith(DRIFT):
        return DRIFTED.format(run=run.id, resume=resume)
    if run.state is not RunState.PARKED:
        hint = NEXT.get(run.state)
        return hint and hint.format(resume=resume)
    login = _login_step(run)
    if run.parked_until is not None:
        until = run.parked_until.astimezone().strftime("%Y-%m-%d %H:%M")
        alone = f"goes on by itself at {until} if a worker runs; {resume} does at once"
        return f"{login}; without that it {alone}" if login else alone
    if login:
        return f"{login}, or {resume}"
    profile = run.options.get("profile") or GUEST
    return f"waits for you: see with `pwsync profile list` what holds {profile} back, then {resume}"


def _login_step(run: Run) -> str | None:
    """What leads on where the site asks for a login; a guest's run stays a guest's."""
    if not (run.reason or "").startswith("login"):
        return None
    profile = run.options.get("profile") or GUEST
    site = " --replica 127.0.0.1:PORT" if run.options.get("replica") else ""
    if profile == GUEST:
        return (
            f"the site asks guests for a login: `pwsync login{site}`, then the same with "
            "--profile main"
        )
    return f"the site asks for a login: `pwsync login --profile {profile}{site}`"


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
        "list": _list(found),
        "parked_until": run.parked_until.isoformat() if run.parked_until else None,
        "created_at": run.created_at.isoformat(),
        "closed_at": run.closed_at.isoformat() if run.closed_at else None,
    }


def _list(found: Counts) -> dict[str, object] | None:
    """How far the run's list was read; None if it has none."""
    run = found.run
    if not run.list_pages:
        return None
    return {"pages": dict(found.lists), "offers": run.list_total, "found": run.expected}


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
