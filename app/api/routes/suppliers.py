"""Suppliers: who sells the offers, and how much of each shop is stored."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from app.api.deps import DeskOf
from app.api.paging import cursor, place
from app.api.problems import Problem
from app.api.routes.offers import Price
from app.items import money
from app.services import suppliers
from app.services.shops import Lack, Listing
from app.services.suppliers import LATEST_MOMENT, Order, Place, Told

routes = APIRouter(prefix="/suppliers", tags=["suppliers"])
Value = Annotated[int, Field(strict=True, ge=0, le=LATEST_MOMENT)]
Id = Annotated[str, Field(strict=True, min_length=1, max_length=64)]
FACTS = ("member_id", "login_id", "company_name", "shop_url", "kind", "years")
SHARES = ("service_score", "repeat_rate")


class OffersOut(BaseModel):
    """A supplier's offers in numbers."""

    known: int = Field(description="Offers of which a page was stored.", examples=[128])
    stored: int = Field(description="Of these, the ones that are not gone.", examples=[121])
    gone: int = Field(description="Of these, off the shelf or deleted.", examples=[7])
    listed: int | None = Field(description="How many its shop's list says there are.")
    share: float | None = Field(
        description="`stored` of `listed`, 0 to 1; null while its list was not read.",
        examples=[0.9453],
    )


class SupplierOut(BaseModel):
    """A supplier in a list."""

    id: str = Field(description="Its id here.", examples=["m:b2b-2208212345678"])
    member_id: str | None
    login_id: str | None
    company_name: str | None = Field(examples=["义乌市某某日用品厂"])
    shop_url: str | None
    kind: str | None
    years: int | None
    service_score: str | None = Field(examples=["4.5"])
    repeat_rate: str | None = Field(examples=["0.5583"])
    offers: OffersOut
    completeness: float | None = Field(
        description="How much of what a reseller needs its offers tell: their mean, 0 to 100."
    )
    price: Price
    seen_at: datetime | None = Field(description="When a page of one of its offers was last read.")
    first_seen_at: datetime
    changed_at: datetime = Field(description="When its facts last changed.")


class SupplierList(BaseModel):
    """Suppliers in the order that was asked for."""

    items: list[SupplierOut]
    next: str | None = Field(description="Cursor of the following page.")


class ListingOut(BaseModel):
    """A run over the shop's list."""

    run: int
    state: str
    listed: int | None = Field(description="How many offers the list said it has.")
    found: int = Field(description="How many it showed.")
    first: int | None = Field(description="Only so many were wanted.")
    items: dict[str, int] = Field(description="Offers by state or outcome.")
    created_at: datetime


class LackOut(BaseModel):
    """Why offers of the shop are not stored."""

    reason: str = Field(
        description="never_read, not_finished, bounded (only the first were wanted), not_shown "
        "(the list shows fewer than it says) or not_stored.",
        examples=["not_stored"],
    )
    offers: int | None = Field(description="How many it is about.")
    run: int | None
    state: str | None = Field(description="With not_stored: the outcome.", examples=["gone"])


class Untold(BaseModel):
    """Something that pages leave out."""

    what: str = Field(examples=["weight"])
    offers: int


class SupplierReport(SupplierOut):
    """A supplier with what is missing of its shop."""

    offers_url: str = Field(description="Where its offers are.")
    shop: str | None = Field(description="What a new run takes as `shop`.")
    lists: list[ListingOut] = Field(description="The latest runs over its list, newest first.")
    lacks: list[LackOut]
    untold: list[Untold] = Field(description="What its least complete offers leave out.")
    looked_at: int = Field(description="Of so many offers.")


@routes.get("", summary="Suppliers")
def list_suppliers(
    desk: DeskOf,
    *,
    q: Annotated[str, Query(max_length=200, description="Words of its name or id.")] = "",
    sort: Annotated[Order, Query(description="offers: most first; changed and new: latest.")] = (
        Order.OFFERS
    ),
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(alias="cursor", max_length=2000)] = None,
) -> SupplierList:
    """Suppliers with the sums of their offers, a page at a time."""
    begins = place(after, tuple[Value, Id])
    found = suppliers.listed(
        desk,
        words=q,
        order=sort,
        limit=limit,
        after=Place(value=begins[0], id=begins[1]) if begins else None,
    )
    more = cursor([found.next.value, found.next.id]) if found.next else None
    return SupplierList(items=[SupplierOut(**_told(one)) for one in found.suppliers], next=more)


@routes.get("/{supplier:path}", summary="One supplier")
def one_supplier(
    desk: DeskOf, supplier: Annotated[str, Path(max_length=64, description="Its id here.")]
) -> SupplierReport:
    """A supplier, the runs over its shop's list, and why offers of it are not stored."""
    try:
        found = suppliers.shop(desk, supplier)
    except suppliers.SupplierUnknown as error:
        raise Problem(404, "supplier-unknown", str(error)) from error
    return SupplierReport(
        **_told(found.told),
        offers_url=f"/api/v1{found.told.offers_path}",
        shop=found.source,
        lists=[_listing(one, counts.by_state) for one, counts in found.runs],
        lacks=[_lack(one) for one in found.lacks],
        untold=[Untold(what=what, offers=number) for what, number in found.untold.items()],
        looked_at=found.sample,
    )


def _told(one: Told) -> dict[str, Any]:
    sums, facts = one.sums, one.facts
    offers = OffersOut(
        known=sums.known,
        stored=sums.there,
        gone=sums.gone,
        listed=one.listing.total if one.listing else None,
        share=None if one.share is None else round(one.share, 4),
    )
    return {
        "id": one.id,
        **{name: facts[name] for name in FACTS},
        **{name: _amount(facts[name]) for name in SHARES},
        "offers": offers,
        "completeness": sums.completeness,
        "price": Price(low=_amount(sums.price_min), high=_amount(sums.price_max)),
        "seen_at": sums.seen_at,
        "first_seen_at": facts["first_seen_at"],
        "changed_at": facts["changed_at"],
    }


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else money(value)


def _listing(one: Listing, items: Any) -> ListingOut:
    return ListingOut(
        run=one.run,
        state=one.state,
        listed=one.total,
        found=one.found,
        first=one.first,
        items=dict(items),
        created_at=one.created_at,
    )


def _lack(one: Lack) -> LackOut:
    return LackOut(reason=one.gap, offers=one.offers, run=one.run, state=one.state or None)
