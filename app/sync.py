"""THE flow of one offer, from a claim to its row. Read this first.

Each step takes a value and returns a value. What goes wrong arrives here as an exception that
carries its consequence, and becomes this item's settlement in one place.
"""

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection

from app.alerts.firings import watch
from app.archive import rows as archived
from app.archive.scrub import scrub, scrub_url
from app.archive.values import Kept
from app.extract import registry
from app.extract.base import ExtractError, Gone, Snapshot
from app.images import rows as pictures
from app.items import OfferItem
from app.keeping import archive
from app.profiles.values import GUEST
from app.quality import books as tallies
from app.quality import plausible
from app.quality.marks import place_of
from app.refs import OfferRef
from app.runs.claims import Claim
from app.runs.consequences import BUSY_PAUSE, settlement_for
from app.runs.journal import commit_noted
from app.runs.outcomes import (
    STORED,
    Invalid,
    Outcome,
    Ruling,
    Settlement,
    Stored,
    Unreadable,
)
from app.runs.settling import Fenced
from app.runtime import Event, Runtime
from app.store import offers, quarantine
from app.store.before import look
from app.store.changes import Observation
from app.store.memory import EVERYBODY
from browsers.blocks import detect
from browsers.errors import Busy, ProxyFailed
from browsers.render import render
from browsers.values import Render, RenderRequest

STATE_MARKS = registry.state_marks()


