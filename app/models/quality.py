"""Table of what pages told: `page_tally`, one row a layout in a run.

`app.quality` writes it, in the transaction that settles the item the page was loaded for.
"""

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from app.models.base import MYSQL, Parts, Row, ShortText
from app.models.runs import OWN_KEY


class PageTally(Row, table=True):
    """How often each field was told, and how the tests for drift stand."""

    __tablename__ = "page_tally"
    __table_args__ = (
        ForeignKeyConstraint(["run_id"], ["run.id"], ondelete="CASCADE"),
        Index(None, "realm", "layout", "run_id"),
        MYSQL,
    )

    run_id: int = Field(primary_key=True, sa_column_kwargs=OWN_KEY)
    layout: str = Field(sa_type=ShortText, primary_key=True)
    """Empty: the run's pages whatever their layout, read or not."""
    realm: str = Field(sa_type=ShortText)
    """Empty for the real site; a replica says nothing about it."""
    pages: int
    told: Any = Field(sa_type=Parts)
    """`{mark: pages}`."""
    refused: Any = Field(sa_type=Parts)
    """`{refusal: pages}`."""
    sellers: Any = Field(sa_type=Parts)
    """Short words for the first 40 sellers."""
    watch: Any = Field(sa_type=Parts)
    """The tests (`app.quality.drift.Watch`)."""
    aside: Any = Field(sa_type=Parts)
    """`{mark: [pages, told]}` that were suspect at an alarm: no baseline counts them."""
    accepted: Any = Field(sa_type=Parts)
    """Marks whose rate a person accepted: baselines begin anew with them."""
