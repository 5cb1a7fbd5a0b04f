"""What changed over all offers."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from app.api.deps import DeskOf
from app.api.differences import ChangeOut, fields_of
from app.history.movements import Movement
from app.services import changes
from app.store.facts import Kind

routes = APIRouter(tags=["changes"])


class Moved(ChangeOut):
    """A typed difference, and whose it is."""

    offer_id: str = Field(examples=["610947572360"])
    title: str
    supplier: str | None
    percent: float | None = Field(description="How far a number moved.")


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
    return Moved(
        **fields_of(one.recorded),
        offer_id=one.recorded.offer_id,
        title=one.title,
        supplier=one.supplier,
        percent=one.percent,
    )
