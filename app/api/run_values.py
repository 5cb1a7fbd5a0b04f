"""A run as the API tells it, whichever route does."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, Field

from app.runs.counts import Counts

BIGGEST = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=BIGGEST, description="Number of the run.")]


class Priority(StrEnum):
    """Among the workers' runs."""

    HIGH = "high"
    DEFAULT = "default"
    LOW = "low"


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


def told(found: Counts) -> dict[str, Any]:
    """The values of a RunOut."""
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
