"""When pages would be had at a pace, from how it stands now. Pure; gaps count by their mean."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.pace.values import Closed, Pace, Range, Standing, next_turn

HORIZON = timedelta(days=3660)
"""Further ahead nothing is foretold."""
FOREVER = 2**63


@dataclass(frozen=True, kw_only=True, slots=True)
class Stint:
    """So many pages in a row, and the seconds after each of them, least and most."""

    pages: int
    gap: Range


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """When pages would be asked for, if nobody else asks and the site does not mind."""

    pages: int
    begins: datetime | None
    """The first of them; None: a person has to look first, or there are none."""
    ends: datetime | None
    """The last of them; None: not within ten years, or never."""
    days: int
    """Days of the zone on which pages are asked for."""
    left_today: int | None
    """Of the budgets; None is without end."""
    closed: Closed | None
    """Why the first page may not be asked for at once."""


def forecast(stints: Sequence[Stint], standing: Standing, pace: Pace) -> Forecast:
    """What a run of so many pages would come to, begun now."""
    pages = sum(each.pages for each in stints)
    first = next_turn(standing, pace)
    course = _Course(standing, pace)
    begins = _beginning(standing, pace)
    ends = course.run(stints, begins) if begins and pages else None
    return Forecast(
        pages=pages,
        begins=course.began,
        ends=ends,
        days=len(course.used),
        left_today=standing.left(pace.day(standing.now)),
        closed=first if isinstance(first, Closed) else None,
    )


def _beginning(standing: Standing, pace: Pace) -> datetime | None:
    """When all that is closed now will be open."""
    while isinstance(found := next_turn(standing, pace), Closed):
        if found.until is None:
            return None
        standing = standing.later(found.until)
    return found


class _Course:
    """One run through the days to come."""

    def __init__(self, standing: Standing, pace: Pace) -> None:
        self.began: datetime | None = None
        self.used: Counter[date] = Counter()
        self._standing = standing
        self._pace = pace

    def run(self, stints: Sequence[Stint], at: datetime) -> datetime | None:
        """The instant of the last page; None if it is beyond the horizon."""
        last, end = at, at + HORIZON
        for stint in stints:
            gap, left = timedelta(seconds=sum(stint.gap) / 2), stint.pages
            while left:
                at = self._opens(at, end)
                if at >= end:
                    return None
                here = min(left, self._room(at, gap))
                self.began = self.began or at
                self.used[self._pace.day(at)] += here
                last, at, left = at + (here - 1) * gap, at + here * gap, left - here
        return last

    def _opens(self, at: datetime, end: datetime) -> datetime:
        """The first instant from `at` on that is neither quiet nor on a day that is spent."""
        while at < end:
            if (opens := self._pace.opens(at)) > at:
                at = opens
            elif self._left(at) == 0:
                at = self._pace.midnight(at)
            else:
                break
        return at

    def _left(self, at: datetime) -> int:
        day = self._pace.day(at)
        left = self._standing.left(day)
        return FOREVER if left is None else max(0, left - self.used[day])

    def _room(self, at: datetime, gap: timedelta) -> int:
        """Pages from `at` on until the day, its budget or the open stretch is over."""
        edge = min(self._pace.closes(at) or self._pace.midnight(at), self._pace.midnight(at))
        fitting = -((at - edge) // gap) if gap else FOREVER
        return min(self._left(at), fitting)
