"""The validated values of one offer (CONTRACT §1), before any database.

Pure: no browser, network, database or clock. Field names follow the official open platform where
it has one. An unknown value is None, never 0 or "". Ids are strings, money is Decimal, times are
aware.
"""

import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)
from sqlmodel import SQLModel


class Status(StrEnum):
    """What the page itself says; never inferred from missing fields."""

    ON_SALE = "on_sale"
    OFF_SHELF = "off_shelf"
    SOLD_OUT = "sold_out"
    UNKNOWN = "unknown"


class PriceKind(StrEnum):
    """How an offer is priced: a quantity ladder, by SKU, one price for all, or not shown."""

    TIERED = "tiered"
    PER_SKU = "per_sku"
    SINGLE = "single"
    HIDDEN = "hidden"


def plain_number(value: Decimal) -> str:
    """The number without needless zeros, so that what is read and what is stored print alike."""
    text = format(value.copy_abs(), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Decimal) -> str:
    """At least two decimals, more only where they say something: `19.50`, `0.0125`."""
    whole, _, cents = plain_number(value).partition(".")
    return f"{whole}.{cents:0<2}"


def _plausible(moment: datetime) -> datetime:
    if not 1990 <= moment.year <= 2200:  # noqa: PLR2004 - and it fits both databases
        raise ValueError(f"{moment.isoformat()} is no date of an offer")
    return moment


_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def _storable(text: str) -> str:
    if _UNSTORABLE.search(text):
        msg = "holds a NUL or a lone surrogate, which no database stores"
        raise ValueError(msg)
    return text


Number = Annotated[Decimal, PlainSerializer(plain_number, return_type=str, when_used="json")]
Money = Annotated[
    Decimal,
    Field(ge=0, max_digits=14, decimal_places=4),
    PlainSerializer(money, return_type=str, when_used="json"),
]
Measure = Annotated[Number, Field(gt=0, max_digits=14, decimal_places=4)]
Rate = Annotated[Number, Field(ge=0, le=1, max_digits=7, decimal_places=6)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Text = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_storable)]
Id = Annotated[
    str,
    # stripped: MySQL compares `a` and `a ` as equal, and ids are keys
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64),
    AfterValidator(_storable),
]
OfferId = Annotated[str, Field(pattern=r"^[1-9]\d{5,17}$")]
Time = Annotated[AwareDatetime, AfterValidator(_plausible)]
Url = Annotated[
    str, Field(pattern=r"^https://[^\s\\]+$", max_length=2000), AfterValidator(_storable)
]


class Value(SQLModel):
    """Base of all item parts: frozen, and a field nobody declared is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")  # type: ignore[assignment]


class Category(Value):
    leaf_id: Id | None = None
    leaf_name: Text | None = None
    second_id: Id | None = None
    top_id: Id | None = None
    path: list[Text] = []
    """Names from the top down; only the GBK era serves them."""


class PriceTier(Value):
    min_quantity: Count
    max_quantity: Count | None = None
    price: Money


class MixOrder(Value):
    supported: bool
    min_quantity: Count | None = None
    min_amount: Money | None = None


class Sold(Value):
    count: Count | None = None
    text: Text | None = None
    """As shown: `3.5万+`."""
    window: Text | None = None
    """As shown: `一年内`."""


class AxisValue(Value):
    name: Text
    image_url: Url | None = None


class SkuAxis(Value):
    name: Text
    values: list[AxisValue]


class Sku(Value):
    sku_id: Id
    spec_id: Id | None = None
    options: dict[Text, Text]
    price: Money | None = None
    """What a buyer pays now; None where only the ladder prices it."""
    list_price: Money | None = None
    """Before promotion; None where there is none."""
    stock: Count | None = None
    sold: Count | None = None
    image_url: Url | None = None
    weight_kg: Measure | None = None
    length_cm: Measure | None = None
    width_cm: Measure | None = None
    height_cm: Measure | None = None


class Attribute(Value):
    name: Text
    values: list[Text]


class Video(Value):
    video_id: Id
    url: Url | None = None
    cover_url: Url | None = None


class Freight(Value):
    ship_from: Text | None = None
    free: bool | None = None
    fee: Money | None = None
    """CNY for one unit to the page's default destination, where the page shows it."""
    template_id: Id | None = None
    unit_weight_kg: Measure | None = None


