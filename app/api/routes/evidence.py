"""What an offer was read from: everything in the books about it, and the archived page itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app import why as books
from app.api.deps import DeskOf
from app.api.problems import Problem
from app.api.routes.offers import OfferId
from app.archive.values import RecordLost
from app.services import archived

routes = APIRouter(tags=["offers"])
BIGGEST = 2**31 - 1
RecordNumber = Annotated[
    int | None,
    Query(ge=1, le=BIGGEST, description="One of `pages` in why; else the newest that was read."),
]


class ValueOrigin(BaseModel):
    """A value, and where it stood."""

    value: Any
    carrier: str = Field(examples=["context"])
    path: str = Field(description="Within the carrier.")


class WhyOut(BaseModel):
    """What the books know of an offer; of each list the latest come first."""

    offer_id: str
    stored: dict[str, Any] | None = Field(description="Version, times and run; null: not stored.")
    runs: int = Field(description="How many runs named it; `asked` has the latest.")
    asked: list[dict[str, Any]] = Field(description="Runs, with their tries and endings.")
    pages: list[dict[str, Any]] = Field(description="Archived documents; `id` names one.")
    values: dict[str, ValueOrigin] = Field(description="By field of the item.")
    changes: list[dict[str, Any]]
    quarantine: list[dict[str, Any]] = Field(description="Pages of it that were refused.")
    exports: list[dict[str, Any]] = Field(description="Under marks.")


@routes.get("/offers/{offer_id}/why", summary="How an offer came to be")
def why(
    desk: DeskOf,
    offer_id: OfferId,
    latest: Annotated[int, Query(ge=1, le=100, description="Of each list.")] = books.LATEST,
) -> WhyOut:
    """Who asked for it, what was read when, where each value stood, and what was refused."""
    found = books.why(desk.engine, offer_id, latest=latest)
    if not found.is_known:
        raise Problem(404, "offer-unknown", f"nobody asked for offer {offer_id} yet")
    return WhyOut(**books.as_document(found))


@routes.get(
    "/offers/{offer_id}/page",
    summary="An archived page",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
def page(desk: DeskOf, offer_id: OfferId, record: RecordNumber = None) -> Response:
    """The page as it was read, in UTF-8, as a file; a browser that shows it runs nothing of it."""
    try:
        found = archived.archived(desk, offer_id, record)
    except RecordLost as error:
        raise Problem(404, "page-lost", f"the archive here does not have it: {error}") from error
    if found is None:
        raise Problem(404, "page-unknown", f"there is no such archived page of offer {offer_id}")
    name = f"offer-{offer_id}-{found.record.id}.html"
    headers = archived.HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(found.html, media_type="text/html", headers=headers)
