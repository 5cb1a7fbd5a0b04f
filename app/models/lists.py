"""Table of what search and shop lists said about offers: `offer_card`.

A list's price and sales are observations of their own (they feed history); the offer's page is what
fills `offer`.
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


class OfferCardRow(Row, table=True):
    """One card of one list page, as it was seen in a run."""

    __tablename__ = "offer_card"
    __table_args__ = (
        ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE"),
        Index(None, "offer_id", "seen_at"),
        MYSQL,
    )

    run_id: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    page: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    position: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    """Place in its page, from 1."""
    offer_id: str = Field(sa_type=OfferKey)
    title: str = Field(sa_type=LongText)
    price: Decimal | None = Field(sa_type=Amount)
    price_kind_text: str | None = Field(sa_type=ShortText)
    price_tiers: Any = Field(sa_type=Parts, nullable=True)
    image_url: str | None = Field(sa_type=LongText)
    sold_count: int | None = Field(sa_type=BigNumber)
    sold_text: str | None = Field(sa_type=ShortText)
    repurchase_rate: Decimal | None = Field(sa_type=Share)
    is_ad: bool
    province: str | None = Field(sa_type=ShortText)
    city: str | None = Field(sa_type=ShortText)
    supplier: Any = Field(sa_type=Parts, nullable=True)
    seen_at: datetime = Field(sa_type=Instant)
