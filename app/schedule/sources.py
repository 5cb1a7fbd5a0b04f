"""Where a batch's offers come from, looked up when it is due: a file, offers not seen for long, or
a list of the site that its run is to read.

source.prepare()            before the transaction: reads what is outside the database
source.intake(conn, ask)    within it
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, exists, select

from app import models
from app.lists import ListRef
from app.models import table
from app.refs import Intake, OfferRef, lines_of, read_refs
from app.schedule.batches import Timetable, write_duration

OFFER, ITEM, FIRE = table(models.Offer), table(models.RunItem), table(models.BatchFire)


class SourceUnreadable(Exception):
    """The source gives no refs; the message says why."""


class NothingDue(Exception):
    """The source was read and rightly gives nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """Who asks a source, and when."""

    name: str
    """Of the batch."""
    limit: int | None
    now: datetime


Answer = Callable[[Connection, Ask], Intake]


class Source(Protocol):
    """Gives the refs of a batch."""

    def prepare(self) -> Answer:
        """Read what is outside the database. Raises SourceUnreadable."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class RefFile:
    """A file with a ref a line."""

    path: Path

    def __str__(self) -> str:
        return f"file {self.path.name}"

    def prepare(self) -> Answer:
        """Read the file. Raises SourceUnreadable."""
        intake = read_refs(self._lines())
        if not intake.accepted:
            raise SourceUnreadable(f"{self.path}: no line of it names an offer")
        return lambda _conn, _ask: intake

    def _lines(self) -> list[str]:
        try:
            if self.path.exists() and not self.path.is_file():
                raise SourceUnreadable(f"{self.path}: not an ordinary file")
            return lines_of(self.path.read_bytes())
        except UnicodeDecodeError:
            raise SourceUnreadable(f"{self.path}: not a text in UTF-8 or GB18030") from None
        except OSError as error:
            raise SourceUnreadable(f"{self.path}: {error.strerror}") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class StaleOffers:
    """Stored offers that were last seen more than `older` ago, the oldest first."""

    older: timedelta

    def __str__(self) -> str:
        return f"stale {write_duration(self.older)}"

    def prepare(self) -> Answer:
        return self._select

    def _select(self, conn: Connection, ask: Ask) -> Intake:
        """An offer that cannot be read is not seen; what this batch has tried within `older` waits
        its turn, or the same few would fill the limit for ever. Raises NothingDue.
        """
        since = ask.now - self.older
        tried = exists().where(
            FIRE.c.name == ask.name,
            FIRE.c.fired_at > since,
            FIRE.c.run_id == ITEM.c.run_id,
            ITEM.c.offer_id == OFFER.c.offer_id,
        )
        query = (
            select(OFFER.c.offer_id)
            .where(OFFER.c.observed_at < since, ~tried)
            .order_by(OFFER.c.observed_at, OFFER.c.offer_id)
            .limit(ask.limit)
        )
        refs = tuple(OfferRef(offer_id=str(offer_id)) for offer_id in conn.scalars(query))
        if not refs:
            raise NothingDue(
                f"every stored offer was seen or tried within {write_duration(self.older)}"
            )
        return Intake(accepted=refs)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedOffers:
    """The offers of a search, a shop or a category, as its run finds them."""

    ref: ListRef

    def __str__(self) -> str:
        return self.ref.label

    def prepare(self) -> Answer:
        """Nothing is known before the list is read."""
        return lambda _conn, _ask: Intake()


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """A declared, recurring run."""

    name: str
    timetable: Timetable
    catchup: timedelta
    source: Source
    limit: int | None = None
    """Offers of one run."""
    profile: str | None = None
    """As whom; the usual one if it is left out."""
    ignore_robots: str | None = None
    """Why robots.txt is left aside."""
