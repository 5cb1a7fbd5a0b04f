"""Table of what lies in the archive: `page_record`, one row a document that was loaded.

`app.archive` writes it, in the transaction that settles the item the document was loaded for.
"""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from app.models.base import MYSQL, BigNumber, Instant, LongText, OfferKey, Row, ShortText


class PageRecord(Row, table=True):
    """One document: which claim loaded it, and where its record lies."""

    __tablename__ = "page_record"
    __table_args__ = (
        Index(None, "offer_id", "observed_at"),
        Index(None, "run_id", "offer_id"),
        Index(None, "file", "offset", unique=True),
        Index(None, "revisit_of"),
        {**MYSQL, "sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_type=ShortText)
    """`offer` or `list`, as of the item."""
    offer_id: str = Field(sa_type=OfferKey)
    """As of the item: of a list page its number."""
    run_id: int
    token: int
    """Of the attempt that loaded it."""
    file: str = Field(sa_type=ShortText)
    """Name of the file in the archive's folder; it tells the machine that has it."""
    offset: int = Field(sa_type=BigNumber)
    length: int = Field(sa_type=BigNumber)
    """Bytes of the record, a whole gzip member."""
    size: int = Field(sa_type=BigNumber)
    """Bytes of the payload."""
    sha256: str = Field(sa_type=ShortText)
    """Of the payload, which is the document scrubbed."""
    revisit_of: int | None
    """The row of the record whose payload this one repeats; never itself a revisit."""
    url: str = Field(sa_type=LongText)
    """Where it was in the end."""
    status: int
    layout: str | None = Field(sa_type=ShortText)
    """NULL where no layout read it."""
    observed_at: datetime = Field(sa_type=Instant)
