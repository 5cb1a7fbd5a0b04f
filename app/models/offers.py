"""Tables of what is known of an offer now: `offer`, `sku`, `price_tier`, `offer_image`, `supplier`.

Validated items are elsewhere (`app.items`); these classes do not validate. How an item becomes rows
is told in `app.store.rows`.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from app.models.base import (
    MYSQL,
    Amount,
    BigNumber,
    Instant,
    LongText,
    OfferKey,
    Parts,
    Row,
    Share,
    ShortText,
)

OWN_KEY = {"autoincrement": False}


class Offer(Row, table=True):
    """One offer as last seen. The parts kept as JSON are read whole and never searched."""

    __tablename__ = "offer"
    __table_args__ = (
        Index(None, "supplier_key", "observed_at"),
        Index(None, "observed_at"),
        Index(None, "run_id"),
        MYSQL,
    )

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    url: str = Field(sa_type=LongText)
    title: str = Field(sa_type=LongText)
    language: str = Field(sa_type=ShortText)
    status: str = Field(sa_type=ShortText)
    gone: str | None = Field(sa_type=ShortText)
    """`off_shelf` or `deleted` while the page says so; the values below are the last ones seen."""
    unit: str | None = Field(sa_type=ShortText)
    currency: str = Field(sa_type=ShortText)
    price_kind: str = Field(sa_type=ShortText)
    price_min: Decimal | None = Field(sa_type=Amount)
    price_max: Decimal | None = Field(sa_type=Amount)
    list_price_min: Decimal | None = Field(sa_type=Amount)
    list_price_max: Decimal | None = Field(sa_type=Amount)
    min_order_quantity: int | None = Field(sa_type=BigNumber)
    stock: int | None = Field(sa_type=BigNumber)
    description_url: str | None = Field(sa_type=LongText)
    created_at: datetime | None = Field(sa_type=Instant)
    posted_at: datetime | None = Field(sa_type=Instant)
    modified_at: datetime | None = Field(sa_type=Instant)
    supplier_key: str | None = Field(sa_type=ShortText)
    supplier: Any = Field(sa_type=Parts, nullable=True)
    """As this offer's page told it; the `supplier` table holds the latest over all offers."""
    category: Any = Field(sa_type=Parts, nullable=True)
    mix_order: Any = Field(sa_type=Parts, nullable=True)
    sold: Any = Field(sa_type=Parts, nullable=True)
    sku_axes: Any = Field(sa_type=Parts, nullable=True)
    attributes: Any = Field(sa_type=Parts, nullable=True)
    video: Any = Field(sa_type=Parts, nullable=True)
    freight: Any = Field(sa_type=Parts, nullable=True)
    lead_times: Any = Field(sa_type=Parts, nullable=True)
    services: Any = Field(sa_type=Parts, nullable=True)
    rating: Any = Field(sa_type=Parts, nullable=True)
    flags: Any = Field(sa_type=Parts, nullable=True)
    layout: str = Field(sa_type=ShortText)
    provenance: Any = Field(sa_type=Parts, nullable=True)
    sku_count: int
    tier_count: int
    image_count: int
    description_image_count: int | None
    """NULL: the description was not fetched yet, which is not the same as having no images."""
    content_hash: str = Field(sa_type=ShortText)
    """sha256 of what the seller says; the same one needs no comparing."""
    aside_hash: str = Field(sa_type=ShortText)
    """sha256 of counters and origin, which are kept current without a new version."""
    version: int
    """Grows by one with each observation that differs; `offer_change` tells in what."""
    recorded_from: int
    """The version after which changes are kept: 1, or what it was when that began."""
    memory: Any = Field(sa_type=Parts, nullable=True)
    """What is known but was not told by the latest page; see `app.store.memory`."""
    first_seen_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    observed_at: datetime = Field(sa_type=Instant)
    run_id: int
    token: int
    """Run and fencing token of the last observation; the audit finds its attempt by them."""


class Sku(Row, table=True):
    """One choice of an offer."""

    __tablename__ = "sku"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.offer_id"], ondelete="CASCADE"),
        MYSQL,
    )

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    sku_id: str = Field(sa_type=ShortText, primary_key=True)
    position: int
    spec_id: str | None = Field(sa_type=ShortText)
    options: Any = Field(sa_type=Parts)
    """Pairs [axis, value]: MySQL would sort the keys of an object."""
    price: Decimal | None = Field(sa_type=Amount)
    list_price: Decimal | None = Field(sa_type=Amount)
    stock: int | None = Field(sa_type=BigNumber)
    sold: int | None = Field(sa_type=BigNumber)
    image_url: str | None = Field(sa_type=LongText)
    weight_kg: Decimal | None = Field(sa_type=Amount)
    length_cm: Decimal | None = Field(sa_type=Amount)
    width_cm: Decimal | None = Field(sa_type=Amount)
    height_cm: Decimal | None = Field(sa_type=Amount)


class PriceTier(Row, table=True):
    """One step of an offer's quantity ladder."""

    __tablename__ = "price_tier"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.offer_id"], ondelete="CASCADE"),
        MYSQL,
    )

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    min_quantity: int = Field(sa_type=BigNumber, primary_key=True, sa_column_kwargs=OWN_KEY)
    max_quantity: int | None = Field(sa_type=BigNumber)
    price: Decimal = Field(sa_type=Amount)


class OfferImage(Row, table=True):
    """One picture of an offer, by its place in the gallery or in the description."""

    __tablename__ = "offer_image"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.offer_id"], ondelete="CASCADE"),
        MYSQL,
    )

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    role: str = Field(sa_type=ShortText, primary_key=True)
    """`gallery` or `description`."""
    position: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    url: str = Field(sa_type=LongText)


class Supplier(Row, table=True):
    """A supplier, merged from all its offers: a page that tells less erases nothing."""

    __tablename__ = "supplier"
    __table_args__ = (
        Index(None, "changed_at", "supplier_key"),
        Index(None, "first_seen_at", "supplier_key"),
        MYSQL,
    )

    supplier_key: str = Field(sa_type=ShortText, primary_key=True)
    """`m:` + member id, else `u:` + user id, else `l:` + a digest of the login id."""
    member_id: str | None = Field(sa_type=ShortText)
    login_id: str | None = Field(sa_type=LongText)
    user_id: str | None = Field(sa_type=ShortText)
    company_name: str | None = Field(sa_type=LongText)
    shop_url: str | None = Field(sa_type=LongText)
    kind: str | None = Field(sa_type=ShortText)
    service_score: Decimal | None = Field(sa_type=Share)
    repeat_rate: Decimal | None = Field(sa_type=Share)
    years: int | None = Field(sa_type=BigNumber)
    first_seen_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
