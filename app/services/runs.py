"""Runs as the server's doors open, show and steer them."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app import models
from app.jobs import doorbell
from app.models import table
from app.quality.books import quality_of
from app.runs import opening, parking, states
from app.runs.audit import Balance, balance
from app.runs.counts import Counts, Reason, counts, latest_counts, reasons
from app.runs.outcomes import CLOSED, RunState
from app.runs.states import ALIVE, Run
from app.services import known, planning, profiles, reports, trail
from app.services.desk import Desk
from app.services.planning import Plan
from app.services.trail import Deed, Done
from app.services.wanted import Wanted
from app.services.wanting import AGAIN, NothingWanted, want_again
from app.store import quarantine
from app.store.engine import reading

ITEM, OFFER = table(models.RunItem), table(models.Offer)
FACET = table(models.OfferFacet)
LATEST = 10
OPENING = tuple(threading.Lock() for _ in range(64))
"""Who wants the same input waits for the same one: two at once would each open a run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A run that was asked for."""

    run: Run
    is_new: bool
    """False: the same input had an unfinished run, which is this one."""
    next: str
    """What has to be done for it to begin; empty if workers were told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """An offer or a list page of a run."""

    kind: str
    key: str
    """Offer id, or the page's number."""
    state: str
    reason: str | None
    attempts: int
    position: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A run, why its offers ended as they did, and what people did to it."""

    counts: Counts
    reasons: Sequence[Reason]
    deeds: Sequence[Done]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How everything stands: the numbers of a first page."""

    offers: int
    unfinished: Sequence[Counts]
    quarantined: int
    latest: Sequence[Counts]
    changed_at: datetime | None
    """When an offer was last created or changed."""


def open_run(
    desk: Desk,
    wanted: Wanted,
    *,
    profile: str | None = None,
    priority: str = "default",
    ignore_robots: str | None = None,
    label: str = "",
) -> Opened:
    """The unfinished run with exactly this input, or a new one; workers are told.

    Raises ProfileUnknown, DatabaseUnavailable.
    """
    asked_as = profile or str(desk.options.get("profile", "guest"))
    desk.manners.profile(asked_as)
    options = wanted.options | dict(desk.options)
    options |= {"profile": asked_as, "ignore_robots": ignore_robots}
    parking.wake(desk.engine)
    with OPENING[int(options["input"], 16) % len(OPENING)]:
        unfinished = states.find_unfinished(desk.engine)
        same = next((run for run in unfinished if options.items() <= run.options.items()), None)
        run = same or _write(desk, wanted, options | {"priority": priority}, label or wanted.label)
    return Opened(run=run, is_new=same is None, next=_begin(desk, run))


def _write(desk: Desk, wanted: Wanted, options: dict[str, Any], label: str) -> Run:
    told: dict[str, Any] = {
        "kind": wanted.kind,
        "label": label,
        "options": options,
        "attempts": desk.attempts,
    }
    if wanted.intake is None:
        return opening.open_list_run(desk.engine, **told)
    skip = known.look(desk.engine, wanted).skipped
    run = opening.open_run(desk.engine, wanted.intake, skip=skip, **told)
    return states.close_if_finished(desk.engine, run.id) if skip else run


def plan(desk: Desk, wanted: Wanted, *, profile: str | None = None) -> Plan:
    """What a run would come to; writes nothing. Raises ProfileUnknown, DatabaseUnavailable."""
    asked_as = profile or str(desk.options.get("profile", "guest"))
    return planning.plan(desk.engine, desk.manners, wanted, profile=asked_as, mode=desk.mode)


def retry(
    desk: Desk, run_id: int, only: Iterable[str] = AGAIN, *, priority: str = "default"
) -> Opened:
    """A run over those offers of another that ended so, asked for as they were then.

    Raises RunUnknown, NothingWanted, ProfileUnknown, DatabaseUnavailable.
    """
    words = [str(word) for word in only]
    old = states.read_run(desk.engine, run_id)
    if not profiles.is_here(desk.manners, old):
        raise NothingWanted(f"run {run_id} was asked of another site than this server asks")
    return open_run(
        desk,
        want_again(desk.engine, run_id, words),
        profile=old.options.get("profile"),
        priority=priority,
        ignore_robots=old.options.get("ignore_robots"),
        label=f"retry of run {run_id}: {','.join(words)}",
    )


