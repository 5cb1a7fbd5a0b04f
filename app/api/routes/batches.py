"""Batches: runs that recur, declared in pwsync.toml."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from app.api.deps import Asker, DeskOf
from app.api.problems import Problem
from app.schedule.batches import write_duration
from app.schedule.fires import Decision
from app.schedule.ticker import BatchBusy
from app.services import batches
from app.services.batches import BatchUnknown, Fired, Scheduled
from app.services.trail import Deed

routes = APIRouter(prefix="/batches", tags=["batches"])
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Name = Annotated[
    str, Path(pattern=NAME, description="Name of the batch.", examples=["every-night"])
]


class FireOut(BaseModel):
    """What became of one due instant, or of one that a person added."""

    due_at: datetime
    fired_at: datetime = Field(description="When it was decided.")
    decision: Decision = Field(
        description="begun: first seen; fired: a run was opened; skipped; failed: its source."
    )
    manual: bool = Field(description="A person asked for it.")
    missed: bool = Field(description="No scheduler was there in time.")
    reason: str | None = Field(examples=["run 7 is not finished"])
    run: int | None = Field(examples=[7])
    run_state: str | None = Field(examples=["done"])
    items: dict[str, int] | None = Field(description="The run's offers by state or outcome.")


class BatchOut(BaseModel):
    """A batch and how it stands."""

    name: str = Field(examples=["every-night"])
    cron: str = Field(examples=["0 2 * * *"])
    tz: str = Field(examples=["Asia/Shanghai"])
    catchup: str = Field(description="How late a missed instant is still fired.", examples=["15m"])
    source: str = Field(description="Where its offers come from.", examples=["stale 7d"])
    limit: int | None = Field(description="Offers of one run.")
    profile: str | None = Field(description="As whom; the usual one if null.")
    next_at: datetime | None
    coming: list[datetime] = Field(description="The next instants.")
    unfinished_run: int | None = Field(description="While there is one, no other is opened.")
    last: FireOut | None


class BatchDetail(BatchOut):
    """A batch with what became of its latest instants."""

    fires: list[FireOut] = Field(description="The latest first.")


class BatchList(BaseModel):
    """All declared batches."""

    items: list[BatchOut]


def _fire(found: Fired) -> FireOut:
    row, run = found.fire, found.run
    return FireOut(
        due_at=row.due_at,
        fired_at=row.fired_at,
        decision=row.decision,
        manual=row.manual,
        missed=found.is_missed,
        reason=row.reason,
        run=row.run_id,
        run_state=run.run.state.value if run else None,
        items=dict(run.by_state) if run else None,
    )


def _told(found: Scheduled) -> BatchOut:
    batch = found.batch
    return BatchOut(
        name=batch.name,
        cron=batch.timetable.cron,
        tz=batch.timetable.zone.key,
        catchup=write_duration(batch.catchup),
        source=str(batch.source),
        limit=batch.limit,
        profile=batch.profile,
        next_at=found.next,
        coming=list(found.coming),
        unfinished_run=found.unfinished,
        last=_fire(found.last) if found.last else None,
    )


@routes.get("", summary="All batches")
def list_batches(desk: DeskOf) -> BatchList:
    """The declared batches: when each is due next, and what became of its last instant."""
    return BatchList(items=[_told(one) for one in batches.listed(desk)])


@routes.get("/{name}", summary="One batch")
def one_batch(
    desk: DeskOf, name: Name, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> BatchDetail:
    """A batch with what became of its latest instants, missed ones among them."""
    try:
        found = batches.one(desk, name, limit=limit)
    except BatchUnknown as error:
        raise Problem(404, "batch-unknown", str(error)) from error
    fires = [_fire(one) for one in found.fired]
    return BatchDetail(**_told(found).model_dump(), fires=fires)


@routes.post("/{name}/fire", status_code=201, summary="Run a batch now")
def fire(desk: DeskOf, asker: Asker, name: Name) -> FireOut:
    """Open a batch's run now, whatever its timetable says.

    409 while its last run is not finished. `run` is null where its source gives nothing.
    """
    deed = Deed(actor=asker.name, role=asker.role, door="api", verb="fire", target=f"batch {name}")
    try:
        return _fire(batches.fire(desk, name, deed))
    except BatchUnknown as error:
        raise Problem(404, "batch-unknown", str(error)) from error
    except BatchBusy as error:
        raise Problem(409, "batch-busy", str(error), run=error.run_id) from error