class Guest(Protocol):
    """As whom pages are asked for, and by whose leave; `app.stay` makes them."""

    @property
    def name(self) -> str:
        """Of the profile."""
        ...

    @property
    def view(self) -> str:
        """Whose prices the site shows: the profile's if it is logged in, else everybody's."""
        ...

    async def confirm(self) -> None:
        """Just before a page is asked for: may it still be? Raises GateClosed."""

    async def another_turn(self) -> None:
        """Wait for the turn of one more page. Raises GateClosed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How one try of an offer ended."""

    word: str
    """An outcome, `retry`, `blocked` or `fenced`."""
    text: str
    """A title or a reason, for people."""
    blocked: str | None = None
    """The rule of the block there was: instead of the page, or over a page that is stored."""
    pause: float = 0.0
    """Seconds for which the site asked to be left alone."""

    @property
    def is_good(self) -> bool:
        """Whether the site showed what was asked for."""
        return self.word in (*STORED, Outcome.GONE, Outcome.LISTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A page that was loaded for a claim, and when."""

    claim: Claim
    render: Render
    """Scrubbed once it was put away."""
    at: datetime
    view: str = EVERYBODY
    """The profile that was logged in: its prices may be its own."""
    kept: tuple[Kept, ...] = ()
    """Its records in the archive, its own last; before it those of looks that brought no state."""

    @property
    def seen(self) -> Observation:
        claim = self.claim
        return Observation(
            run_id=claim.run_id, token=claim.token, observed_at=self.at, view=self.view
        )


async def sync_offer(runtime: Runtime, claim: Claim, guest: Guest) -> Ending:
    """Load, read and store one claimed offer; whatever goes wrong with it is settled here.

    Raises what is not this item's matter: GateClosed, no engine, no database, pool closed.
    """
    began = time.monotonic()
    page: Page | None = None
    try:
        page = replace(await load(runtime, claim, guest), view=guest.view)
        page = await runtime.aside(put_away, runtime, page)
        ending = await runtime.aside(keep, runtime, page, guest.name)
        if runtime.pictures:
            runtime.pictures.wake()
    except Fenced as error:
        ending = Ending(word="fenced", text=str(error))
    except Exception as error:  # noqa: BLE001 - the table in consequences.py sorts them
        ending = await runtime.aside(settle, runtime, claim, page, error)
    seconds = time.monotonic() - began
    runtime.tell(
        Event(
            at=datetime.now(UTC),
            name=claim.name,
            word=ending.word,
            seconds=seconds,
            text=ending.text,
        )
    )
    return ending


async def load(runtime: Runtime, claim: Claim, guest: Guest) -> Page:
    """The page of a claimed offer, rendered in a leased slot. Raises RenderError, GateClosed."""
    seed = int(claim.offer_id) + claim.attempt
    first, *further = runtime.loading.modes(seed)
    request = RenderRequest(
        url=OfferRef(offer_id=claim.offer_id).url,
        kind="offer",
        mode=first,
        seed=seed,
        pace=runtime.dwell,
    )
    page = await _looked(runtime, claim, guest, request)
    for mode in further:
        if _is_answer(page.render):
            break
        before = await runtime.aside(put_away, runtime, page)
        await guest.another_turn()
        page = await _looked(runtime, claim, guest, replace(request, mode=mode))
        page = replace(page, kept=before.kept)
    return page


def _is_answer(loaded: Render) -> bool:
    """Whether no further look is needed: an offer's state came, or a block, which is heeded."""
    if any(mark in loaded.document for mark in STATE_MARKS):
        return True
    block = detect(url=loaded.final_url, status=loaded.status, document=loaded.document)
    return block is not None


async def _looked(runtime: Runtime, claim: Claim, guest: Guest, request: RenderRequest) -> Page:
    async with runtime.pool.lease(claim.offer_id, request.mode) as slot:
        await guest.confirm()  # the slot may have been long in coming
        loaded = await render(slot, request, deadline=runtime.deadline)
    return Page(claim=claim, render=loaded, at=datetime.now(UTC))


def put_away(runtime: Runtime, page: Page) -> Page:
    """The page scrubbed, and in the archive if there is one: from here on both are the same bytes.

    Raises ArchiveUnwritable, DatabaseUnavailable.
    """
    loaded = page.render
    document, final_url = scrub(loaded.document), scrub_url(loaded.final_url)
    loaded = replace(loaded, document=document, final_url=final_url)
    kept = archive(
        runtime,
        page.claim,
        document,
        url=final_url,
        status=loaded.status,
        headers=loaded.headers,
        at=page.at,
    )
    return replace(page, render=loaded, kept=(*page.kept, *kept))


def keep(runtime: Runtime, page: Page, profile: str = GUEST) -> Ending:
    """Read a page and store its item, all in one transaction. Raises ExtractError, Fenced.

    Its pictures are queued with it; they are fetched once it is committed, by who has time.
    """
    item = registry.read(snapshot_of(page.render))
    archived.wait_for_disk(page.kept)
    fired: list[int] = []

    def store(conn: Connection) -> Settlement:
        known = look(conn, item)
        before = known.shown_to(page.seen.view)
        doubts = plausible.refuse(item, before)
        saved = offers.save(conn, item, page.seen, known)
        for doubt in doubts:
            quarantine.keep(conn, _doubtful(item, doubt), run_id=page.claim.run_id)
        archived.note(conn, page.kept, layout=item.layout)
        fired[:] = [watch(conn, runtime.alerts, item, saved, page.seen)]
        if runtime.pictures:
            pictures.queue(conn, item.offer_id, profile=profile)
        tallies.note_read(conn, page.claim.run_id, runtime.manners.realm, item, before)
        return Stored(outcome=Outcome(saved.change))

    ruling = commit_noted(runtime.journal, runtime.engine, page.claim, store)
    _tell_people(runtime, fired)
    over = page.render.interstitial
    blocked = f"{over} over a page that was read" if over else None
    return Ending(word=str(ruling.ending), text=describe(item), blocked=blocked)


def settle(runtime: Runtime, claim: Claim, page: Page | None, error: Exception) -> Ending:
    """Write what an error means for the item; raises the error if it is not the item's matter."""
    settlement = settlement_for(error, charges=claim.charges)
    if settlement is None:
        raise error
    if page:
        archived.wait_for_disk(page.kept)
    fired: list[int] = []

    def store(conn: Connection) -> Settlement:
        if page:
            archived.note(conn, page.kept)
        if page and isinstance(error, Gone):
            gone = offers.mark_gone(conn, claim.offer_id, error.rule or "deleted", page.seen)
            fired[:] = [watch(conn, runtime.alerts, None, gone, page.seen) if gone else 0]
        if page and isinstance(settlement, (Invalid, Unreadable)):
            quarantine.keep(conn, refusal(runtime, page, error), run_id=claim.run_id)
            if isinstance(error, ExtractError):
                tallies.note_refused(conn, claim.run_id, runtime.manners.realm, error)
        return settlement

    try:
        ruling = commit_noted(runtime.journal, runtime.engine, claim, store)
    except Fenced as fenced:
        return Ending(word="fenced", text=str(fenced))
    _tell_people(runtime, fired)
    return ended(settlement, ruling, error)


def _tell_people(runtime: Runtime, fired: list[int]) -> None:
    """Once it is committed; a courier that is not there or dies leaves it to another."""
    if runtime.courier and any(fired):
        runtime.courier.wake()


def ended(settlement: Settlement, ruling: Ruling, error: Exception | None = None) -> Ending:
    """How a try ended that was settled so."""
    blocked = settlement.reason if settlement.word == Outcome.BLOCKED else None
    word = settlement.word if blocked else str(ruling.ending)
    pause = (error.retry_after or BUSY_PAUSE) if isinstance(error, (Busy, ProxyFailed)) else 0.0
    text = str(error) if blocked and error else settlement.reason or ""
    return Ending(word=word, text=text, blocked=blocked, pause=pause)


def refusal(runtime: Runtime, page: Page, error: Exception) -> quarantine.Refusal:
    """Why a page is not stored; a page of its kind is kept for a person to look at."""
    document = page.render.document
    known = error if isinstance(error, ExtractError) else None
    rule, field, layout = (known.rule, known.field, known.layout) if known else (None, None, None)
    kind = (type(error).__name__, rule, place_of(field), layout)
    return quarantine.Refusal(
        offer_id=page.claim.offer_id,
        type=type(error).__name__,
        rule=rule or "",
        field=field,
        message=str(error),
        digest=hashlib.sha256(document).hexdigest(),
        evidence=runtime.evidence.keep(document, *kind),
        layout=layout,
    )


def _doubtful(item: OfferItem, doubt: plausible.Doubt) -> quarantine.Refusal:
    return quarantine.Refusal(
        offer_id=item.offer_id,
        type=quarantine.DOUBT,
        rule=doubt.rule.name,
        field=doubt.rule.field,
        message=doubt.message,  # and no digest: the same doubt about the next page counts up
        layout=item.layout,
    )


def snapshot_of(loaded: Render) -> Snapshot:
    """What extraction may know of a render."""
    return Snapshot(
        document=loaded.document,
        url=loaded.url,
        final_url=loaded.final_url,
        status=loaded.status,
    )


def describe(item: OfferItem) -> str:
    """One line about an item for the screen."""
    low, high = item.price_min, item.price_max
    if low is None:
        price = "price hidden"
    else:
        price = f"¥{low}" if low == high else f"¥{low}–{high}"
    skus = f"  {len(item.skus)} SKUs" if item.skus else ""
    return f"{price}{skus}  {item.title}"