def report(desk: Desk, run_id: int, *, quality: bool = False) -> dict[str, Any]:
    """What became of a run, as `pwsync report --json` has it. Raises RunUnknown."""
    found = counts(desk.engine, run_id)
    told = reports.as_document(found, reasons(desk.engine, run_id))
    told |= {"next": reports.next_step(found.run)}
    return told | (
        {"quality": reports.quality_as_json(quality_of(desk.engine, run_id))} if quality else {}
    )


def audit(desk: Desk, run_id: int) -> Balance:
    """Whether the books of a run balance. Raises RunUnknown."""
    return balance(desk.engine, run_id)


def _begin(desk: Desk, run: Run) -> str:
    """Tell the workers; what a person has to do where that was not possible."""
    if run.state in CLOSED:
        return ""
    if run.state in (RunState.PAUSED, RunState.PARKED):
        return f"run {run.id} is {run.state}: resume it"
    if desk.redis is None:
        return f"no redis_url is set: `pwsync resume {run.id}` does the work"
    try:
        priority = run.options.get("priority", "default")
        doorbell.ring(desk.redis, run.id, priority=priority, label=run.label)
    except doorbell.RedisUnavailable:
        return "Redis does not answer: the run begins when a worker finds it"
    return ""


def steer(desk: Desk, run_id: int, verb: str, deed: Deed) -> Run:
    """`pause`, `resume` or `stop` a run, and keep who did it.

    Raises RunUnknown, RunClosed, and of one that is resumed ProfileUnknown.
    """
    if verb == "resume":
        run = _resume(desk, run_id)
    else:
        act = {"pause": states.pause, "stop": states.cancel}[verb]
        run = act(desk.engine, run_id, f"{deed.actor} said so")
    trail.note(desk.engine, deed)
    return run


def _resume(desk: Desk, run_id: int) -> Run:
    """Go on with a run; of one that was parked, the profile rests no longer."""
    before = states.read_run(desk.engine, run_id)
    is_parked = before.state is RunState.PARKED and profiles.is_here(desk.manners, before)
    if is_parked:
        desk.manners.profile(profiles.profile_of(before))
    run = states.resume(desk.engine, run_id)
    if is_parked:
        begin_all(desk, profiles.end_rest(desk.engine, desk.manners, run))
    _begin(desk, run)
    return run


def begin_all(desk: Desk, run_ids: Iterable[int]) -> None:
    """Tell the workers of runs that go on."""
    for run_id in run_ids:
        _begin(desk, states.read_run(desk.engine, run_id))


def latest(desk: Desk, limit: int = 50) -> list[Counts]:
    """The latest runs, newest first."""
    return latest_counts(desk.engine, limit)


def picture(desk: Desk, run_id: int) -> Picture:
    """One run. Raises RunUnknown."""
    return Picture(
        counts=counts(desk.engine, run_id),
        reasons=reasons(desk.engine, run_id),
        deeds=trail.latest(desk.engine, target=f"run {run_id}", limit=LATEST),
    )


def items(
    desk: Desk, run_id: int, *, state: str | None, limit: int, after: int | None
) -> list[Item]:
    """A run's items in the order of its input; `after` is the position where the last page ended.

    Raises RunUnknown.
    """
    states.read_run(desk.engine, run_id)
    query = select(ITEM).where(ITEM.c.run_id == run_id).order_by(ITEM.c.position).limit(limit)
    if state is not None:
        query = query.where(ITEM.c.state == state)
    if after is not None:
        query = query.where(ITEM.c.position > after)
    with reading(desk.engine) as conn:
        return [_item(row) for row in conn.execute(query).mappings()]


def _item(row: Any) -> Item:
    return Item(
        kind=row["kind"],
        key=str(row["offer_id"]),
        state=row["state"],
        reason=row["reason"],
        attempts=row["attempt"],
        position=row["position"],
    )


def standing(desk: Desk) -> Standing:
    """The numbers of a first page, from one picture of the database each."""
    with reading(desk.engine) as conn:
        offers = conn.scalar(select(func.count()).select_from(OFFER)) or 0
        changed = conn.scalar(select(func.max(FACET.c.changed_at)))
        cases = quarantine.count(conn, waiting=True)
    recent = latest(desk, LATEST)
    return Standing(
        offers=offers,
        unfinished=[one for one in recent if one.run.state in ALIVE],
        quarantined=cases,
        latest=recent,
        changed_at=changed,
    )
