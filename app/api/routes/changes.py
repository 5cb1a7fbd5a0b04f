"""What changed over all offers."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.deps import DeskOf
from app.history.movements import Movement
from app.services import changes
from app.store.facts import Kind

routes = APIRouter(tags=["changes"])


class Moved(BaseModel):
    """A typed difference, and whose it is."""

    offer_id: str = Field(examples=["610947572360"])
    title: str
    supplier: str | None
    version: int
    kind: str = Field(examples=["price"])
    field: str
    key: str | None
    before: Any
    after: Any
    percent: float | None = Field(description="How far a number moved.")
    at: datetime
    run: int


class MovedList(BaseModel):
    """Changes, newest first."""

    items: list[Moved]


@routes.get("/changes", summary="What changed lately")
def list_changes(
    desk: DeskOf,
    *,
    hours: Annotated[int, Query(ge=1, le=changes.MOST_HOURS, description="Of the last N.")] = 24,
    kind: Annotated[Kind | None, Query(description="All but stock and dates without it.")] = None,
    min_percent: Annotated[
        float, Query(ge=0, le=1e6, description="By so much at least, up or down.")
    ] = 0.0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> MovedList:
    """Changes of all offers, newest first; a page told anew by `reextract` is no change."""
    found = changes.latest(desk, hours=hours, kind=kind, least=min_percent, limit=limit)
    return MovedList(items=[_told(one) for one in found])


def _told(one: Movement) -> Moved:
    recorded, told = one.recorded, one.recorded.difference
    return Moved(
        offer_id=recorded.offer_id,
        title=one.title,
        supplier=one.supplier,
        version=recorded.version,
        kind=told.kind.value,
        field=told.field,
        key=told.key or None,
        before=told.before,
        after=told.after,
        percent=one.percent,
        at=recorded.observed_at,
        run=recorded.run_id,
    )
