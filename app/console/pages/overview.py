"""The first page: how things stand."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.console.pages.runs import shares
from app.console.shell import desk_of, page
from app.services import profiles, runs

routes = APIRouter()


@routes.get("/")
def overview(request: Request) -> Response:
    """What there is, what goes on, and what waits for a person."""
    desk = desk_of(request)
    found, held = runs.standing(desk), profiles.held_up(desk)
    latest = [(one, shares(one)) for one in found.latest]
    return page(request, "overview.html", found=found, latest=latest, held=held)
