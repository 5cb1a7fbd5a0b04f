"""Finding offers: the walk along a run's list, page by page, in one browser page.

    claim of page k ─ open the list ─ turn to k ─┬─ read, store, claim k+1 ─ turn ─┐
                                                 └────────────────────────────────┘

Each list page is an item of the run. What it brings, its outcome and the claim on the next page are
one transaction, so the offers are synced while the list is still being read, and a killed worker's
walk goes on at its page.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from app import models
from app.archive import rows as archived
from app.archive.scrub import scrub, scrub_url
from app.archive.values import Kept
from app.cards import OfferCard
from app.extract import lists as answers
from app.extract.base import Blocked, ExtractError, LayoutUnknown
from app.keeping import archive
from app.lists import SHOP_PAGE, ListKind, ListRef, request_for
from app.models import table
from app.pace.values import GateClosed
from app.runs import listing
from app.runs.claims import Claim
from app.runs.consequences import settlement_for
from app.runs.journal import commit_noted
from app.runs.outcomes import Ending as Attempt
from app.runs.outcomes import Listed, Outcome, Retry, Ruling, Settlement, Skipped
from app.runs.settling import Fenced
from app.runs.states import Run, read_run
from app.runtime import Event, Runtime
from app.stay import Stay, Stopped
from app.store.cards import save_cards
from app.store.engine import consult
from app.sync import Ending, ended
from browsers.blocks import detect
from browsers.listing import OpenList, opened
from browsers.values import Ask, ListPage, ListRequest, Mode

SUPPLIER = table(models.Supplier)
AGAIN_SECONDS = 5.0
"""Before a list page that could not be read is asked for again."""

Handed = Callable[[Claim, Claim | None], None]
"""Told that a page's claim is over, and which claim took its place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a list page brought."""

    cards: list[OfferCard] = field(default_factory=list)
    total: int | None = None
    """How many offers the list says it has."""
    is_last: bool = False
    """Whether no page comes after it."""

    @property
    def offers(self) -> list[str]:
        """The offers to sync: an advertisement's is not asked for on its account."""
        return [card.offer_id for card in self.cards if not card.is_ad]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a run keeps of the list it reads."""

    ref: ListRef
    first: int | None
    """Only so many of its offers."""

    @classmethod
    def of(cls, run: Run) -> "Wanted":
        named = run.options["list"]
        return cls(ref=ListRef.of(named["kind"], named["value"]), first=named.get("first"))


async def walk_list(
    runtime: Runtime, claim: Claim, *, guest: Stay, handed: Handed, stopped: asyncio.Event
) -> Ending:
    """Read a run's list from the claimed page on, until it ends or `stopped` is set.

    Returns how the last page of the walk ended; whatever goes wrong with it is settled here. The
    claim that `handed` was not told of is still held. Raises GateClosed, and what is no item's
    matter: no engine, no database, pool closed.
    """
    walk = _Walk(runtime, claim, guest=guest, handed=handed, stopped=stopped)
    try:
        return await walk.go()
    except Fenced as error:
        return Ending(word="fenced", text=str(error))
    except Stopped:  # before its next page; its claim is still held
        return Ending(word=str(Attempt.GIVEN_BACK), text="")
    except GateClosed:
        raise
    except Exception as error:  # noqa: BLE001 - the table in consequences.py sorts them
        return await walk.settle(error)


class _Walk:
    """One walk; holds the claim of the page it is at."""

    def __init__(
        self,
        runtime: Runtime,
        claim: Claim,
        *,
        guest: Stay,
        handed: Handed,
        stopped: asyncio.Event,
    ) -> None:
        self._runtime = runtime
        self._claim = claim
        self._guest = guest
        self._handed = handed
        self._stopped = stopped
        self._began = time.monotonic()
        self._kept: tuple[Kept, ...] = ()
        """The page's record in the archive, until it has its row."""

    async def go(self) -> Ending:
        runtime = self._runtime
        run = await runtime.aside(read_run, runtime.engine, self._claim.run_id)
        wanted = Wanted.of(run)
        request = await runtime.aside(_request, runtime, wanted.ref, run.id)
        if rule := await self._guest.forbidden(request.url):
            return await self._settled(Skipped(reason=f"robots.txt: {rule}"))
        await self._take_turn()
        async with runtime.pool.lease(self._claim.name, Mode.NATURAL) as slot:
            await self._guest.confirm()  # the slot may have been long in coming
            async with opened(slot, request, deadline=runtime.deadline) as shown:
                page = await self._turned_to(shown, request, self._claim.page)
                while True:
                    ending, is_over = await self._keep(page, wanted)
                    if is_over:
                        return ending
                    page = await self._turn(shown, self._claim.page)

    async def _turned_to(
        self, shown: OpenList, request: ListRequest, number: int
    ) -> ListPage | None:
        """The page of that number. By arrows it is reached as a person does, one after the other:
        a search opened at a later page shows mostly what stood on the first one.
        """
        page: ListPage | None = shown.first
        while page is not None and page.from_page and page.number < number:
            asks = isinstance(request.turn, Ask)
            page = await self._turn(shown, number if asks else page.number + 1)
        return page

    async def _take_turn(self) -> None:
        if not await self._guest.waited_turn("list", self._stopped):
            raise Stopped

    async def _turn(self, shown: OpenList, number: int) -> ListPage | None:
        await self._take_turn()
        return await shown.turn(number, deadline=self._runtime.deadline)

    async def _keep(self, page: ListPage | None, wanted: Wanted) -> tuple[Ending, bool]:
        """Store a page and go on to the next one's claim; how it ended, and if it was the last."""
        if page is not None:
            page = await self._runtime.aside(self._put_away, page)
        found = Found(is_last=True) if page is None else read_page(page, wanted.ref)
        done = self._claim
        text, following = await self._runtime.aside(self._store, found, wanted)
        ending = Ending(word=str(Outcome.LISTED), text=text)
        self._tell(done, ending)
        self._handed(done, following)
        if following is not None:  # the last page's ending goes to whoever called
            await self._guest.good()
            self._claim, self._began = following, time.monotonic()
        return ending, following is None

    def _put_away(self, page: ListPage) -> ListPage:
        """The page scrubbed, and in the archive if there is one."""
        document, url = scrub(page.document), scrub_url(page.final_url)
        self._kept = archive(
            self._runtime, self._claim, document, url=url, status=page.status, at=datetime.now(UTC)
        )
        return replace(page, document=document, final_url=url)

    def _store(self, found: Found, wanted: Wanted) -> tuple[str, Claim | None]:
        """One transaction: cards, items, the page's outcome, the next page's claim."""
        runtime, claim = self._runtime, self._claim
        done: list[tuple[listing.Brought, Claim | None]] = []
        archived.wait_for_disk(self._kept)

        def work(conn: Connection) -> Settlement:
            seen_at = datetime.now(UTC)
            save_cards(conn, found.cards, run_id=claim.run_id, page=claim.page, seen_at=seen_at)
            brought = listing.add_offers(
                conn, claim, found.offers, most=wanted.first, total=found.total
            )
            is_full = wanted.first is not None and brought.offers >= wanted.first
            following = None
            if not found.is_last and not is_full:
                following = listing.claim_next(conn, claim, lease_seconds=runtime.lease_seconds)
            archived.note(conn, self._kept)
            done[:] = [(brought, following)]
            return Listed(reason=None if is_full else _shortfall(found, brought))

        commit_noted(runtime.journal, runtime.engine, claim, work)
        self._kept = ()
        [(brought, following)] = done
        return _told(found, brought), following

    async def settle(self, error: Exception) -> Ending:
        """Write what an error means for the page; raises it if it is not the page's matter."""
        settlement = settlement_of(error, self._claim)
        if settlement is None:
            raise error
        return await self._settled(settlement, error)

    async def _settled(self, settlement: Settlement, error: Exception | None = None) -> Ending:
        try:
            ruling = await self._runtime.aside(self._write, settlement)
        except Fenced as fenced:
            return Ending(word="fenced", text=str(fenced))
        ending = ended(settlement, ruling, error)
        self._handed(self._claim, None)
        self._tell(self._claim, ending)
        return ending

    def _write(self, settlement: Settlement) -> Ruling:
        runtime = self._runtime
        archived.wait_for_disk(self._kept)

        def work(conn: Connection) -> Settlement:
            archived.note(conn, self._kept)
            return settlement

        return commit_noted(runtime.journal, runtime.engine, self._claim, work)

    def _tell(self, claim: Claim, ending: Ending) -> None:
        seconds = time.monotonic() - self._began
        event = Event(
            at=datetime.now(UTC),
            name=claim.name,
            word=ending.word,
            seconds=seconds,
            text=ending.text,
        )
        self._runtime.tell(event)


