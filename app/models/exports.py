"""Tables of exports: `export_run` (each one that was finished) and `export_offer`, which tells of
each mark what it has had, by version: the next export with that mark holds what is new or changed.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from app.models.base import MYSQL, BigNumber, Instant, LongText, OfferKey, Row, ShortText

OWN_KEY = {"autoincrement": False}


class ExportRun(Row, table=True):
    """One export whose file was finished."""

    __tablename__ = "export_run"
    __table_args__ = (Index(None, "mark"), {**MYSQL, "sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    mark: str | None = Field(sa_type=ShortText)
    """Name by which it goes on where the last one ended; NULL: it does not."""
    format: str = Field(sa_type=ShortText)
    per: str = Field(sa_type=ShortText)
    """What a row is: `offer`, `sku`, `product`."""
    query: str = Field(sa_type=LongText)
    """The filter, as it is written."""
    target: str = Field(sa_type=LongText)
    """Path of the file; `-` is a pipe."""
    offers: int
    left_out: int
    """Offers that the format could not carry."""
    row_count: int = Field(sa_type=BigNumber)
    finished_at: datetime = Field(sa_type=Instant)


class ExportOffer(Row, table=True):
    """That a mark has had an offer, and in which version."""

    __tablename__ = "export_offer"
    __table_args__ = (Index(None, "offer_id"), Index(None, "export_id"), MYSQL)

    mark: str = Field(sa_type=ShortText, primary_key=True)
    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    version: int
    export_id: int
