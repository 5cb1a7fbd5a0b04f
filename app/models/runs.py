"""Tables of the books: `run`, `run_item`, `rejected_line`, `attempt`, `quarantine`.

The ledger (`app.runs`) writes them, the audit checks them. Times are the database's clock.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from app.models.base import MYSQL, Instant, LongText, OfferKey, Parts, Row, ShortText

OWN_KEY = {"autoincrement": False}


class Run(Row, table=True):
    """One job of a person: a list of offers, frozen when it was opened."""

    __tablename__ = "run"
    __table_args__ = (Index(None, "state"), {**MYSQL, "sqlite_autoincrement": True})

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_type=ShortText)
    label: str = Field(sa_type=LongText)
    options: Any = Field(sa_type=Parts)
    state: str = Field(sa_type=ShortText)
    reason: str | None = Field(sa_type=LongText)
    """Why it is parked or cancelled."""
    parked_until: datetime | None = Field(sa_type=Instant)
    """When a parked run goes on by itself; NULL while it waits for a person."""
    attempts: int
    """Charged tries an item has."""
    expected: int
    """Distinct offers accepted so far; as many `run_item` rows of kind `offer`, always."""
    list_pages: int
    """Pages of its list begun so far; as many `run_item` rows of kind `list`, always."""
    list_total: int | None
    """How many offers the list said it has."""
    lines_read: int
    duplicates: int
    rejected: int
    created_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(sa_type=Instant)


class RunItem(Row, table=True):
    """One offer, or one page of a list, within a run.

    `state` is `queued`, `leased`, or its outcome (CONTRACT §2).
    """

    __tablename__ = "run_item"
    __table_args__ = (
        ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE"),
        Index(None, "run_id", "state", "not_before", "position"),
        Index(None, "run_id", "position"),
        MYSQL,
    )

    run_id: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    """The offer's id; of a list page its number from 1, which no offer id is as small as."""
    kind: str = Field(sa_type=ShortText)
    """`offer` or `list`."""
    position: int
    """Its place in the input; list pages stand before all offers (negative)."""
    mentions: int
    """Input lines that named it."""
    state: str = Field(sa_type=ShortText)
    reason: str | None = Field(sa_type=LongText)
    attempt: int
    """Tries so far; as many `attempt` rows."""
    charges: int
    """Tries that counted against it."""
    excused: int
    """Tries that ended through no fault of its own; bounded, so that nothing loops for ever."""
    token: int
    """Fencing token: grows with each claim, only its holder may write."""
    owner: str | None = Field(sa_type=LongText)
    lease_until: datetime | None = Field(sa_type=Instant)
    not_before: datetime = Field(sa_type=Instant)


class RunSum(Row, table=True):
    """How many items of a closed run stand so: summed once, when it was closed."""

    __tablename__ = "run_sum"
    __table_args__ = (ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE"), MYSQL)

    run_id: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    state: str = Field(sa_type=ShortText, primary_key=True)
    offers: int
    lists: int
    """Pages of its list."""


class RejectedLine(Row, table=True):
    """An input line that names no offer."""

    __tablename__ = "rejected_line"
    __table_args__ = (ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE"), MYSQL)

    run_id: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    position: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    line: int
    """Its number in the file it came from."""
    text: str = Field(sa_type=LongText)
    reason: str = Field(sa_type=LongText)


class Attempt(Row, table=True):
    """One try of one item, from claim to its end."""

    __tablename__ = "attempt"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "offer_id"], ["run_item.run_id", "run_item.offer_id"], ondelete="CASCADE"
        ),
        Index(None, "run_id", "ended_at"),
        MYSQL,
    )

    run_id: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    offer_id: str = Field(sa_type=OfferKey, primary_key=True, sa_column_kwargs=OWN_KEY)
    attempt: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    token: int
    owner: str = Field(sa_type=LongText)
    started_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(sa_type=Instant)
    ending: str | None = Field(sa_type=ShortText)
    """NULL while open; an outcome, or how it ended without one (`outcomes.Ending`)."""
    reason: str | None = Field(sa_type=LongText)


class Quarantine(Row, table=True):
    """What could not be stored and why: one row for one page content breaking one rule."""

    __tablename__ = "quarantine"
    __table_args__ = (
        Index(None, "offer_id", "rule", "digest", unique=True),
        Index(None, "type", "decision", "last_seen_at"),
        MYSQL,
    )

    id: int | None = Field(default=None, primary_key=True)
    offer_id: str = Field(sa_type=OfferKey)
    type: str = Field(sa_type=ShortText)
    """Name of the error: `Invalid`, `FieldMissing`, `LayoutUnknown`…"""
    rule: str = Field(sa_type=ShortText)
    field: str | None = Field(sa_type=LongText)
    message: str = Field(sa_type=LongText)
    digest: str = Field(sa_type=ShortText)
    """sha256 of the page that was read, else of the message."""
    evidence: str | None = Field(sa_type=LongText)
    """Path of a saved page that was refused so; of this very one where its digest is the same."""
    layout: str | None = Field(sa_type=ShortText)
    """That read the page; NULL where none did."""
    decision: str | None = Field(sa_type=ShortText)
    """NULL while it waits for a person: `released` or `discarded`."""
    decided_at: datetime | None = Field(sa_type=Instant)
    first_run_id: int
    last_run_id: int
    times: int
    first_seen_at: datetime = Field(sa_type=Instant)
    last_seen_at: datetime = Field(sa_type=Instant)
