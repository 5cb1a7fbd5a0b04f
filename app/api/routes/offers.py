"""Offers: found by words and filters, and one as it is stored."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from app.api.answers import Answered
from app.api.deps import DeskOf
from app.api.differences import ChangeOut, fields_of
from app.api.paging import cursor, place
from app.api.problems import Problem
from app.filters.hits import Hit
from app.filters.search import MOST_COUNTED
from app.items import as_json, money
from app.services import offers
from app.services.pictures import address

routes = APIRouter(tags=["offers"])
OfferId = Annotated[str, Path(pattern="^[1-9][0-9]{4,17}$", description="Id of the offer.")]


class Price(BaseModel):
    """What a buyer pays, over all SKUs and tiers; null is not shown."""

    low: str | None = Field(examples=["12.50"])
    high: str | None = Field(examples=["18.00"])


class OfferHit(BaseModel):
    """An offer in a list."""

    offer_id: str = Field(examples=["610947572360"])
    url: str
    title: str
    status: str = Field(examples=["on_sale"])
    gone: str | None
    price_min: str | None = Field(examples=["12.50"])
    price_max: str | None
    unit: str | None
    min_order_quantity: int | None
    stock: int | None
    sold: int | None
    supplier: str | None
    province: str | None
    city: str | None
    tags: list[str]
    version: int
    changed_at: datetime
    observed_at: datetime
    picture: str | None = Field(description="Where this server has its first picture.")


class OfferList(BaseModel):
    """Offers in the order that was asked for."""

    items: list[OfferHit]
    next: str | None = Field(description="Cursor of the following page.")
    found: int = Field(description=f"How many there are, counted up to {MOST_COUNTED:,}.")


class StoredFacts(BaseModel):
    """An offer: its item in the words of the contract, and what the database knows beside it."""

    item: dict[str, Any] = Field(description="The item: title, prices, SKUs, provenance, …")
    version: int
    gone: str | None = Field(description="off_shelf or deleted, where the page said so last.")
    first_seen_at: datetime
    changed_at: datetime
    observed_at: datetime
    run: int = Field(description="The run that saw it last.")


class ChangeList(BaseModel):
    """Changes, newest first."""

    items: list[ChangeOut]


@routes.get("/offers", summary="Find offers")
def list_offers(
    desk: DeskOf,
    answers: Answered,
    *,
    q: Annotated[str, Query(max_length=500, description="Words of title and attributes.")] = "",
    where: Annotated[
        str, Query(max_length=2000, description="The filter language: `price<20 and city=杭州`.")
    ] = "",
    sort: Annotated[
        str, Query(max_length=20, description="changed, new, cheap, dear, sold, stock or id.")
    ] = "changed",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(alias="cursor", max_length=2000)] = None,
) -> OfferList:
    """Stored offers, a page at a time; one page after another shows each offer once."""
    begins = offers.place_of(sort, place(after))
    query = offers.query_of(q, where, answers.told())
    told = offers.listed(desk, query, sort=sort, limit=limit, after=begins)
    shown = [OfferHit(**_plain(hit), picture=_cover(told, hit)) for hit in told.hits]
    more = cursor(told.next) if told.next else None
    return OfferList(items=shown, next=more, found=told.found)


def _cover(told: offers.Listed, hit: Hit) -> str | None:
    sha256 = told.covers.get(hit.offer_id)
    return address(sha256) if sha256 else None


def _plain(hit: Any) -> dict[str, Any]:
    told = {name: getattr(hit, name) for name in hit.__slots__}
    return {name: money(one) if isinstance(one, Decimal) else one for name, one in told.items()}


@routes.get("/offers/{offer_id}", summary="One offer")
def one_offer(desk: DeskOf, offer_id: OfferId) -> StoredFacts:
    """An offer as it is stored, with the origin of each value in `item.provenance`."""
    stored = found(desk, offer_id).stored
    return StoredFacts(
        item=as_json(stored.item),
        version=stored.version,
        gone=stored.gone,
        first_seen_at=stored.first_seen_at,
        changed_at=stored.changed_at,
        observed_at=stored.observed_at,
        run=stored.run_id,
    )


@routes.get("/offers/{offer_id}/history", summary="What changed of an offer")
def history(
    desk: DeskOf, offer_id: OfferId, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> ChangeList:
    """Its changes, newest first."""
    told = found(desk, offer_id, latest=limit).changes
    return ChangeList(items=[ChangeOut(**fields_of(one)) for one in told])


def found(desk: DeskOf, offer_id: str, latest: int = 1) -> offers.Shown:
    """A stored offer. Raises Problem 404."""
    shown = offers.shown(desk, offer_id, latest=latest)
    if shown is None:
        raise Problem(404, "offer-unknown", f"offer {offer_id} is not stored")
    return shown
