"""Saved views: named questions to the table of offers, shared by all who may look.

A file of the data folder, written whole and under a lock; a server beside it reads the same.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.filters.form import QUESTIONS
from app.filters.search import SORTS
from app.filters.values import FilterError
from app.services import trail
from app.services.desk import Desk
from app.services.offers import query_of
from app.services.trail import Deed

FILE = "offer-views.json"
MOST, LONGEST_NAME, LONGEST = 100, 60, 4000
"""Views; characters of a name, and of the question."""

SHAPE = ("q", "where", "sort", *(one.name for one in QUESTIONS))
"""Parameters of the table that a view keeps."""


class ViewRefused(ValueError):
    """A view cannot be kept so; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A question under a name."""

    name: str
    asked: Mapping[str, str]
    """Parameters of the table of offers; no empty ones."""
    by: str
    at: str
    """When it was saved, ISO 8601."""


def views(desk: Desk) -> list[View]:
    """All of them, by name. A file that nobody can read has none."""
    try:
        rows = json.loads((desk.folder / FILE).read_bytes())["views"]
        return sorted((View(**row) for row in rows), key=lambda one: one.name)
    except (OSError, ValueError, LookupError, TypeError):
        return []


def save(desk: Desk, name: str, asked: Mapping[str, str], deed: Deed) -> View:
    """Keep a view under a name, in place of one that has it. Raises ViewRefused, OSError."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise ViewRefused(f"a view needs a name of up to {LONGEST_NAME} characters")
    told = {key: value for key, value in asked.items() if value}
    if sum(map(len, told.values())) > LONGEST:
        raise ViewRefused(f"a view has at most {LONGEST:,} characters")
    _refuse_what_finds_nothing(told)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    view = View(name=name, asked=told, by=deed.actor, at=now)
    with _locked(desk.folder):
        others = [one for one in views(desk) if one.name != name]
        if len(others) >= MOST:
            raise ViewRefused(f"there are {MOST} views already: delete one first")
        _write(desk.folder / FILE, [*others, view])
    trail.note(desk.engine, deed)
    return view


def _refuse_what_finds_nothing(asked: Mapping[str, str]) -> None:
    """Once saved, nobody could open it any more."""
    if asked.get("sort") not in {None, *SORTS}:
        raise ViewRefused(f"there is no order '{asked['sort']}'; known: {', '.join(SORTS)}")
    answers = {one.name: asked.get(one.name, "") for one in QUESTIONS}
    try:
        query_of(asked.get("q", ""), asked.get("where", ""), answers)
    except FilterError as error:
        raise ViewRefused(str(error)) from error


def drop(desk: Desk, name: str, deed: Deed) -> bool:
    """Delete a view; False if there is none of that name. Raises OSError."""
    with _locked(desk.folder):
        found = views(desk)
        others = [one for one in found if one.name != name]
        if len(others) == len(found):
            return False
        _write(desk.folder / FILE, others)
    trail.note(desk.engine, deed)
    return True


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two who save at once would lose one of them."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f".{FILE}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(path: Path, found: list[View]) -> None:
    beside = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    beside.write_text(json.dumps({"views": [asdict(one) for one in found]}, indent=1), "utf-8")
    beside.replace(path)
