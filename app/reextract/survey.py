"""What archived pages say today against what is stored. Reads only; what it finds goes to a file.

Of each offer its newest page counts that said anything: not a wall, not a page that broke off. What
is stored from a newer page is never touched.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, exists, select

from app import models
from app.archive.reading import Wanted, latest, latest_count, next_offers
from app.archive.rows import PAGE
from app.archive.values import Record
from app.models import table
from app.reextract.differences import Change, change_of
from app.reextract.pages import Page, Reading, Refusal, reader
from app.reextract.spool import Spool
from app.runs.outcomes import STORED, Outcome
from app.store import offers
from app.store.engine import consult

OFFER, ATTEMPT = table(models.Offer), table(models.Attempt)
SAID = sorted(str(word) for word in (*STORED, Outcome.GONE, Outcome.INVALID, Outcome.UNREADABLE))
"""Endings of tries whose pages may be read again."""
EXAMPLES = 20
EXAMPLES_OF_FIELD = 3
CHUNK = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One field of one offer that differs."""

    offer_id: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A page that today's layouts do not read."""

    offer_id: str
    refusal: Refusal
    was_read: bool
    """It is what the stored item was read from: the layouts know less than they did."""


@dataclass(kw_only=True, slots=True)
class Survey:
    """What was found."""

    pages: int = 0
    same: int = 0
    different: int = 0
    newer: int = 0
    """Offers of which something newer is stored than their newest page."""
    refused: int = 0
    unlearned: int = 0
    """Of these, pages that were read before."""
    lost: int = 0
    """Records that are not there."""
    fields: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)
    refusals: list[Refused] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stored:
    """What is stored of an offer, in short."""

    observed_at: datetime
    fingerprints: tuple[str, str]
    gone: str | None


def _may_count() -> Any:
    same = (
        ATTEMPT.c.run_id == PAGE.c.run_id,
        ATTEMPT.c.offer_id == PAGE.c.offer_id,
        ATTEMPT.c.token == PAGE.c.token,
    )
    return exists().where(*same, ATTEMPT.c.ending.in_(SAID))


def size(engine: Engine, wanted: Wanted) -> int:
    """How many pages a survey would read."""
    return consult(engine, lambda conn: latest_count(conn, wanted, _may_count()))


def survey(
    engine: Engine,
    folder: Path,
    wanted: Wanted,
    spool: Spool,
    *,
    only: Sequence[str] = (),
    processes: int | None = None,
    tell: Callable[[int], None] = lambda _: None,
) -> Survey:
    """Read the pages again; what differs is counted, shown by examples, and put into the spool.

    `only` leaves all other fields as they are stored. `tell` hears how many pages are done.
    """
    found = Survey()
    with reader(folder, processes) as read:
        for reading in read(_pages(engine, wanted, found)):
            found.pages += 1
            _judge(engine, reading, found, spool, only)
            tell(found.pages)
    return found


def _pages(engine: Engine, wanted: Wanted, found: Survey) -> Iterator[Page]:
    last = 0
    while True:
        chunk = consult(engine, partial(next_offers, after=last, count=CHUNK, wanted=wanted))
        if not chunk:
            return
        first, last = chunk
        for record, stored in consult(engine, _chunk_of(wanted, first, last)):
            if stored is not None and stored.observed_at > record.observed_at:
                found.newer += 1
            else:
                yield Page(record=record, stored=_comparable(stored))


def _comparable(stored: _Stored | None) -> tuple[str, str] | None:
    """An offer that is gone keeps values of an older page: they say nothing about this one."""
    return None if stored is None or stored.gone else stored.fingerprints


def _chunk_of(
    wanted: Wanted, first: int, last: int
) -> Callable[[Connection], list[tuple[Record, _Stored | None]]]:
    def work(conn: Connection) -> list[tuple[Record, _Stored | None]]:
        span = PAGE.c.offer_id.between(str(first), str(last))
        records = latest(conn, wanted, _may_count(), span)
        known = _stored(conn, [record.key for record in records])
        return [(record, known.get(record.key)) for record in records]

    return work


def _stored(conn: Connection, keys: Sequence[str]) -> dict[str, _Stored]:
    columns = ("offer_id", "observed_at", "content_hash", "aside_hash", "gone")
    query = select(*(OFFER.c[name] for name in columns)).where(OFFER.c.offer_id.in_(list(keys)))
    return {
        offer_id: _Stored(observed_at=at, fingerprints=(content, aside), gone=gone)
        for offer_id, at, content, aside, gone in conn.execute(query)
    }


def _judge(
    engine: Engine, reading: Reading, found: Survey, spool: Spool, only: Sequence[str]
) -> None:
    """Count one page, and spool what it changes."""
    if reading.lost:
        found.lost += 1
        found.losses += [reading.lost] if len(found.losses) < EXAMPLES else []
        return
    if reading.is_same:
        found.same += 1
        return
    stored = consult(engine, lambda conn: offers.load(conn, reading.record.key))
    change = reading.refusal or change_of(reading, stored, only)
    if change is None:
        found.same += 1
    elif isinstance(change, Refusal):
        _refuse(reading.record, change, stored, found)
    else:
        found.different += 1
        _show(change, found)
        spool.put(change.repair)


def _refuse(
    record: Record, refusal: Refusal, stored: offers.StoredOffer | None, found: Survey
) -> None:
    was_read = stored is not None and stored.observed_at == record.observed_at and not stored.gone
    found.refused += 1
    found.unlearned += was_read
    refused = Refused(offer_id=record.key, refusal=refusal, was_read=was_read)
    # those that were read before stand first: the layouts know less than they did
    found.refusals.insert(0 if was_read else len(found.refusals), refused)
    del found.refusals[EXAMPLES:]


def _show(change: Change, found: Survey) -> None:
    """Count the fields; a few of each are shown."""
    for name, (before, after) in change.fields.items():
        found.fields[name] += 1
        if found.fields[name] <= EXAMPLES_OF_FIELD and len(found.examples) < EXAMPLES:
            found.examples.append(
                Example(offer_id=change.repair.offer_id, field=name, before=before, after=after)
            )