class LeadTime(Value):
    min_quantity: Count
    hours: Count


class Service(Value):
    code: Id | None = None
    name: Text


class Supplier(Value):
    member_id: Id | None = None
    login_id: Text | None = None
    user_id: Id | None = None
    company_name: Text | None = None
    shop_url: Url | None = None
    kind: Id | None = None
    service_score: Annotated[Number, Field(ge=0, le=5)] | None = None
    repeat_rate: Rate | None = None
    years: Count | None = None


class Rating(Value):
    score: Annotated[Number, Field(ge=0, le=5)] | None = None
    good_rate: Rate | None = None
    reviews: Count | None = None


class Flags(Value):
    cross_border: bool | None = None
    private_price: bool | None = None
    presale: bool | None = None
    customised: bool | None = None
    promotion: bool | None = None


class Source(Value):
    """Where a value was read: the carrier in the page and the path inside it."""

    carrier: Id
    path: Text


class OfferItem(Value):
    """One offer as its page told it (CONTRACT §1); raises pydantic.ValidationError."""

    offer_id: OfferId
    url: Url
    title: Text
    language: Id
    status: Status
    category: Category | None = None
    unit: Id | None = None
    currency: Id = "CNY"
    price_kind: PriceKind
    price_min: Money | None = None
    price_max: Money | None = None
    list_price_min: Money | None = None
    list_price_max: Money | None = None
    price_tiers: list[PriceTier] = []
    min_order_quantity: Count | None = None
    mix_order: MixOrder | None = None
    stock: Count | None = None
    sold: Sold | None = None
    sku_axes: list[SkuAxis] = []
    skus: list[Sku] = []
    attributes: list[Attribute] = []
    images: list[Url] = []
    video: Video | None = None
    description_url: Url | None = None
    description_images: list[Url] | None = None
    freight: Freight | None = None
    lead_times: list[LeadTime] = []
    services: list[Service] = []
    supplier: Supplier | None = None
    rating: Rating | None = None
    flags: Flags = Flags()
    created_at: Time | None = None
    posted_at: Time | None = None
    modified_at: Time | None = None
    layout: Id
    provenance: dict[str, Source] = {}

    @model_validator(mode="after")
    def _prices_agree(self) -> Self:
        if self.price_kind is PriceKind.HIDDEN:
            if self.price_min is not None or self.price_tiers or any(s.price for s in self.skus):
                raise ValueError("a hidden price shows no price")
            return self
        if self.price_min is None or self.price_max is None:
            raise ValueError(f"price_kind {self.price_kind} needs price_min and price_max")
        if self.price_min > self.price_max:
            raise ValueError(f"price_min {self.price_min} is above price_max {self.price_max}")
        return self

    @model_validator(mode="after")
    def _ladder_ascends(self) -> Self:
        quantities = [tier.min_quantity for tier in self.price_tiers]
        if quantities != sorted(set(quantities)):
            raise ValueError(f"price tiers do not ascend: {quantities}")
        if self.price_kind is PriceKind.PER_SKU and self.price_tiers:
            raise ValueError("price_kind per_sku has no ladder")
        return self

    @model_validator(mode="after")
    def _skus_fit_their_axes(self) -> Self:
        ids = [sku.sku_id for sku in self.skus]
        if len(ids) != len(set(ids)):
            raise ValueError("two SKUs share one sku_id")
        axes = {axis.name: {value.name for value in axis.values} for axis in self.sku_axes}
        for sku in self.skus if axes else ():
            for name, chosen in sku.options.items():
                if chosen not in axes.get(name, ()):
                    raise ValueError(f"SKU {sku.sku_id} names {name}={chosen}, which no axis has")
        return self


def as_json(item: Value) -> dict[str, object]:
    """The item as CONTRACT §1 prints it: decimals as strings, times in ISO 8601."""
    return item.model_dump(mode="json")
