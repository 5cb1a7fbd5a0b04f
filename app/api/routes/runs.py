"""Runs: open, look at, pause, resume, stop."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import Asker, DeskOf
from app.api.paging import cursor, place
from app.api.problems import Problem
from app.lists import ListRefError, list_of
from app.refs import read_refs
from app.runs.counts import Counts
from app.services import runs, trail
from app.services.trail import Deed
from app.services.wanted import Wanted

routes = APIRouter(prefix="/runs", tags=["runs"])
MOST = 100_000
BIGGEST = 2**31 - 1
Position = Annotated[int, Field(strict=True, ge=-BIGGEST, le=BIGGEST)]
Number = Annotated[int, Path(ge=1, le=BIGGEST, description="Number of the run.")]


class Priority(StrEnum):
    """Among the workers' runs."""

    HIGH = "high"
    DEFAULT = "default"
    LOW = "low"


class NewRun(BaseModel):
    """What is to be synced: offers, or one list to find them in."""

    model_config = ConfigDict(extra="forbid")

    refs: list[str] = Field(
        default=[],
        max_length=MOST,
        description="Offer URLs or ids; what names no offer is rejected and counted.",
        examples=[["https://detail.1688.com/offer/610947572360.html"]],
    )
    keyword: str | None = Field(None, max_length=200, description="All offers of a search.")
    shop: str | None = Field(None, max_length=500, description="All offers of a supplier.")
    category: str | None = Field(None, max_length=200, description="All offers of a category.")
    first: int | None = Field(None, ge=1, le=MOST, description="Only a list's first N offers.")
    profile: str | None = Field(None, max_length=64, description="As whom; guest is nobody.")
    priority: Priority = Field(Priority.DEFAULT, description="Among the workers' runs.")


class RunOut(BaseModel):
    """A run and how it stands."""

    run: int = Field(examples=[7])
    kind: str = Field(examples=["refs"])
    label: str = Field(examples=["20 offers"])
    state: str = Field(description="open, running, paused, parked, done, cancelled.")
    reason: str | None = Field(description="Why it is paused or parked.")
    parked_until: datetime | None = Field(description="When it goes on by itself.")
    planned: int = Field(description="Equal to the sum of `items`.")
    items: dict[str, int] = Field(description="Offers by state or outcome.")
    lines_read: int
    duplicates: int
    rejected: int
    created_at: datetime
    closed_at: datetime | None


class ReasonOut(BaseModel):
    """Offers that share a state and the reason for it."""

    state: str
    reason: str
    count: int


class RunReport(RunOut):
    """A run with the reasons why offers were not stored."""

    reasons: list[ReasonOut]


class RunOpened(RunOut):
    """A run that was asked for."""

    next: str = Field(description="What has to be done for it to begin; empty if nothing.")


class RunList(BaseModel):
    """Runs, newest first."""

    items: list[RunOut]


class ItemOut(BaseModel):
    """An offer or a list page of a run."""

    kind: str = Field(description="offer or list.")
    key: str = Field(description="Offer id, or the page's number.")
    state: str
    reason: str | None
    attempts: int


class ItemList(BaseModel):
    """Items in the order of the run's input."""

    items: list[ItemOut]
    next: str | None = Field(description="Cursor of the following page.")


def _told(found: Counts) -> dict[str, Any]:
    run = found.run
    return {
        "run": run.id,
        "kind": run.kind,
        "label": found.label,
        "state": run.state.value,
        "reason": run.reason,
        "parked_until": run.parked_until,
        "planned": found.planned,
        "items": dict(found.by_state),
        "lines_read": run.lines_read,
        "duplicates": run.duplicates,
        "rejected": run.rejected,
        "created_at": run.created_at,
        "closed_at": run.closed_at,
    }


