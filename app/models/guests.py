"""Tables of how we behave as guests: `profile`, `turn`, `spending`, `robots_file`.

`app.profiles` writes the first, `app.pace` the others. All of it is shared by all workers and
survives whatever restarts; times are the database's clock.
"""

from datetime import date, datetime

from sqlmodel import Field

from app.models.base import MYSQL, Document, Instant, LongText, Row, ShortText


class ProfileRow(Row, table=True):
    """How a profile fares at the site; what it is (kind, proxy) is declared in the settings."""

    __tablename__ = "profile"
    __table_args__ = (MYSQL,)

    name: str = Field(sa_type=ShortText, primary_key=True)
    state: str = Field(sa_type=ShortText)
    """`well`, `resting` or `retired`."""
    level: int
    """How many rests in a row it was sent to without a good spell between."""
    score: float
    """1 is well, 0 is spent; see `app.profiles.health`."""
    good: int
    """Good pages since the last block."""
    pages: int
    blocks: int
    rest_until: datetime | None = Field(sa_type=Instant)
    reason: str | None = Field(sa_type=LongText)
    """Why it rests or was retired."""
    holder: str | None = Field(sa_type=LongText)
    """The process that works as it; only profiles that keep cookies have one."""
    held_until: datetime | None = Field(sa_type=Instant)
    logged_in_as: str | None = Field(sa_type=LongText)
    logged_in_at: datetime | None = Field(sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    last_page_at: datetime | None = Field(sa_type=Instant)


class Turn(Row, table=True):
    """When the next page may be asked for by a profile or from an address."""

    __tablename__ = "turn"
    __table_args__ = (MYSQL,)

    subject: str = Field(sa_type=ShortText, primary_key=True)
    """`profile:NAME` or `egress:NAME`."""
    next_at: datetime = Field(sa_type=Instant)
    """When the queue of turns that were handed out ends."""
    closed_until: datetime | None = Field(sa_type=Instant)
    """How long the site wants to be left alone (Retry-After); may be over."""
    reason: str | None = Field(sa_type=LongText)


class Spending(Row, table=True):
    """Pages asked for on one day of the site's zone."""

    __tablename__ = "spending"
    __table_args__ = (MYSQL,)

    subject: str = Field(sa_type=ShortText, primary_key=True)
    day: date = Field(primary_key=True)
    pages: int


class RobotsFile(Row, table=True):
    """A host's robots.txt as last fetched."""

    __tablename__ = "robots_file"
    __table_args__ = (MYSQL,)

    host: str = Field(sa_type=ShortText, primary_key=True)
    status: int
    body: str = Field(sa_type=Document)
    fetched_at: datetime = Field(sa_type=Instant)
