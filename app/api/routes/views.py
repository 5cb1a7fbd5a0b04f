"""Saved views of the table of offers: named questions that all who may look share."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.access.callers import Caller
from app.api.deps import Asker, DeskOf
from app.api.problems import Problem
from app.services import views
from app.services.trail import Deed
from app.services.views import LONGEST, LONGEST_NAME, SHAPE, View, ViewRefused

routes = APIRouter(prefix="/views", tags=["offers"])
ASKED = Field(
    max_length=len(SHAPE),
    description=f"Parameters of the list of offers by name: {', '.join(SHAPE)}.",
    examples=[{"price_to": "20", "presence": "there", "sort": "sold"}],
)


class NewView(BaseModel):
    """A question that is to be kept."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=LONGEST_NAME, examples=["cheap and there"])
    asked: dict[str, Annotated[str, Field(max_length=LONGEST)]] = ASKED


class ViewOut(BaseModel):
    """A saved view."""

    name: str
    asked: dict[str, str] = ASKED
    by: str = Field(description="Who saved it last.")
    at: datetime


class ViewList(BaseModel):
    """All views, by name."""

    items: list[ViewOut]


@routes.get("", summary="Saved views")
def list_views(desk: DeskOf) -> ViewList:
    """Questions to the list of offers that somebody gave a name."""
    return ViewList(items=[_told(one) for one in views.views(desk)])


@routes.put("", summary="Save a view")
def save_view(desk: DeskOf, asker: Asker, wish: NewView) -> ViewOut:
    """Keep a question under a name, in place of one that has it."""
    if unknown := sorted(set(wish.asked) - set(SHAPE)):
        known = ", ".join(SHAPE)
        raise Problem(400, "view", f"offers are not asked for by '{unknown[0]}'; by {known}")
    try:
        made = views.save(desk, wish.name, wish.asked, _deed(asker, "save_view", wish.name))
    except ViewRefused as error:
        raise Problem(400, "view", str(error)) from error
    return _told(made)


@routes.delete("", summary="Delete a view", status_code=204)
def delete_view(
    desk: DeskOf,
    asker: Asker,
    name: Annotated[str, Query(min_length=1, max_length=LONGEST_NAME)],
) -> None:
    """Forget a view, for everybody."""
    if not views.drop(desk, name, _deed(asker, "delete_view", name)):
        raise Problem(404, "view-unknown", "there is no view of that name")


def _told(one: View) -> ViewOut:
    at = datetime.fromisoformat(one.at)
    return ViewOut(name=one.name, asked=dict(one.asked), by=one.by, at=at)


def _deed(asker: Caller, verb: str, name: str) -> Deed:
    return Deed(actor=asker.name, role=asker.role, door="api", verb=verb, target=f"view {name}")
