"""Runs: look at, pause, resume, stop."""

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.deps import Asker, DeskOf, deed_of
from app.api.paging import cursor, place
from app.api.run_values import BIGGEST, Number, ReasonOut, RunList, RunOut, RunReport, told
from app.services import runs

routes = APIRouter(prefix="/runs", tags=["runs"])
Position = Annotated[int, Field(strict=True, ge=-BIGGEST, le=BIGGEST)]


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


@routes.get("", summary="The latest runs")
def list_runs(desk: DeskOf, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> RunList:
    """The latest runs, newest first."""
    return RunList(items=[RunOut(**told(one)) for one in runs.latest(desk, limit)])


# A number only: it would take GET for /plan and /file, too.
@routes.get("/{run:int}", summary="One run")
def one_run(desk: DeskOf, run: Number) -> RunReport:
    """How a run stands, and why offers were not stored."""
    found = runs.picture(desk, run)
    why = [ReasonOut(state=r.state, reason=r.reason, count=r.count) for r in found.reasons]
    return RunReport(**told(found.counts), reasons=why)


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
    """Drain a run: hand out no more of its offers; those in the making are finished."""
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
    runs.steer(desk, run, verb.value, deed_of(asker, verb.value, f"run {run}"))
    return RunOut(**told(runs.picture(desk, run).counts))
