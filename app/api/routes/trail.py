"""Who did what through the server."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.deps import DeskOf
from app.api.paging import cursor, place
from app.services import trail
from app.services.trail import Done

routes = APIRouter(tags=["audit"])
Place = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]


class DeedOut(BaseModel):
    """Something that somebody did."""

    id: int
    at: datetime
    actor: str = Field(description="Name of the token that was shown.", examples=["erp"])
    role: str = Field(description="viewer, operator or admin.", examples=["operator"])
    door: str = Field(description="api or console.", examples=["api"])
    verb: str = Field(examples=["pause"])
    target: str = Field(description="What it was done to.", examples=["run 7"])
    detail: dict[str, Any]


class DeedList(BaseModel):
    """Deeds, newest first."""

    items: list[DeedOut]
    next: str | None = Field(description="Cursor of the older ones.")


@routes.get("/audit", summary="Who did what")
def list_deeds(
    desk: DeskOf,
    *,
    actor: Annotated[str | None, Query(max_length=64, description="Only this token's.")] = None,
    target: Annotated[
        str | None, Query(max_length=64, description="Only to this.", examples=["run 7"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    before: Annotated[str | None, Query(alias="cursor", max_length=2000)] = None,
) -> DeedList:
    """Everything that was done through API and console, newest first; nothing is ever removed."""
    begins = place(before, Place)
    found = trail.latest(desk.engine, limit=limit + 1, before=begins, target=target, actor=actor)
    more = cursor(found[limit - 1].id) if len(found) > limit else None
    return DeedList(items=[_told(one) for one in found[:limit]], next=more)


def _told(one: Done) -> DeedOut:
    deed = one.deed
    return DeedOut(
        id=one.id,
        at=one.done_at,
        actor=deed.actor,
        role=deed.role,
        door=deed.door,
        verb=deed.verb,
        target=deed.target,
        detail=deed.detail,
    )
