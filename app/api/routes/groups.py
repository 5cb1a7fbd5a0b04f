"""Groups: the same product at several suppliers, and what a person says of two offers."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import Asker, DeskOf
from app.api.paging import cursor, place
from app.api.problems import Problem
from app.api.routes.offers import Price
from app.groups.documents import as_document
from app.groups.listing import Order, Place, Summary
from app.groups.review import PairUnknown, Supply
from app.groups.rows import Doubt
from app.items import money
from app.services import groups
from app.services.trail import Deed

routes = APIRouter(prefix="/groups", tags=["groups"])
LARGEST = 2**63 - 1
OFFER_ID = "^[1-9][0-9]{4,17}$"
Digits = Annotated[str, Field(strict=True, pattern=OFFER_ID)]
GroupId = Annotated[str, Path(pattern=OFFER_ID, description="Its first offer, or any of them.")]


class GroupOut(BaseModel):
    """A product in a list."""

    group_id: str = Field(description="Its first offer.", examples=["610947572360"])
    title: str
    offers: int = Field(examples=[5])
    gone: int = Field(description="Of these, off the shelf or deleted.")
    suppliers: int = Field(examples=[4])
    price: Price = Field(description="Over all offers that are not gone.")
    spread_percent: float | None = Field(
        description="By how much the dearest is above the cheapest.", examples=[62.5]
    )
    confidence: float = Field(description="Of its least sure offer, 0 to 1.", examples=[0.97])
    evidence: list[str] = Field(
        description="What speaks for it: picture, title, model, attributes, … or person.",
        examples=[["picture", "title"]],
    )


class GroupList(BaseModel):
    """Groups in the order that was asked for."""

    items: list[GroupOut]
    next: str | None = Field(description="Cursor of the following page.")


class ReasonFor(BaseModel):
    """One reason for or against."""

    kind: str = Field(examples=["picture"])
    points: float = Field(description="Natural logarithm of odds: 3 is twenty times as likely.")
    text: str = Field(examples=["3 of 5 pictures alike (nearest: 1 bits)"])
    telling: bool = Field(description="Whether it alone can show that it is the same product.")


class Step(BaseModel):
    """A step of a quantity ladder."""

    min_quantity: int
    max_quantity: int | None
    price: str


class Member(BaseModel):
    """One supplier's offer of the product."""

    offer_id: str
    title: str
    supplier: str | None
    standing: str = Field(description="buyable, price_unknown, too_few or not_sold.")
    price: str | None = Field(description="Of one piece at the quantity, the cheapest SKU.")
    price_max: str | None
    total: str | None
    total_max: str | None
    price_tiers: list[Step]
    min_order_quantity: int | None
    freight_free: bool | None
    freight_of_one: str | None
    note: str | None
    confidence: float
    alike: float | None = Field(description="How sure it is compared with the first offer alone.")
    evidence: list[ReasonFor]
    said: str | None = Field(description="accepted or rejected by a person.")


class GroupReport(BaseModel):
    """A product with its offers, the cheapest at the quantity first."""

    group_id: str
    confidence: float
    size: int = Field(description=f"Of a larger one, {groups.MEMBERS} offers are shown.")
    quantity: int
    offers: list[Member]


class PairOut(BaseModel):
    """Two offers that may be one product."""

    offers: list[str]
    titles: list[str | None]
    suppliers: list[str | None]
    confidence: float
    evidence: list[ReasonFor]


class PairList(BaseModel):
    """Pairs that a person should look at, the likeliest first."""

    items: list[PairOut]
    found: int = Field(description="How many there are among the likeliest pairs.")


class Verb(StrEnum):
    """What can be said of two offers."""

    ACCEPT = "accept"
    REJECT = "reject"
    FORGET = "forget"