def read_page(page: ListPage, ref: ListRef) -> Found:
    """The cards of a page as it came. Raises Blocked, LayoutUnknown."""
    block = detect(url=page.final_url, status=page.status, document=page.document)
    if block:
        raise Blocked(f"{block.name}: {block.evidence}", rule=block.rule)
    if page.interstitial:
        raise Blocked(f"{page.interstitial} over the list", rule=page.interstitial)
    read = answers.read_page(page.document) if page.from_page else None
    if read is None:
        raise LayoutUnknown("the list did not come", rule="no_list")
    is_last = not read.cards or _is_complete(ref, page.number, read.total)
    return Found(cards=read.cards, total=read.total, is_last=is_last)


def _is_complete(ref: ListRef, number: int, total: int | None) -> bool:
    """Whether a page is a shop's last; of a search only its arrow knows."""
    return ref.kind is ListKind.SHOP and total is not None and number * SHOP_PAGE >= total


def settlement_of(error: Exception, claim: Claim) -> Settlement | None:
    """As for an offer, but a list that cannot be read is asked for again: without it the run is
    not complete.
    """
    if isinstance(error, ExtractError) and not isinstance(error, Blocked):
        return Retry(reason=f"{error.type}: {error}", seconds=AGAIN_SECONDS)
    return settlement_for(error, charges=claim.charges)


def _shortfall(found: Found, brought: listing.Brought) -> str | None:
    """What a list that was read to its end lacks of the number it tells itself."""
    if not found.is_last or brought.total is None or brought.total == brought.offers:
        return None
    return f"the list says {brought.total:,} offers, its pages showed {brought.offers:,}"


def _told(found: Found, brought: listing.Brought) -> str:
    ads = sum(card.is_ad for card in found.cards)
    aside = ((brought.again, "named before"), (ads, "ads"))
    more = "".join(f", {number:,} {what}" for number, what in aside if number)
    return f"{brought.new:,} new offers{more}"


def _request(runtime: Runtime, ref: ListRef, seed: int) -> ListRequest:
    """How the list is opened; a shop that is known by its member id alone, at its own address."""
    query = select(SUPPLIER.c.shop_url).where(
        SUPPLIER.c.member_id == ref.value, SUPPLIER.c.shop_url.is_not(None)
    )
    known = consult(runtime.engine, lambda conn: conn.scalar(query.limit(1)))
    return request_for(ref, shop_url=known, seed=seed, pace=runtime.dwell)
