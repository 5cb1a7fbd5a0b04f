"""Quarantine: pages that were refused, why, and what becomes of them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from app.access.callers import Caller
from app.api.deps import Asker, DeskOf
from app.api.paging import cursor, place
from app.archive.values import Record
from app.services import quarantine
from app.services.quarantine import LATEST_MOMENT, TYPES, Place, Settled
from app.services.trail import Deed

routes = APIRouter(prefix="/quarantine", tags=["quarantine"])
BIGGEST = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=BIGGEST, description="Number of the case.")]
At = Annotated[int, Field(strict=True, ge=0, le=LATEST_MOMENT)]
Id = Annotated[int, Field(strict=True, ge=0, le=BIGGEST)]
Type = StrEnum("Type", {one: one for one in TYPES})  # type: ignore[misc]
Type.__doc__ = "Why a page was refused."


class CaseOut(BaseModel):
    """A refused page; the same one refused again by the same rule counts up."""

    id: int = Field(examples=[12])
    offer_id: str = Field(examples=["610947572360"])
    type: str = Field(examples=["Invalid"])
    rule: str = Field(examples=["price_jump"])
    field: str | None = Field(examples=["price_min"])
    message: str
    layout: str | None = Field(description="That read it; null where none did.")
    times: int
    decision: str | None = Field(description="released or discarded; null while it waits.")
    decided_at: datetime | None
    first_run: int
    last_run: int
    first_seen_at: datetime
    last_seen_at: datetime


class CaseList(BaseModel):
    """Refused pages, the last seen first."""

    items: list[CaseOut]
    next: str | None = Field(description="Cursor of the following page.")
    waiting: dict[str, int] = Field(
        description=f"How many wait, by type, counted up to {quarantine.MOST_COUNTED:,} each."
    )


class PageOut(BaseModel):
    """Where the refused page itself is."""

    record: int = Field(description="Its number among the offer's archived pages.")
    url: str
    status: int
    size: int = Field(description="Bytes.")
    observed_at: datetime
    source: str = Field(description="Where its source is.")


class CaseReport(CaseOut):
    """A refused page with all that is known of it."""

    page: PageOut | None = Field(description="null where it is not archived any more.")
    evidence: bool = Field(description="Whether a file beside the archive holds it.")


class SettledOut(BaseModel):
    """What an act came to."""

    case: int
    done: str = Field(examples=["stored as run 9"])
    run: int | None
    decision: str | None


class Retried(BaseModel):
    """The run that loads the offer's page again."""

    case: int
    run: int
    next: str = Field(description="What has to be done for it to begin; empty if nothing.")


@routes.get("", summary="Refused pages")
def list_cases(
    desk: DeskOf,
    *,
    type_: Annotated[
        Type | None,
        Query(alias="type", description="All but Doubt without it: in those nothing was stored."),
    ] = None,
    decided: Annotated[bool, Query(description="Those that were decided, too.")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(alias="cursor", max_length=2000)] = None,
) -> CaseList:
    """Pages whose values were refused or that no layout understood, a page at a time."""
    begins = place(after, tuple[At, Id])
    found = quarantine.listed(
        desk,
        kind=type_.value if type_ else None,
        waiting=not decided,
        limit=limit,
        after=Place(at=begins[0], id=begins[1]) if begins else None,
    )
    more = cursor([found.next.at, found.next.id]) if found.next else None
    cases = [CaseOut(**_told(row)) for row in found.cases]
    return CaseList(items=cases, next=more, waiting=dict(found.waiting))


@routes.get("/{case}", summary="One refused page")
def one_case(desk: DeskOf, case: Number) -> CaseReport:
    """Why it was refused, when, in which runs, and where its page is."""
    found = quarantine.shown(desk, case)
    page = _page(found.record) if found.record else None
    return CaseReport(**_told(found.row), page=page, evidence=found.evidence is not None)


def _page(record: Record) -> PageOut:
    return PageOut(
        record=record.id,
        url=record.url,
        status=record.status,
        size=record.size,
        observed_at=record.observed_at,
        source=f"/api/v1/offers/{record.key}/page?record={record.id}",
    )


@routes.post("/{case}/retry", status_code=201, summary="Load the page again")
def retry(desk: DeskOf, asker: Asker, case: Number) -> Retried:
    """Open a run over this offer alone; the case waits on."""
    opened = quarantine.retry(desk, case, _deed(asker, "retry_case", case))
    return Retried(case=case, run=opened.run.id, next=opened.next)


@routes.post("/{case}/release", summary="Store what the page says")
def release(desk: DeskOf, asker: Asker, case: Number) -> SettledOut:
    """The page is right, whatever the rule thinks: read it again from the archive, store it."""
    done = quarantine.release(desk, case, _deed(asker, "release_case", case))
    return _done(desk, case, done)


@routes.post("/{case}/discard", summary="Leave what is stored")
def discard(desk: DeskOf, asker: Asker, case: Number) -> SettledOut:
    """Close the case; nothing is stored."""
    done = quarantine.discard(desk, case, _deed(asker, "discard_case", case))
    return _done(desk, case, done)


@routes.post("/{case}/reextract", summary="Read the archived page again")
def reextract(desk: DeskOf, asker: Asker, case: Number) -> SettledOut:
    """Read it with today's layouts and store what differs, after a layout was repaired."""
    done = quarantine.reextract(desk, case, _deed(asker, "reextract_case", case))
    return _done(desk, case, done)


def _done(desk: DeskOf, case: int, done: Settled) -> SettledOut:
    decision = quarantine.shown(desk, case).row["decision"]
    return SettledOut(case=case, done=done.sentence, run=done.run, decision=decision)


def _deed(asker: Caller, verb: str, case: int) -> Deed:
    return Deed(actor=asker.name, role=asker.role, door="api", verb=verb, target=f"case {case}")


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: row[name] for name in CaseOut.model_fields if name in row}
    return told | {"first_run": row["first_run_id"], "last_run": row["last_run_id"]}
