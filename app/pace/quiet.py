"""Quiet hours: a stretch of every day by the clock on the wall of a zone. Pure.

Where clocks are changed a stretch may be an hour longer or shorter; it never fails to end.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

DAY = timedelta(days=1)
MINUTES = 24 * 60
LEAST_OPEN = timedelta(hours=1)
"""Of each day that quiet hours have to leave."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quiet:
    """From `start` until `end`, which is no part of it. Instants are aware."""

    start: time
    end: time

    def holds(self, at: datetime, zone: tzinfo) -> bool:
        """Whether the instant is within."""
        wall = at.astimezone(zone).time()
        if self.start < self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def ends(self, at: datetime, zone: tzinfo) -> datetime:
        """The first end after an instant, in UTC."""
        return next(each for each in _after(at, self.end, zone) if not self.holds(each, zone))

    def starts(self, at: datetime, zone: tzinfo) -> datetime:
        """The first start after an instant, in UTC."""
        return next(each for each in _after(at, self.start, zone) if self.holds(each, zone))

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def _after(at: datetime, wall: time, zone: tzinfo) -> list[datetime]:
    """Instants after `at` at which the clock shows `wall`, in order; an hour shown twice is two."""
    today = at.astimezone(zone).date()
    shown = [
        datetime.combine(today + ahead * DAY, wall.replace(fold=fold), zone).astimezone(UTC)
        for ahead in range(4)
        for fold in (0, 1)
    ]
    return sorted(each for each in shown if each > at)


def read_quiet(text: str) -> Quiet:
    """`01:00-06:30`, `23:00-06:30`; `24:00` is midnight. Raises ValueError with one sentence."""
    try:
        first, last = map(_wall, text.replace("–", "-").split("-"))
    except ValueError:
        raise ValueError(
            f"'{text}' are no quiet hours; write 01:00-06:30, or 23:00-06:30 over midnight"
        ) from None
    if _length(first, last) > DAY - LEAST_OPEN:
        raise ValueError(f"'{text}' leave no hour of the day for work")
    return Quiet(start=first, end=last)


def _wall(text: str) -> time:
    """Raises ValueError."""
    hour, minute = text.strip().split(":")
    if not (re.fullmatch(r"[0-9]{1,2}", hour) and re.fullmatch(r"[0-9]{2}", minute)):
        raise ValueError
    return time() if (hour, minute) == ("24", "00") else time(int(hour), int(minute))


def _length(first: time, last: time) -> timedelta:
    minutes = (last.hour - first.hour) * 60 + last.minute - first.minute
    return timedelta(minutes=minutes % MINUTES or MINUTES)
