"""What is rationed, how one stands, and what an asker is told. Pure: nothing is counted here.

`next_turn` is the rule of the house in one place; `turns.py` applies it to the books, `forecast.py`
to days to come.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from app.pace.quiet import DAY, Quiet

Kind = Literal["offer", "list"]
"""Which of the two gaps follows a page: robots.txt and login pages count as lists."""
Range = tuple[float, float]

FLOOR_SECONDS = 1.0
"""Between two pages of the real site, whatever anybody configures."""
PATIENCE_SECONDS = 90.0
"""A pause up to this long is waited for; after a longer one is come back."""
LONGEST_LEAD = 600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How much may be asked for and when. None is: as much as anybody likes."""

    gap: Range
    """Seconds from an offer to the next page, of one profile and from one address: least, most."""
    list_gap: Range
    """The same from a list's page."""
    per_day: int | None
    """Pages of one profile; a profile may have its own number."""
    egress_per_day: int | None
    """Pages from one address."""
    quiet: Quiet | None
    zone: tzinfo
    """Whose days and hours these are."""
    floor: float = FLOOR_SECONDS
    """No gap is shorter. Only who asks a replica sets it to 0: whoever forgets it is slow."""
    lead: float = 0.0
    """Seconds before quiet hours from which no page is begun, so that none lasts into them."""

    @property
    def is_free(self) -> bool:
        """Whether nothing is rationed."""
        rations = (self.per_day, self.egress_per_day, self.quiet)
        return not any((*self.gap, *self.list_gap, self.floor)) and rations == (None, None, None)

    def gap_after(self, kind: Kind, least: float = 0.0) -> Range:
        """Least and most seconds after a page of that kind; `least` is what robots.txt asks."""
        low, high = self.list_gap if kind == "list" else self.gap
        floor = max(self.floor, least)
        return max(low, floor), max(high, floor)

    def opens(self, at: datetime) -> datetime:
        """The first instant from `at` on that is not too near to quiet hours, or in them."""
        if self.quiet is None:
            return at
        if self.quiet.holds(at, self.zone):
            return self.quiet.ends(at, self.zone)
        start = self.quiet.starts(at, self.zone)
        return at if at < start - self._lead else self.quiet.ends(start, self.zone)

    def closes(self, at: datetime) -> datetime | None:
        """When the open stretch that `at` is in ends; None where it never does."""
        return self.quiet.starts(at, self.zone) - self._lead if self.quiet else None

    @property
    def _lead(self) -> timedelta:
        return timedelta(seconds=min(self.lead, LONGEST_LEAD))

    def day(self, at: datetime) -> date:
        """The day whose budget a page at that instant is taken from."""
        return at.astimezone(self.zone).date()

    def midnight(self, at: datetime) -> datetime:
        """When the next day begins, in UTC."""
        return datetime.combine(self.day(at) + DAY, time(), self.zone).astimezone(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One page may be asked for in so many seconds; it is spent already."""

    seconds: float
    at: datetime
    """The same by the database's clock."""
    next_at: datetime
    """When the one after it may ask."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """Nothing is spent; ask again in so many seconds."""

    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """No page may be asked for until then; None: a person has to look first."""

    until: datetime | None
    why: str
    """For people; may quote the site, so it is escaped where it is shown."""


class GateClosed(Exception):
    """No page may be asked for now: quiet hours, a budget, a rest, an unknown robots.txt."""

    def __init__(self, closed: Closed) -> None:
        super().__init__(closed.why)
        self.closed = closed


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """The pages of a profile or an address by day, and how many of a day it may have."""

    of: str
    per_day: int | None
    spent: Mapping[date, int] = field(default_factory=dict)

    def left(self, day: date) -> int | None:
        """Pages that are left of a day's budget; None is without end."""
        if self.per_day is None:
            return None
        return max(0, self.per_day - self.spent.get(day, 0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a profile stands behind its address, by the database's clock."""

    now: datetime
    next_at: datetime
    """When the queue of turns that were handed out ends; in the past if there is none."""
    rest: Closed | None
    """While the profile rests or is retired."""
    pause: Closed | None
    """While the site wants to be left alone."""
    accounts: tuple[Account, ...]

    def left(self, day: date) -> int | None:
        """Pages that all budgets leave of a day; None is without end."""
        known = [left for each in self.accounts if (left := each.left(day)) is not None]
        return min(known, default=None)

    def later(self, present: datetime) -> "Standing":
        """The same at a later instant, if nobody does anything until then."""

        def lasting(one: Closed | None) -> Closed | None:
            return one if one and (one.until is None or one.until > present) else None

        rest, pause = lasting(self.rest), lasting(self.pause)
        return replace(self, now=present, rest=rest, pause=pause)


def next_turn(standing: Standing, pace: Pace) -> datetime | Closed:
    """When the next page may be asked for, or why none may now and when to come back."""
    if standing.rest:
        return _from(standing.rest, pace)
    at = max(standing.now, standing.next_at)
    if standing.pause and standing.pause.until:
        if standing.pause.until > standing.now + timedelta(seconds=PATIENCE_SECONDS):
            return _from(standing.pause, pace)
        at = max(at, standing.pause.until)
    if (open_at := pace.opens(at)) > at:
        wall = open_at.astimezone(pace.zone)
        return Closed(until=open_at, why=f"quiet hours until {wall:%H:%M} ({pace.zone})")
    for account in standing.accounts:
        if account.left(pace.day(at)) == 0:
            why = f"the day's budget of {account.per_day:,} pages of {account.of} is spent"
            return Closed(until=pace.opens(pace.midnight(at)), why=why)
    return at


def _from(closed: Closed, pace: Pace) -> Closed:
    return (
        closed if closed.until is None else Closed(until=pace.opens(closed.until), why=closed.why)
    )
