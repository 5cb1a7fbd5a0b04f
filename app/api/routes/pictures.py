"""The pictures of an offer: what is known of each, and where it is served."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.deps import DeskOf
from app.api.routes.offers import OfferId, found
from app.images.holdings import Place
from app.services import pictures

routes = APIRouter(tags=["offers"])


class PictureOut(BaseModel):
    """A picture that an offer shows."""

    role: str = Field(description="gallery, sku or description: as what it shows it first.")
    url: str = Field(description="Where the site has it.")
    state: str = Field(description="waiting, fetched or failed.", examples=["fetched"])
    failure: str | None = Field(description="Why it could not be had.")
    sha256: str | None = Field(description="Of the original; null until it was fetched.")
    width: int | None
    height: int | None
    picture: str | None = Field(
        description="Where this server has it; `?size=small|thumb|medium|full`.",
        examples=[f"/pictures/{'a' * 64}"],
    )


class PictureList(BaseModel):
    """Pictures in the order of the page: gallery, SKUs, description."""

    items: list[PictureOut]


@routes.get("/offers/{offer_id}/images", summary="Pictures of an offer")
def list_pictures(desk: DeskOf, offer_id: OfferId) -> PictureList:
    """What an offer shows, in page order; `pwsync images fetch` brings what is waiting."""
    found(desk, offer_id)
    return PictureList(items=[_told(one) for one in pictures.of_offer(desk, offer_id)])


def _told(one: Place) -> PictureOut:
    had = one.picture
    return PictureOut(
        role=one.role,
        url=one.url,
        state=one.state,
        failure=one.failure,
        sha256=had.sha256 if had else None,
        width=had.width if had else None,
        height=had.height if had else None,
        picture=pictures.address(had.sha256) if had else None,
    )
