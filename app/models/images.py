"""Tables of pictures: `image` (one row a picture), `image_source` (one an address), `image_use`.

`app.images` writes them. A source is its own queue: waiting ones are claimed by moving their
`not_before` on, so that those of a killed worker are due again by themselves.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from app.models.base import (
    MYSQL,
    BigNumber,
    Bits,
    Instant,
    LongText,
    OfferKey,
    Parts,
    Row,
    ShortText,
)


class Image(Row, table=True):
    """One picture, however many addresses lead to it and offers show it."""

    __tablename__ = "image"
    __table_args__ = (Index(None, "dhash"), MYSQL)

    sha256: str = Field(sa_type=ShortText, primary_key=True)
    """Of the original bytes."""
    format: str = Field(sa_type=ShortText)
    """Of the original: `jpeg`, `png`, `webp`, `gif`."""
    bytes: int = Field(sa_type=BigNumber)
    """Of the original."""
    width: int
    height: int
    """As it is kept, upright."""
    dhash: int = Field(sa_type=Bits)
    file: str = Field(sa_type=LongText)
    """Within the folder of pictures; `thumb` likewise."""
    file_bytes: int = Field(sa_type=BigNumber)
    file_sha256: str = Field(sa_type=ShortText)
    thumb: str = Field(sa_type=LongText)
    thumb_bytes: int = Field(sa_type=BigNumber)
    thumb_sha256: str = Field(sa_type=ShortText)
    fetched_at: datetime = Field(sa_type=Instant)


class ImageSource(Row, table=True):
    """One address of a picture or a description script: what came of asking for it."""

    __tablename__ = "image_source"
    __table_args__ = (Index(None, "state", "not_before"), Index(None, "sha256"), MYSQL)

    url_key: str = Field(sa_type=ShortText, primary_key=True)
    """sha256 of the address, which is too long for a key."""
    url: str = Field(sa_type=LongText)
    kind: str = Field(sa_type=ShortText)
    """`picture` or `script`."""
    profile: str = Field(sa_type=ShortText)
    """As whom it was seen first; it is asked for by that profile's way out."""
    state: str = Field(sa_type=ShortText)
    """`waiting`, `fetched` or `failed`."""
    sha256: str | None = Field(sa_type=ShortText)
    """The picture that stands there."""
    found: Any = Field(sa_type=Parts, nullable=True)
    """Of a script: the addresses it names, in order."""
    failure: str | None = Field(sa_type=ShortText)
    """A word of `app.images.failures`: of the last try."""
    detail: str | None = Field(sa_type=LongText)
    tries: int
    not_before: datetime = Field(sa_type=Instant)
    """When it is due; moved on by whoever claims it."""
    seen_at: datetime = Field(sa_type=Instant)
    fetched_at: datetime | None = Field(sa_type=Instant)


class ImageUse(Row, table=True):
    """That an offer shows what stands at an address."""

    __tablename__ = "image_use"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.offer_id"], ondelete="CASCADE"),
        Index(None, "url_key"),
        MYSQL,
    )

    offer_id: str = Field(
        sa_type=OfferKey, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    url_key: str = Field(sa_type=ShortText, primary_key=True)
    role: str = Field(sa_type=ShortText)
    """What it shows it as first: `gallery`, `sku`, `script`, `description`."""
    position: int