@routes.get("", summary="The latest runs")
def list_runs(desk: DeskOf, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> RunList:
    """The latest runs, newest first."""
    return RunList(items=[RunOut(**_told(one)) for one in runs.latest(desk, limit)])


@routes.post(
    "",
    status_code=201,
    summary="Open a run",
    responses={200: {"description": "There is one with exactly this input."}},
)
def open_run(desk: DeskOf, asker: Asker, wish: NewRun, response: Response) -> RunOpened:
    """Open a run. 200 with the unfinished run if there is one with exactly this input."""
    opened = runs.open_run(desk, _wanted(wish), profile=wish.profile, priority=wish.priority)
    response.status_code = 201 if opened.is_new else 200
    trail.note(desk.engine, _deed(asker, "open_run", opened.run.id))
    found = runs.picture(desk, opened.run.id).counts
    return RunOpened(**_told(found), next=opened.next)


def _wanted(wish: NewRun) -> Wanted:
    try:
        found_in = list_of(wish.keyword, wish.shop, wish.category)
    except ListRefError as error:
        raise Problem(400, "list", str(error)) from error
    if found_in:
        if wish.refs:
            raise Problem(400, "mixed", "offers and lists do not mix: open a run for each")
        return Wanted(found_in=found_in, first=wish.first)
    intake = read_refs(wish.refs)
    if not intake.accepted:
        why = intake.rejected[0].reason if intake.rejected else "name refs, keyword, shop, category"
        raise Problem(400, "nothing", f"nothing to sync: {why}")
    return Wanted(intake=intake)


def _deed(asker: Asker, verb: str, run_id: int) -> Deed:
    return Deed(actor=asker.name, role=asker.role, door="api", verb=verb, target=f"run {run_id}")


@routes.get("/{run}", summary="One run")
def one_run(desk: DeskOf, run: Number) -> RunReport:
    """How a run stands, and why offers were not stored."""
    found = runs.picture(desk, run)
    told = [ReasonOut(state=r.state, reason=r.reason, count=r.count) for r in found.reasons]
    return RunReport(**_told(found.counts), reasons=told)


@routes.get("/{run}/items", summary="A run's offers")
def list_items(
    desk: DeskOf,
    run: Number,
    state: Annotated[str | None, Query(max_length=20, description="Or an outcome.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    after: Annotated[str | None, Query(alias="cursor", max_length=2000)] = None,
) -> ItemList:
    """Offers of a run in the order of its input, list pages first."""
    begins = place(after, Position)
    found = runs.items(desk, run, state=state, limit=limit + 1, after=begins)
    shown = [
        ItemOut(kind=i.kind, key=i.key, state=i.state, reason=i.reason, attempts=i.attempts)
        for i in found[:limit]
    ]
    more = cursor(found[limit - 1].position) if len(found) > limit else None
    return ItemList(items=shown, next=more)


class Verb(StrEnum):
    """What can be done to a run."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


# A path of its own for each: as one with {verb}, it would take POST for /{run}/items, too.
@routes.post("/{run}/pause", summary="Pause a run")
def pause(desk: DeskOf, asker: Asker, run: Number) -> RunOut:
    """Hand out no more offers of a run; those in the making are finished."""
    return _steered(desk, asker, run, Verb.PAUSE)


@routes.post("/{run}/resume", summary="Resume a run")
def resume(desk: DeskOf, asker: Asker, run: Number) -> RunOut:
    """Go on with a run that is paused or parked."""
    return _steered(desk, asker, run, Verb.RESUME)


@routes.post("/{run}/stop", summary="Stop a run")
def stop(desk: DeskOf, asker: Asker, run: Number) -> RunOut:
    """Cancel what is not done of a run, for good."""
    return _steered(desk, asker, run, Verb.STOP)


def _steered(desk: DeskOf, asker: Asker, run: int, verb: Verb) -> RunOut:
    runs.steer(desk, run, verb.value, _deed(asker, verb.value, run))
    return RunOut(**_told(runs.picture(desk, run).counts))
