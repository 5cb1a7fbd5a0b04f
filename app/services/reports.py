"""What became of a run, for programs, and what a person may do next; of the ledger's counts."""

from collections.abc import Sequence
from typing import Any

from app.profiles.values import GUEST
from app.quality.books import SAID as DRIFT
from app.quality.books import Quality
from app.runs.counts import Counts, Reason
from app.runs.outcomes import RunState
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


def as_document(found: Counts, why: Sequence[Reason]) -> dict[str, object]:
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


def quality_as_json(found: Quality) -> dict[str, Any]:
    """How often a run's pages told each field, for programs."""
    return {
        "pages": found.pages,
        "refused": dict(found.refused),
        "fields": [
            {
                "layout": one.layout,
                "field": one.mark,
                "pages": one.pages,
                "told": one.told,
                "before": one.before and round(one.before, 4),
                "drift": one.suspect,
            }
            for one in found.fields
        ],
    }
