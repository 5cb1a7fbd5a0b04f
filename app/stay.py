"""One run's stay at the site: as whom, at which pace, by which rules, and what a block leads to.

    async with stay(runtime, run) as guest:
        await guest.waited_turn("offer")    then ask for one page
        await guest.blocked(...)            the profile rests; until when

Rules and sums are in `app.pace`, health and cookies in `app.profiles`; here they are put together.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from app.pace import robots
from app.pace.turns import Gate
from app.pace.values import Closed, GateClosed, Kind, Turn, Wait
from app.profiles import rows
from app.profiles.values import Profile, ProfileHeld
from app.runs.states import Run
from app.runtime import Runtime
from app.store.memory import EVERYBODY
from browsers.blocks import detect
from browsers.errors import BrowserError, RenderError
from browsers.render import render
from browsers.values import Mode, RenderRequest, Visitor

HOLD_SECONDS = 60.0
"""A profile whose process died is free again after this."""
LOOK_SECONDS = 1.0
"""Where nothing is rationed, how often it is looked whether the profile rests."""
FLUSH_PAGES = 20
"""Good pages after which the profile is told."""


class Stopped(Exception):
    """Nothing more is to be asked for; nothing went wrong."""


class Stay:
    """See `stay`. All methods run on the loop; what blocks is done aside."""

    def __init__(
        self,
        runtime: Runtime,
        run: Run,
        profile: Profile,
        gate: Gate,
        *,
        view: str = EVERYBODY,
        stopped: asyncio.Event | None = None,
    ) -> None:
        self.profile = profile
        self.view = view
        """Whose prices the site shows: the profile's if it is logged in, else everybody's."""
        self._stopped = stopped or asyncio.Event()
        self._runtime = runtime
        self._manners = runtime.manners
        self._gate = gate
        self._row = self._manners.row(profile)
        self._ignores_robots = bool(run.options.get("ignore_robots"))
        self._rules: dict[str, robots.Rules] = {}
        self._learning = asyncio.Lock()
        self._looked = -LOOK_SECONDS
        self._good = 0

    @property
    def name(self) -> str:
        """Of the profile."""
        return self.profile.name

    @property
    def slots(self) -> int:
        """Pages at once: one for a profile with cookies, else as many as there are slots."""
        return 1 if self.profile.keeps_cookies else self._runtime.slots

    @property
    def is_paced(self) -> bool:
        """Whether pages have to wait for their turn."""
        return not self._gate.is_free

    async def waited_turn(self, kind: Kind, stopped: asyncio.Event | None = None) -> bool:
        """Take a turn and wait for it; whether a page may be asked for, False when stopped.

        Raises GateClosed, DatabaseUnavailable.
        """
        event = stopped or asyncio.Event()
        while not event.is_set():
            found = await self._next_turn(kind)
            if found is None:
                return True
            if isinstance(found, Closed):
                raise GateClosed(found)
            if found.seconds:
                with suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), found.seconds)
            if isinstance(found, Turn) and await self._is_used(found, event):
                return True
        return False

    async def _next_turn(self, kind: Kind) -> Turn | Wait | Closed | None:
        """As the gate says; None where nothing is rationed and it was asked just now."""
        if not self.is_paced:
            present = time.monotonic()
            if present - self._looked < LOOK_SECONDS:
                return None
            self._looked = present
        found = await self._runtime.aside(self._gate.book, kind)
        if isinstance(found, (Wait, Closed)):
            self._looked = -LOOK_SECONDS
        return found

    async def _is_used(self, turn: Turn, stopped: asyncio.Event) -> bool:
        """Whether a turn that was waited for is used now; else it is given back."""
        at_once = not turn.seconds
        if not stopped.is_set() and (at_once or await self._runtime.aside(self._gate.stands, turn)):
            return True
        await self._runtime.aside(self._gate.give_back, turn)
        return False

    async def confirm(self) -> None:
        """Just before a page is asked for: another may have met a block since the turn was given.

        Raises GateClosed, DatabaseUnavailable.
        """
        if self.is_paced and (rest := await self._runtime.aside(self._gate.rest)):
            raise GateClosed(rest)

    async def another_turn(self) -> None:
        """Wait for the turn of one more offer's page. Raises GateClosed, DatabaseUnavailable."""
        await self.waited_turn("offer")

    async def put_off(self, seconds: float, why: str) -> None:
        """The site asked for a pause: nobody of this profile or address asks before."""
        self._looked = -LOOK_SECONDS
        await self._runtime.aside(self._gate.put_off, seconds, why)

    # What robots.txt says

    async def forbidden(self, url: str) -> str | None:
        """The rule of robots.txt that forbids the page, if one does and nobody gave a reason.

        Fetches the file where it is not known. Raises GateClosed while it cannot be had, Stopped.
        """
        if self._ignores_robots or not self._manners.robots:
            return None
        host = url.split("/", 3)[2]
        async with self._learning:
            rules = self._rules.get(host)
            if rules is None or rules.is_stale(datetime.now(UTC)):
                rules = self._rules[host] = await self._learned(host)
        verdict = rules.verdict(url)
        return verdict.rule if isinstance(verdict, robots.Disallowed) else None

    async def _learned(self, host: str) -> robots.Rules:
        engine = self._runtime.engine
        found = await self._runtime.aside(robots.known, engine, host)
        if found is None:
            if not await self.waited_turn("list", self._stopped):
                raise Stopped
            status, body = await self._fetched(f"https://{host}/robots.txt")
            found = await self._runtime.aside(robots.learn, engine, host, status, body)
        if found.closed:
            raise GateClosed(found.closed)
        self._gate.heed(found.crawl_delay)
        return found

    async def _fetched(self, url: str) -> tuple[int, bytes]:
        request = RenderRequest(url=url, kind="robots", mode=Mode.LEAN)
        try:
            async with self._runtime.pool.lease("robots.txt") as slot:
                found = await render(slot, request, deadline=self._runtime.deadline)
        except RenderError:
            return robots.UNANSWERED, b""
        is_block = detect(url=found.final_url, status=found.status, document=found.document)
        return (robots.UNANSWERED, b"") if is_block else (found.status, found.document)

    # How the profile fares

    async def good(self) -> None:
        """A page was had."""
        self._good += 1
        if self._good >= FLUSH_PAGES:
            await self.flush()

    async def flush(self) -> None:
        """Tell the profile of the good pages since the last time."""
        pages, self._good = self._good, 0
        if pages:
            await self._runtime.aside(rows.note_good, self._runtime.engine, self._row, pages)

    async def blocked(self, reason: str) -> datetime | None:
        """The site blocked us: the profile rests; until when, None where a person has to look."""
        self._runtime.pool.limits.blocked()
        await self.flush()
        health = await self._runtime.aside(
            rows.note_block,
            self._runtime.engine,
            self._row,
            reason,
            self._manners.rests,
        )
        return health.rest_until

    async def renew(self) -> None:
        """Go on holding the profile. Raises ProfileHeld if it is somebody else's by now."""
        if self.profile.keeps_cookies:
            runtime = self._runtime
            await runtime.aside(rows.renew, runtime.engine, self._row, runtime.owner, HOLD_SECONDS)


