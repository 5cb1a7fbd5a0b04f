"""Archived pages of an offer: one in a frame that runs nothing, and what stands in the frame."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.archive.values import RecordLost
from app.console.pages.offers import is_id
from app.console.shell import desk_of, page
from app.services import archived

routes = APIRouter(prefix="/offers")
BIGGEST = 2**31 - 1
MOST_SOURCE = 300_000
"""Characters of a page's source that are shown; all of it is in the file."""
Number = Annotated[int, Path(ge=1, le=BIGGEST)]


@routes.get("/{offer_id}/page")
def newest(request: Request, offer_id: str) -> Response:
    """The newest page that a layout read, among all that are kept."""
    return _shown(request, offer_id)


@routes.get("/{offer_id}/page/{record}")
def one_page(request: Request, offer_id: str, record: Number) -> Response:
    """One archived page."""
    return _shown(request, offer_id, record)


def _shown(request: Request, offer_id: str, number: int | None = None) -> Response:
    records = archived.records(desk_of(request), offer_id) if is_id(offer_id) else ()
    if not records:
        raise HTTPException(404)
    wanted = number or next((one.id for one in records if one.layout), records[0].id)
    shown = archived.one_record(desk_of(request), offer_id, wanted)
    if shown is None:
        raise HTTPException(404)
    told: dict[str, Any] = {"offer_id": offer_id, "records": records, "shown": shown}
    try:
        found = archived.archived(desk_of(request), offer_id, wanted)
    except RecordLost as error:
        return page(request, "offers/page.html", **told, source="", lost=str(error))
    source = found.html.decode("utf-8", "replace") if found else ""
    told |= {"source": source[:MOST_SOURCE], "is_cut": len(source) > MOST_SOURCE}
    return page(request, "offers/page.html", **told, lost="")


@routes.get("/{offer_id}/page/{record}/framed")
def framed(request: Request, offer_id: str, record: Number) -> Response:
    """The page itself, under a policy that lets nothing of it run or ask for anything."""
    try:
        found = archived.archived(desk_of(request), offer_id, record) if is_id(offer_id) else None
    except RecordLost:
        found = None
    if found is None:
        raise HTTPException(404)
    return Response(found.html, media_type="text/html", headers=archived.HEADERS)
