"""Searching what programs noted (`app.logs`), newest first, whatever the files hold by now.

Files are read from their ends in blocks, and only as far as a page needs: memory stays small
however long they are. Torn and foreign lines are passed over.
"""

import heapq
import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

import orjson

BLOCK_BYTES = 64 * 1024
LONGEST_LINE = 1024**2
"""Bytes; a longer line is none of ours."""
MOST_LINES = 50_000
"""Looked at for one page; what lies before is the next page's."""
SLACK = timedelta(seconds=5)
"""Lines of programs that write at once may be this much out of order."""
LEVELS = ("debug", "info", "warning", "error", "critical")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which lines are wanted; what is None does not matter."""

    run: int | None = None
    offer: str | None = None
    profile: str | None = None
    role: str | None = None
    level: str | None = None
    """This one or graver, of `LEVELS`."""
    since: datetime | None = None
    words: tuple[str, ...] = ()
    """Each of them somewhere in the line, in whatever case."""

    def fits(self, line: "Line") -> bool:
        """Whether a line is wanted."""
        same = (
            ("run", self.run),
            ("item", self.offer),
            ("profile", self.profile),
            ("role", self.role),
        )
        if any(wanted is not None and line.fields.get(key) != wanted for key, wanted in same):
            return False
        if self.since is not None and line.time < self.since:
            return False
        if self.level is not None and _gravity(line.level) < _gravity(self.level):
            return False
        text = line.raw.casefold() if self.words else ""
        return all(word.casefold() in text for word in self.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line; its words may come from a page, so they are escaped where they are shown."""

    time: datetime
    level: str
    event: str
    fields: dict[str, Any] = field(default_factory=dict)
    """All of it, as it was written."""
    raw: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Lines, newest first."""

    lines: tuple[Line, ...]
    next: str | None
    """Cursor of the older ones; None: there are none. A page may be short and have one."""


class CursorWrong(ValueError):
    """A cursor that no page has given out."""


def search(folder: Path, wanted: Wanted, limit: int = 50, before: str | None = None) -> Page:
    """The newest lines that are wanted, or those older than a cursor. Raises CursorWrong."""
    moment, skipped = _read_cursor(before)
    rest = _since(_older(_merged(folder), moment, skipped), wanted)
    found: list[Line] = []
    place, is_over = _Place(moment, skipped), True
    for number, line in enumerate(rest):
        if len(found) == limit or number == MOST_LINES:
            is_over = False
            break
        place = place.after(line)
        if wanted.fits(line):
            found.append(line)
    return Page(lines=tuple(found), next=None if is_over else place.cursor)


@dataclass(frozen=True, slots=True)
class _Place:
    moment: datetime | None
    number: int
    """Lines of that very moment that were seen."""

    def after(self, line: Line) -> "_Place":
        return _Place(line.time, self.number + 1 if line.time == self.moment else 1)

    @property
    def cursor(self) -> str | None:
        return f"{self.moment.isoformat()}~{self.number}" if self.moment else None


def _read_cursor(text: str | None) -> tuple[datetime | None, int]:
    if text is None:
        return None, 0
    moment, _, number = text.partition("~")
    try:
        at, skipped = datetime.fromisoformat(moment), int(number)
    except ValueError:
        raise CursorWrong(f"{text[:60]!r} is no cursor of these lines") from None
    if at.tzinfo is None or skipped < 0:
        raise CursorWrong(f"{text[:60]!r} is no cursor of these lines")
    return at, skipped


def _older(lines: Iterator[Line], moment: datetime | None, skipped: int) -> Iterator[Line]:
    """Those before a moment, and of the moment's own all but some."""
    for line in lines:
        if moment is not None and line.time > moment:
            continue
        if line.time == moment and skipped:
            skipped -= 1
            continue
        yield line


def _merged(folder: Path) -> Iterator[Line]:
    """The lines of all files, newest first."""
    return heapq.merge(*map(_lines_of, _files(folder)), key=_age, reverse=True)


def _since(lines: Iterator[Line], wanted: Wanted) -> Iterator[Line]:
    """Without those that are older than anything wanted."""
    since = wanted.since
    if since is None:
        return lines
    with suppress(OverflowError):  # before the first of all moments is none
        since -= SLACK
    return takewhile(lambda line: line.time >= since, lines)


def _age(line: Line) -> datetime:
    return line.time


def _gravity(level: str) -> int:
    return logging.getLevelNamesMapping().get(level.upper(), logging.INFO)


def growth(folder: Path) -> object:
    """Something that is equal while no line has come."""
    found = []
    for path in _files(folder):
        with suppress(FileNotFoundError):  # turned over in this very moment
            status = path.stat()
            found.append((path.name, status.st_ino, status.st_size))
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl*")) if folder.is_dir() else []


def _lines_of(path: Path) -> Iterator[Line]:
    return (line for raw in _backwards(path) if (line := _read(raw)) is not None)


def _read(raw: bytes) -> Line | None:
    try:
        fields = orjson.loads(raw)
        time = datetime.fromisoformat(fields["time"])
        level, event = str(fields["level"]), str(fields["event"])
    except (ValueError, KeyError, TypeError):
        return None
    if time.tzinfo is None:
        return None
    text = raw.decode(errors="replace")
    return Line(time=time, level=level, event=event, fields=fields, raw=text)


def _backwards(path: Path) -> Iterator[bytes]:
    """The lines of a file from its end; none of one that is gone by now."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        left, rest = file.seek(0, 2), b""
        while left:
            size = min(BLOCK_BYTES, left)
            left -= size
            file.seek(left)
            rest, *whole = (file.read(size) + rest).split(b"\n")
            yield from (line for line in reversed(whole) if line)
            rest = rest if len(rest) <= LONGEST_LINE else b""
        if rest:
            yield rest


def newest(folder: Path, wanted: Wanted, limit: int) -> list[Line]:
    """So many of the newest that are wanted, however far back that leads."""
    return list(islice(filter(wanted.fits, _since(_merged(folder), wanted)), limit))
