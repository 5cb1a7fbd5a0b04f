"""Tables by which offers are found: `offer_facet` (one narrow row an offer) and `offer_gram`.

Both follow from the offer and are written in its transaction (`app.store.facets`). An offer's own
row is wide; filters and orders read these instead.
"""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from app.models.base import (
    MYSQL,
    Amount,
    BigNumber,
    Gram,
    Instant,
    LongText,
    OfferKey,
    Row,
    Share,
    ShortText,
)

OWN_KEY = {"autoincrement": False}
OF_SUPPLIER = "ix_offer_facet_of_supplier"
"""Named by hand: with all its columns, the name would be longer than MySQL takes."""


class OfferFacet(Row, table=True):
    """What an offer is filtered, ordered and searched by. NULL is unknown."""

    __tablename__ = "offer_facet"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.offer_id"], ondelete="CASCADE"),
        Index(None, "changed_at"),
        Index(None, "first_seen_at"),
        Index(None, "price_min"),
        Index(None, "sold"),
        Index(None, "stock"),
        Index(OF_SUPPLIER, "supplier_key", "gone", "completeness", "price_min", "price_max"),
        MYSQL,
    )

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    status: str = Field(sa_type=ShortText)
    gone: str | None = Field(sa_type=ShortText)
    language: str = Field(sa_type=ShortText)
    price_kind: str = Field(sa_type=ShortText)
    price_min: Decimal | None = Field(sa_type=Amount)
    price_max: Decimal | None = Field(sa_type=Amount)
    min_order_quantity: int | None = Field(sa_type=BigNumber)
    stock: int | None = Field(sa_type=BigNumber)
    sold: int | None = Field(sa_type=BigNumber)
    sku_count: int
    unit: str | None = Field(sa_type=ShortText)
    supplier_key: str | None = Field(sa_type=ShortText)
    category_id: str | None = Field(sa_type=ShortText)
    """Of the leaf."""
    province: str | None = Field(sa_type=ShortText)
    city: str | None = Field(sa_type=ShortText)
    free_shipping: bool | None
    score: Decimal | None = Field(sa_type=Share)
    reviews: int | None = Field(sa_type=BigNumber)
    completeness: int
    """0 to 100; see `app.completeness`."""
    posted_at: datetime | None = Field(sa_type=Instant)
    first_seen_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    title: str = Field(sa_type=LongText)
    """Normal form (`app.store.words`), as the texts below."""
    category: str = Field(sa_type=LongText)
    tags: str = Field(sa_type=LongText)
    words: str = Field(sa_type=LongText)
    """Values of the attributes."""


class OfferGram(Row, table=True):
    """That a gram stands in an offer's title, attributes, category or tags.

    No foreign key: it would need an index as large as the table. Rows that an offer left behind
    find nothing, because a search reads the facets of what it finds.
    """

    __tablename__ = "offer_gram"
    __table_args__ = ({**MYSQL, "sqlite_with_rowid": False},)

    gram: int = Field(sa_type=Gram, primary_key=True, sa_column_kwargs=OWN_KEY)
    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
