"""What changed over all offers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.console.shell import desk_of, page
from app.services import changes
from app.store.facts import Kind

routes = APIRouter(prefix="/changes")
MOST = 200
SPANS = {1: "the last hour", 24: "the last day", 168: "the last week", 720: "the last 30 days"}


@routes.get("")
def list_changes(
    request: Request,
    hours: Annotated[int, Query(ge=1, le=changes.MOST_HOURS)] = 24,
    kind: str = "",
    least: Annotated[float, Query(ge=0, le=1e6)] = 0.0,
) -> Response:
    """The latest changes."""
    known = Kind(kind) if kind in set(Kind) else None
    found = changes.latest(desk_of(request), hours=hours, kind=known, least=least, limit=MOST)
    asked = {"hours": hours, "kind": known, "least": least}
    return page(request, "changes/list.html", found=found, asked=asked, kinds=[*Kind], spans=SPANS)
