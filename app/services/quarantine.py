"""Refused pages as the server's doors list, show and settle them."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from app.quality import releasing
from app.quality.releasing import NEWER, REFUSALS, Case, NotReleasable
from app.reextract.differences import change_of
from app.reextract.pages import Page, Reading, Refusal, read_one
from app.reextract.spool import Spool
from app.reextract.writing import write
from app.refs import Intake, OfferRef
from app.runs.owners import owner_name
from app.services import runs, trail
from app.services.desk import Desk
from app.services.runs import Opened
from app.services.trail import Deed
from app.services.wanted import Wanted
from app.store import offers, quarantine
from app.store.engine import consult, reading

TYPES = (*REFUSALS, quarantine.DOUBT)
MOST_COUNTED = 1000
"""Cases of a type are counted no further."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SETTLING = tuple(threading.Lock() for _ in range(64))
"""Who decides a case waits for whoever decides the same one: two at once would store it twice."""
LATEST_MOMENT = 253_402_300_799_999_999


class CaseDecided(Exception):
    """Somebody has decided about the case already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a page ended."""

    at: int
    """When its last case was last seen, in microseconds since 1970."""
    id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A page of cases, newest first."""

    cases: Sequence[Mapping[str, Any]]
    next: Place | None
    stored: AbstractSet[str]
    """Those of their offers that are stored."""
    waiting: Mapping[str, int]
    """How many wait for a person, by type, each counted up to 1,000."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settled:
    """What an act came to."""

    sentence: str
    run: int | None = None


def listed(
    desk: Desk, *, kind: str | None, waiting: bool, limit: int, after: Place | None = None
) -> Listed:
    """A page of cases: of one type, or all in which nothing was stored."""
    types = (kind,) if kind else REFUSALS
    place = (EPOCH + after.at * MICROSECOND, after.id) if after else None
    with reading(desk.engine) as conn:
        rows = quarantine.page(conn, types, limit=limit + 1, waiting=waiting, after=place)
        counted = quarantine.waiting_by_type(conn, TYPES, at_most=MOST_COUNTED)
        stored = _stored(conn, {row["offer_id"] for row in rows})
    last = rows[limit - 1]["last_seen_at"] if len(rows) > limit else None
    more = Place(at=(last - EPOCH) // MICROSECOND, id=rows[limit - 1]["id"]) if last else None
    return Listed(cases=rows[:limit], next=more, stored=stored, waiting=counted)


def shown(desk: Desk, case: int) -> Case:
    """One case. Raises CaseUnknown."""
    return releasing.case_of(desk.engine, case)


def is_stored(desk: Desk, offer_id: str) -> bool:
    """Whether there is such an offer; what is refused at its first visit has none."""
    return bool(consult(desk.engine, lambda conn: _stored(conn, (offer_id,))))


def _stored(conn: Connection, offer_ids: Collection[str]) -> frozenset[str]:
    query = select(offers.OFFER.c.offer_id).where(offers.OFFER.c.offer_id.in_(offer_ids))
    return frozenset(conn.scalars(query))


def retry(desk: Desk, case: int, deed: Deed) -> Opened:
    """Have the offer's page loaded again: an own run, which workers are told of.

    The case waits on: a newer page that is stored makes it one to discard. Raises CaseUnknown.
    """
    found = shown(desk, case)
    ref = OfferRef(offer_id=found.row["offer_id"])
    opened = runs.open_run(desk, Wanted(intake=Intake(accepted=(ref,))))
    trail.note(desk.engine, deed)
    return opened


def release(desk: Desk, case: int, deed: Deed) -> Settled:
    """Store what the page says after all. Raises CaseUnknown, CaseDecided, NotReleasable."""
    return _settled(desk, case, deed, _release)


def discard(desk: Desk, case: int, deed: Deed) -> Settled:
    """Close the case, leave what is stored. Raises CaseUnknown, CaseDecided."""
    return _settled(desk, case, deed, _discard)


def reextract(desk: Desk, case: int, deed: Deed) -> Settled:
    """Read the archived page again with today's layouts, and store what differs.

    Raises CaseUnknown, CaseDecided, NotReleasable.
    """
    return _settled(desk, case, deed, _reextract)


def _settled(desk: Desk, case: int, deed: Deed, act: Callable[[Desk, Case], Settled]) -> Settled:
    with SETTLING[case % len(SETTLING)]:
        found = shown(desk, case)
        if found.row["decision"]:
            raise CaseDecided(f"case {case} is {found.row['decision']} already")
        done = act(desk, found)
    trail.note(desk.engine, deed)
    return done


def _release(desk: Desk, case: Case) -> Settled:
    word = releasing.release(desk.engine, case, desk.archive, owner=owner_name())
    run = word.rpartition(" run ")[2]
    return Settled(sentence=word, run=int(run) if run.isdecimal() else None)


def _discard(desk: Desk, case: Case) -> Settled:
    releasing.decide(desk.engine, case, "discarded")
    return Settled(sentence="discarded")


def _reextract(desk: Desk, case: Case) -> Settled:
    found = _read(desk, case)
    stored = consult(desk.engine, lambda conn: offers.load(conn, found.record.key))
    if stored and stored.observed_at > found.record.observed_at:
        raise NotReleasable(NEWER)
    change = change_of(found, stored)
    if isinstance(change, Refusal):
        raise _unreadable(change)
    run = None
    if change is not None:
        label, options = f"case {case.row['id']}: {case.row['rule']}", {"case": case.row["id"]}
        with Spool() as spool:
            spool.put(change.repair)
            run = write(desk.engine, spool, owner=owner_name(), label=label, options=options).id
    releasing.decide(desk.engine, case, "released")
    return Settled(sentence=f"stored as run {run}" if run else "it says what is stored", run=run)


def _read(desk: Desk, case: Case) -> Reading:
    """The case's page as today's layouts read it."""
    if case.record is None:
        raise NotReleasable(
            f"its page is not archived; retry loads offer {case.row['offer_id']} again"
        )
    found = read_one(desk.archive, Page(record=case.record))
    if found.lost:
        raise NotReleasable(f"its page is lost: {found.lost}")
    if found.refusal:
        raise _unreadable(found.refusal)
    return found


def _unreadable(refusal: Refusal) -> NotReleasable:
    return NotReleasable(f"today's layouts do not read it: {refusal.type}: {refusal.message}")