@asynccontextmanager
async def stay(
    runtime: Runtime, run: Run, stopped: asyncio.Event | None = None
) -> AsyncIterator[Stay]:
    """Be the run's profile for as long as the block lasts; its cookies are kept at the end.

    Once `stopped` is set, robots.txt is not waited for any more.
    Raises ProfileHeld, ProfileUnknown, CookiesRefused.
    """
    manners, engine = runtime.manners, runtime.engine
    profile = manners.profile(run.options.get("profile") or "guest")
    gate = manners.gate(engine, profile)
    if not profile.keeps_cookies:
        await runtime.pool.become(Visitor(name=profile.name, proxy=profile.proxy))
        guest = Stay(runtime, run, profile, gate, stopped=stopped)
        try:
            yield guest
        finally:
            await asyncio.shield(guest.flush())
        return
    row = manners.row(profile)
    await runtime.aside(rows.hold, engine, row, runtime.owner, HOLD_SECONDS)
    try:
        storage = await runtime.aside(manners.jar.load, profile.name)
        await runtime.pool.become(
            Visitor(name=profile.name, storage=storage, proxy=profile.proxy, contexts=1)
        )
        health = await runtime.aside(rows.read, engine, row)
        view = EVERYBODY if health.logged_in_at is None else profile.name
        guest = Stay(runtime, run, profile, gate, view=view, stopped=stopped)
        try:
            yield guest
        finally:
            await asyncio.shield(_leave(runtime, guest))
    finally:
        await asyncio.shield(runtime.aside(rows.release, engine, row, runtime.owner))


async def _leave(runtime: Runtime, guest: Stay) -> None:
    await guest.flush()
    # A browser that died keeps no cookies, the jar has older ones; who is the profile by now has
    # newer ones.
    with suppress(BrowserError, ProfileHeld):
        await guest.renew()
        if storage := await runtime.pool.storage():
            await runtime.aside(runtime.manners.jar.save, guest.profile.name, storage)