class Verdict(BaseModel):
    """What a person says of two offers."""

    model_config = ConfigDict(extra="forbid")

    one: Digits = Field(examples=["610947572360"])
    other: Digits = Field(examples=["610947572361"])
    verdict: Verb = Field(
        description="accept: one product. reject: two. forget: as their evidence has it."
    )


class Judged(BaseModel):
    """Where the two offers are now."""

    groups: dict[str, str | None] = Field(description="Offer: the group that it is of.")


@routes.get("", summary="Products at several suppliers")
def list_groups(
    desk: DeskOf,
    *,
    sort: Annotated[Order, Query(description="size: most offers first.")] = Order.SIZE,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    after: Annotated[str | None, Query(alias="cursor", max_length=2000)] = None,
) -> GroupList:
    """Groups of offers that show the same product, a page at a time."""
    begins = place(after, tuple[Annotated[int, Field(strict=True, ge=0, le=LARGEST)], Digits])
    place_of = Place(size=begins[0], id=begins[1]) if begins else None
    found = groups.listed(desk, order=sort, limit=limit, after=place_of)
    more = cursor([found.next.size, found.next.id]) if found.next else None
    return GroupList(items=[_summed(one) for one in found.groups], next=more)


@routes.get("/pairs", summary="Pairs to look at")
def list_pairs(desk: DeskOf, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> PairList:
    """Pairs that are neither surely one product nor surely two: a person decides."""
    found = groups.doubts(desk, limit)
    return PairList(items=[_pair(one, found.named) for one in found.pairs], found=found.found)


@routes.post("/pairs", summary="Say whether two offers are one product")
def judge(desk: DeskOf, asker: Asker, said: Verdict) -> Judged:
    """Keep it for good; groups obey at once. A group is split by rejecting a pair of it."""
    deed = Deed(actor=asker.name, role=asker.role, door="api", verb="", target="")
    try:
        groups.decide(desk, said.one, said.other, said.verdict.value, deed)
    except PairUnknown as error:
        raise Problem(404, "pair-unknown", str(error)) from error
    return Judged(groups=groups.groups_of(desk, (said.one, said.other)))


@routes.get("/{group}", summary="One product")
def one_group(
    desk: DeskOf,
    group: GroupId,
    quantity: Annotated[int, Query(ge=1, le=10**9, description="How many you buy.")] = 1,
) -> GroupReport:
    """A product's offers side by side, the cheapest at the quantity first."""
    try:
        found = groups.shown(desk, group, quantity)
    except groups.GroupUnknown as error:
        raise Problem(404, "group-unknown", str(error)) from error
    told = as_document(found.product)
    members = zip(found.product.supplies, told["offers"], strict=True)
    offers = [_member(one, document, found.said) for one, document in members]
    return GroupReport(**told | {"offers": offers}, size=found.size, quantity=quantity)


def _summed(one: Summary) -> GroupOut:
    amounts = [None if each is None else money(each) for each in (one.price_min, one.price_max)]
    return GroupOut(
        group_id=one.group_id,
        title=one.title,
        offers=one.size,
        gone=one.gone,
        suppliers=one.suppliers,
        price=Price(low=amounts[0], high=amounts[1]),
        spread_percent=one.spread,
        confidence=one.confidence,
        evidence=list(one.kinds),
    )


def _member(one: Supply, document: dict[str, Any], said: Mapping[str, str | None]) -> Member:
    ladder = one.offer.item.price_tiers
    tiers = [Step(**step.model_dump() | {"price": money(step.price)}) for step in ladder]
    return Member(**document, price_tiers=tiers, said=said.get(document["offer_id"]))


def _pair(one: Doubt, named: Mapping[str, tuple[str, Any]]) -> PairOut:
    told = [named.get(each, (None, None)) for each in one.pair]
    return PairOut(
        offers=list(one.pair),
        titles=[title for title, _ in told],
        suppliers=[company for _, company in told],
        confidence=one.confidence,
        evidence=[ReasonFor(**each) for each in one.evidence],
    )
