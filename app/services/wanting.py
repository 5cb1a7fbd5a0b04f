"""Reading what somebody wants synced: lines, a list's name, or what a run left."""

from collections.abc import Iterable

from sqlalchemy import Engine

from app.lists import list_of
from app.refs import read_refs
from app.runs.counts import counts, offers_with
from app.runs.outcomes import Outcome
from app.runs.states import read_run
from app.services.wanted import Wanted

AGAIN = (Outcome.FAILED, Outcome.BLOCKED)
"""What a retry asks for unless somebody says otherwise."""


class NothingWanted(ValueError):
    """There is nothing to sync; the message says why."""


def want(
    lines: Iterable[str] = (),
    *,
    keyword: str | None = None,
    shop: str | None = None,
    category: str | None = None,
    first: int | None = None,
    skip_seen_hours: int | None = None,
) -> Wanted:
    """Lines with a ref each, or one list. Raises NothingWanted, ListRefError."""
    intake = read_refs(lines)
    found_in = list_of(keyword, shop, category)
    if found_in:
        if intake.lines:
            raise NothingWanted("offers and lists do not mix: open a run for each")
        return Wanted(found_in=found_in, first=first)
    if not intake.accepted:
        why = intake.rejected[0].reason if intake.rejected else "name offers or a list"
        raise NothingWanted(f"nothing to sync: {why}")
    return Wanted(intake=intake, skip_seen_hours=skip_seen_hours)


def want_again(engine: Engine, run_id: int, only: Iterable[str] = AGAIN) -> Wanted:
    """The offers of a run that ended so. Raises NothingWanted, RunUnknown, DatabaseUnavailable."""
    words = list(dict.fromkeys(str(word) for word in only))
    run = read_run(engine, run_id)
    found = read_refs(offers_with(engine, run.id, words))
    if not found.accepted:
        lists = counts(engine, run.id).lists
        again = "; its list was not read to its end: a new run over the same list reads it anew"
        hint = again if any(lists.get(word) for word in words) else ""
        raise NothingWanted(f"run {run.id} has no offer that is {' or '.join(words)}{hint}")
    return Wanted(intake=found)
