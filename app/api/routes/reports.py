"""Runs: what became of one, and whether its books balance."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.deps import DeskOf
from app.api.run_values import Number, ReasonOut
from app.services import runs

routes = APIRouter(prefix="/runs", tags=["runs"])


class ListTold(BaseModel):
    """How far a run's list was read."""

    pages: dict[str, int] = Field(description="Its pages by state.")
    offers: int | None = Field(description="How many the list says it has.")
    found: int


class FieldTold(BaseModel):
    """How often the pages of a layout told a field."""

    layout: str
    field: str
    pages: int
    told: int
    before: float | None = Field(description="Share of the pages of earlier runs.")
    drift: bool


class QualityTold(BaseModel):
    """How well a run's pages were read."""

    pages: int
    refused: dict[str, int]
    fields: list[FieldTold]


class ReportOut(BaseModel):
    """What became of a run: the document of `pwsync report --json`."""

    run: int
    label: str
    state: str
    reason: str | None
    lines: int = Field(description="Equal to found offers, duplicates and rejected lines.")
    planned: int = Field(description="Equal to the sum of `counts`.")
    duplicates: int
    rejected: int
    counts: dict[str, int] = Field(description="Offers by state or outcome.")
    reasons: list[ReasonOut]
    list: ListTold | None
    parked_until: datetime | None
    created_at: datetime
    closed_at: datetime | None
    next: str | None = Field(description="What a person may do; null if nothing.")
    quality: QualityTold | None = Field(None, description="Only if asked for.")


class Wrong(BaseModel):
    """A place where a rule of the books does not hold."""

    name: str = Field(examples=["I6"])
    sentence: str
    run_id: int | None
    offer_id: str | None
    wanted: str
    found: str


class AuditOut(BaseModel):
    """The verdict of `pwsync audit RUN`."""

    clean: bool = Field(description="Whether nothing is lost, doubled or half done.")
    rules: int
    runs: int
    items: int
    offers: int
    violations: list[Wrong]


@routes.get("/{run}/report", summary="What became of a run")
def report(
    desk: DeskOf,
    run: Number,
    *,
    quality: Annotated[bool, Query(description="How often pages told each field, too.")] = False,
) -> ReportOut:
    """Sums, outcomes, reasons, and what a person may do next."""
    return ReportOut.model_validate(runs.report(desk, run, quality=quality))


@routes.get("/{run}/audit", summary="Whether a run's books balance")
def audit(desk: DeskOf, run: Number) -> AuditOut:
    """Every rule of the books, asked of this run now."""
    return AuditOut.model_validate(runs.audit(desk, run).as_json())
