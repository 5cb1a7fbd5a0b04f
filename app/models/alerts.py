"""Tables of alerts: `alert_state`, what is crossed now, and `alert_firing`, what is to be told."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from app.models.base import MYSQL, Instant, LongText, OfferKey, Row, ShortText

OWN_KEY = {"autoincrement": False}


class AlertState(Row, table=True):
    """A line that an offer has crossed; the row goes when it is back on the other side."""

    __tablename__ = "alert_state"
    __table_args__ = (MYSQL,)

    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    view: str = Field(sa_type=ShortText, primary_key=True)
    """The profile whose prices were looked at; empty: everybody's."""
    alert: str = Field(sa_type=ShortText, primary_key=True)
    mark: str = Field(sa_type=ShortText, primary_key=True)
    """Of the condition: with another limit nothing is crossed yet."""
    since: datetime = Field(sa_type=Instant)


class AlertFiring(Row, table=True):
    """One message to one address, written in the transaction of the offer that it is about."""

    __tablename__ = "alert_firing"
    __table_args__ = (
        Index(None, "state", "not_before"),
        Index(
            "uq_alert_firing_once", "alert", "mark", "offer_id", "view", "version", "target",
            unique=True,
        ),
        {**MYSQL, "sqlite_autoincrement": True},
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    alert: str = Field(sa_type=ShortText)
    mark: str = Field(sa_type=ShortText)
    offer_id: str = Field(sa_type=OfferKey)
    view: str = Field(sa_type=ShortText)
    version: int
    run_id: int
    target: str = Field(sa_type=ShortText)
    """Mark of the address; empty: nobody is to be told."""
    subject: str = Field(sa_type=LongText)
    body: str = Field(sa_type=LongText)
    fired_at: datetime = Field(sa_type=Instant)
    state: str = Field(sa_type=ShortText)
    """`queued`, `sent`, `failed`, or `unsent`: there was nobody to tell."""
    attempts: int
    not_before: datetime = Field(sa_type=Instant)
    """When it may be tried; while somebody tries it, when it is another's."""
    sent_at: datetime | None = Field(sa_type=Instant)
    reason: str | None = Field(sa_type=LongText)
    """Why it was not taken."""
