"""Table of what became of the due instants of batches: `batch_fire`.

The ticker (`app.schedule.ticker`) writes it. The key makes each instant happen once, whoever and
however many watch the clock.
"""

from datetime import datetime

from sqlmodel import Field

from app.models.base import MYSQL, Instant, LongText, Row, ShortText


class BatchFire(Row, table=True):
    """One due instant of a batch, or one firing by a person."""

    __tablename__ = "batch_fire"
    __table_args__ = (MYSQL,)

    name: str = Field(sa_type=ShortText, primary_key=True)
    due_at: datetime = Field(sa_type=Instant, primary_key=True)
    manual: bool
    """A person asked for it; it says nothing about which instants were seen to."""
    decision: str = Field(sa_type=ShortText)
    """`begun` (first seen: nothing before is due), `fired`, `skipped` or `failed`."""
    reason: str | None = Field(sa_type=LongText)
    run_id: int | None
    """The run that was opened, in the same transaction."""
    fired_at: datetime = Field(sa_type=Instant)
    """When it was decided."""
