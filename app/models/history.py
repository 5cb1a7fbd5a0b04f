"""Table of what changed of offers: `offer_change`, written with each version of an offer."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from app.models.base import MYSQL, AnyValue, Instant, LongText, OfferKey, Row, ShortText

OWN_KEY = {"autoincrement": False}


class OfferChange(Row, table=True):
    """One typed difference between two observations of an offer."""

    __tablename__ = "offer_change"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.offer_id"], ondelete="CASCADE"),
        Index(None, "kind", "observed_at"),
        Index(None, "run_id"),
        {**MYSQL, "sqlite_with_rowid": False},  # the rows lie in the order of their key
    )

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    version: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    """The version of the offer that it made, together with the others of that version."""
    seq: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    observed_at: datetime = Field(sa_type=Instant)
    run_id: int
    token: int
    """Run and fencing token of the observation; the audit finds its attempt by them."""
    kind: str = Field(sa_type=ShortText)
    """A word of `app.store.facts.Kind`."""
    field: str = Field(sa_type=ShortText)
    key: str = Field(sa_type=LongText)
    """A SKU's id, a tier's least quantity, an attribute's name…; empty for what is there once."""
    view: str = Field(sa_type=ShortText)
    """The profile whose prices they are; empty: what everybody sees."""
    before: Any = Field(sa_type=AnyValue, nullable=True)
    after: Any = Field(sa_type=AnyValue, nullable=True)
    """JSON, money as text; NULL where nothing was, of what was added or removed."""
