"""Finding records by offer, time, layout and run, and reading a payload at its place."""

import hashlib
import operator
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from app.archive.rows import PAGE, record_of, records
from app.archive.values import Kind, Place, Record, RecordLost
from app.archive.warc import payload_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which records; what is None or empty does not matter."""

    kind: Kind | None = None
    keys: Sequence[str] = ()
    """Offer ids, or numbers of list pages."""
    since: datetime | None = None
    until: datetime | None = None
    """Before it."""
    layout: str | None = None
    run_id: int | None = None
    id: int | None = None
    """Of the record itself."""

    def conditions(self) -> list[Any]:
        told: tuple[tuple[Any, Any, Callable[[Any, Any], Any]], ...] = (
            (self.kind, PAGE.c.kind, operator.eq),
            (self.keys, PAGE.c.offer_id, lambda column, keys: column.in_(list(keys))),
            (self.since, PAGE.c.observed_at, operator.ge),
            (self.until, PAGE.c.observed_at, operator.lt),
            (self.layout, PAGE.c.layout, operator.eq),
            (self.run_id, PAGE.c.run_id, operator.eq),
            (self.id, PAGE.c.id, operator.eq),
        )
        return [compare(column, value) for value, column, compare in told if value]


def find(conn: Connection, wanted: Wanted, *, limit: int | None = None) -> list[Record]:
    """Records, the newest first."""
    query = records(*wanted.conditions()).order_by(PAGE.c.observed_at.desc(), PAGE.c.id.desc())
    return [record_of(row) for row in conn.execute(query.limit(limit))]


def latest(conn: Connection, wanted: Wanted, *counts: Any) -> list[Record]:
    """Of each offer the newest record that `counts`, if it meets `wanted`; by offer.

    The newest is chosen first: an offer that was read again after `until` is not `wanted`.
    """
    query = records(_is_latest(wanted, counts), *wanted.conditions()).order_by(PAGE.c.offer_id)
    return [record_of(row) for row in conn.execute(query)]


def latest_count(conn: Connection, wanted: Wanted, *counts: Any) -> int:
    """How many `latest` would find."""
    query = select(func.count()).where(_is_latest(wanted, counts), *wanted.conditions())
    return conn.scalar(query) or 0


def _is_latest(wanted: Wanted, counts: Sequence[Any]) -> Any:
    newest_first = (PAGE.c.observed_at.desc(), PAGE.c.id.desc())
    place = func.row_number().over(partition_by=PAGE.c.offer_id, order_by=newest_first)
    own = _offers_of(wanted)  # of other offers nothing is ranked
    ranked = select(PAGE.c.id, place.label("place")).where(*own, *counts).subquery()
    return PAGE.c.id.in_(select(ranked.c.id).where(ranked.c.place == 1))


def _offers_of(wanted: Wanted) -> list[Any]:
    """Which records are pages of the wanted offers."""
    of_offers = PAGE.c.kind == str(Kind.OFFER)
    named = PAGE.c.offer_id.in_(list(wanted.keys))
    return [of_offers, named] if wanted.keys else [of_offers]


def next_offers(conn: Connection, after: int, count: int, wanted: Wanted) -> tuple[int, int] | None:
    """The first and the last of the next so many wanted offers in the archive, if there are any."""
    later = select(PAGE.c.offer_id).where(*_offers_of(wanted), PAGE.c.offer_id > after)
    some = later.distinct().order_by(PAGE.c.offer_id).limit(count).subquery()
    span = select(func.min(some.c.offer_id), func.max(some.c.offer_id))
    first, last = conn.execute(span).one()
    return None if first is None else (int(first), int(last))


def read(folder: Path, record: Record) -> bytes:
    """The payload of a record, as it was kept. Raises RecordLost."""
    return read_at(folder, record.place, record.sha256)


def read_at(folder: Path, place: Place, sha256: str) -> bytes:
    """The payload at a place; its digest is compared. Raises RecordLost."""
    payload = payload_of(_member(folder / place.file, place))
    if hashlib.sha256(payload).hexdigest() != sha256:
        raise RecordLost(f"{place.file} at {place.offset}: another payload than was kept")
    return payload


def _member(path: Path, place: Place) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            member = os.pread(file.fileno(), place.length, place.offset)
    except OSError as error:
        raise RecordLost(f"{path.name} at {place.offset}: {error.strerror}") from error
    if len(member) < place.length:
        raise RecordLost(f"{path.name} at {place.offset}: the file ends before")
    return member


def lost(folder: Path, found: Iterable[Record]) -> Iterator[tuple[Record, str]]:
    """Records that cannot be read, each with the reason."""
    for record in found:
        try:
            read(folder, record)
        except RecordLost as error:
            yield record, str(error)
