"""When a batch is due: a cron string on the wall clock of a zone, what was missed, what comes next.

Pure: the present is passed in. Runs are opened in `ticker.py`; where the refs come from is told in
`sources.py`. All instants are aware UTC.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, CroniterError, croniter

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
ON_TIME = MINUTE
"""An instant that is seen so late counts as on time, whatever the catch-up window: who ticks by
system cron comes once a minute."""
MOST_RECORDED = 50
"""Missed instants that are written down, the latest ones; years of them are not even counted."""
FIELDS = 5
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
LONGEST = timedelta(days=3660)


class TimetableError(ValueError):
    """A cron string, a zone or a duration that says nothing; the message says why."""


def read_duration(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `7d`, or `0`. Raises TimetableError."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd])|0", text.strip(), re.ASCII)
    if found is None:
        raise TimetableError(f"'{text}' is no duration; write 90s, 15m, 2h, 7d or 0")
    length = timedelta(**{UNITS[found[2]]: int(found[1])}) if found[2] else timedelta()
    if length > LONGEST:
        raise TimetableError(f"'{text}' is longer than {LONGEST.days} days")
    return length


def write_duration(length: timedelta) -> str:
    """A duration in the largest unit that divides it: `15m`, `36h`, `0`."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s" if seconds else "0"


def read_zone(name: str) -> ZoneInfo:
    """A zone of the IANA database. Raises TimetableError."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, a path, a folder
        raise TimetableError(
            f"'{name}' is no time zone; write one like Asia/Shanghai, Europe/Berlin or UTC"
        ) from None


def read_cron(text: str) -> str:
    """A cron string of five fields, or `@daily` and the like. Raises TimetableError.

    Random fields are refused: every scheduler has to find the same instants.
    """
    if not text.startswith("@") and len(text.split()) != FIELDS:
        raise TimetableError(
            f"'{text}' has not the five fields: minute hour day month weekday, like '30 3 * * *'"
        )
    if re.search(r"(^|[\s,])[rh]([\s,/(]|$)", text, re.IGNORECASE):
        raise TimetableError(f"'{text}' asks for random times; write the minutes and hours out")
    try:
        croniter(text, datetime(2000, 1, 1)).get_next(datetime)  # noqa: DTZ001 - wall clock
    except CroniterBadDateError:
        raise TimetableError(f"'{text}' names a date that never comes") from None
    except (CroniterError, ValueError, KeyError) as error:
        raise TimetableError(f"'{text}' is no cron string: {error}") from None
    return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Timetable:
    """A cron string on the wall clock of a zone.

    When clocks go forward, a time that is left out is due as much later as was left out (02:30 at
    03:30); when they go back, a time that comes twice is due the first time. A cron string with `*`
    for the hour means real hours: it skips what is left out and is due in both of the two hours.
    """

    cron: str
    zone: ZoneInfo

    def backwards(self, until: datetime) -> Iterator[datetime]:
        """Due instants not after `until`, the latest first; ends half a century back."""
        top = max(self._offsets(until.astimezone(self.zone).replace(tzinfo=None)))
        minute = (until.astimezone(UTC) + top).replace(second=0, microsecond=0, tzinfo=None)
        walls = self._walls(minute + MINUTE, back=True)
        return (at for at in self._in_order(walls, back=True) if at <= until)

    def forwards(self, after: datetime) -> Iterator[datetime]:
        """Due instants after `after`, the next one first."""
        bottom = min(self._offsets(after.astimezone(self.zone).replace(tzinfo=None)))
        start = (after.astimezone(UTC) + bottom).replace(tzinfo=None)
        walls = self._walls(start, back=False)
        return (at for at in self._in_order(walls, back=False) if at > after)

    def _walls(self, start: datetime, *, back: bool) -> Iterator[datetime]:
        """Times that match on a clock that is never put forward or back."""
        found = croniter(self.cron, start)
        step = found.get_prev if back else found.get_next
        try:
            while True:
                yield step(datetime)
        except CroniterBadDateError:
            return

    def _in_order(self, walls: Iterable[datetime], *, back: bool) -> Iterator[datetime]:
        """Instants of wall times; where clocks were changed the two are not in the same order."""
        waiting: set[datetime] = set()
        for wall in walls:
            edge = self._edge(wall, back=back)
            ready = {at for at in waiting if (at > edge if back else at < edge)}
            yield from sorted(ready, reverse=back)
            waiting -= ready
            waiting |= self._instants(wall)
        yield from sorted(waiting, reverse=back)

    def _edge(self, wall: datetime, *, back: bool) -> datetime:
        """No instant of this or a further wall time lies beyond it."""
        offsets = self._offsets(wall)
        return (wall - (min(offsets) if back else max(offsets))).replace(tzinfo=UTC)

    def _offsets(self, wall: datetime) -> list[timedelta]:
        around = (wall + days for days in (-DAY, timedelta(), DAY))
        return [each.replace(tzinfo=self.zone).utcoffset() or timedelta() for each in around]

    def _instants(self, wall: datetime) -> set[datetime]:
        first, second = (
            wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1)
        )
        if first == second or not self._every_hour():
            return {first}
        return {first, second} if first < second else set()  # twice, or left out

    def _every_hour(self) -> bool:
        return bool(croniter.expand(self.cron)[0][1] == ["*"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """What to do about one due instant."""

    at: datetime
    fire: bool
    reason: str | None = None
    """Why it is skipped."""


def plan(
    timetable: Timetable, catchup: timedelta, *, since: datetime, now: datetime
) -> Sequence[Due]:
    """What to do about the instants after `since`, the latest one first.

    The latest one fires unless it was missed by more than `catchup`; all earlier ones are skipped,
    so that a scheduler that comes back fires a batch once, not once for each instant.
    """
    after = takewhile(lambda at: at > since, timetable.backwards(now))
    found = list(islice(after, MOST_RECORDED + 1))
    if not found:
        return ()
    latest, *missed = found
    fire = now - latest <= max(catchup, ON_TIME)
    late = f"missed by more than the catch-up window of {write_duration(catchup)}"
    first = Due(at=latest, fire=fire, reason=None if fire else late)
    reason = f"missed; fired once, for {latest.isoformat()}" if fire else "missed"
    rest = [Due(at=at, fire=False, reason=reason) for at in missed[: MOST_RECORDED - 1]]
    if len(found) > MOST_RECORDED:
        last = rest.pop()
        rest.append(Due(at=last.at, fire=False, reason=f"{reason}; earlier ones are not listed"))
    return (first, *rest)
