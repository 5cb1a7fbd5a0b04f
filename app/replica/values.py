"""What is true about an offer of the local 1688: frozen values, nothing about how a page shows them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.replica.cases import Era, Kind, Standing, Traits
from app.replica.words import Product


@dataclass(frozen=True, kw_only=True, slots=True)
class AxisValue:
    name: str
    image: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Axis:
    fid: int
    name: str
    values: tuple[AxisValue, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sku:
    sku_id: int
    spec_id: str
    options: tuple[AxisValue, ...]
    """One value of each axis, in the order of the axes."""
    price: Decimal | None
    """Before promotion; None where the ladder prices it."""
    discount_price: Decimal | None
    """What a buyer pays; equal to `price` without promotion."""
    stock: int
    sold: int
    grams: int
    """0: not filled in."""
    size_cm: tuple[Decimal, Decimal, Decimal] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    min_quantity: int
    price: Decimal
    """Before promotion."""
    discount_price: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Supplier:
    member_id: str
    login_id: str
    user_id: int
    company_name: str
    shop: str
    """Host name of the shop."""
    kind: str
    service_score: Decimal
    repeat_percent: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Rating:
    score: Decimal
    good_percent: Decimal
    reviews: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    video_id: int
    url: str
    cover: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Freight:
    place: tuple[str, str] | None
    """Province and city."""
    free: bool
    fee: Decimal
    template_id: int
    """0: none."""
    unit_grams: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    supported: bool
    min_quantity: int | None
    min_amount: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One offer: the truth."""

    seed: int
    index: int
    epoch: int
    offer_id: str
    era: Era
    kind: Kind
    standing: Standing
    traits: Traits
    title: str
    product: Product
    min_order: int
    tiers: tuple[Tier, ...]
    axes: tuple[Axis, ...]
    skus: tuple[Sku, ...]
    stock: int
    sold: int | None
    images: tuple[str, ...]
    video: Video | None
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    freight: Freight
    lead_times: tuple[tuple[int, int], ...]
    """(from this quantity on, hours)."""
    services: tuple[tuple[str, str], ...]
    mix: Mix
    supplier: Supplier
    rating: Rating | None
    created_at: datetime
    posted_at: datetime
    modified_at: datetime

    @property
    def url(self) -> str:
        """The canonical URL, the one that the tool asks for."""
        return f"https://detail.1688.com/offer/{self.offer_id}.html"

    @property
    def priced(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """(before promotion, to pay) of every tier and SKU that has a price."""
        of_tiers = [(tier.price, tier.discount_price) for tier in self.tiers]
        of_skus = [
            (sku.price, sku.discount_price)
            for sku in self.skus
            if sku.price is not None and sku.discount_price is not None
        ]
        return (*of_tiers, *of_skus)
