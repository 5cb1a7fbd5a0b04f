"""Table of what people and programs did through the doors of the server: `action`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field

from app.models.base import MYSQL, Instant, LongText, Row, ShortText


class Action(Row, table=True):
    """Something that somebody did: never changed, never what a page says."""

    __tablename__ = "action"
    __table_args__ = (
        Index(None, "target"),
        Index(None, "done_at"),
        {**MYSQL, "sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    actor: str = Field(sa_type=ShortText)
    """Name of the token that was shown."""
    role: str = Field(sa_type=ShortText)
    """`viewer`, `operator`, `admin`."""
    door: str = Field(sa_type=ShortText)
    """`api` or `console`."""
    verb: str = Field(sa_type=ShortText)
    """`open_run`, `pause`, `release`, …"""
    target: str = Field(sa_type=ShortText)
    """What it was done to: `run 7`, `case 12`, `profile anna`."""
    detail: dict[str, Any] = Field(sa_type=JSON)
    note: str | None = Field(default=None, sa_type=LongText)
    done_at: datetime = Field(sa_type=Instant)
