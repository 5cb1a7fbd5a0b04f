"""A place in the pool: one context in its browser, and a page while there is work for one.

The pool decides when a slot is lent, opened or mended; a slot only does it and answers questions.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import cast

from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from browsers.errors import BrowserLost, PageCrashed, RenderError, TimedOut, Verdict
from browsers.launch import Browser, Context, Storage
from browsers.tab import Tab
from browsers.values import Mode, SlotState, SlotStatus, Visitor

_MOST_LOCAL = 1 << 20
"""Characters of local storage that are kept; pages decide how much there is."""

_WEAR = {Mode.NATURAL: 1.0, Mode.LEAN: 0.1}
"""How much of a browser's life a page takes: a lean one neither parses nor runs anything."""


class Guise:
    """As whom contexts are open. Its cookies are the visitor's, as they were seen last."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.storage = visitor.storage

    def is_of(self, visitor: Visitor) -> bool:
        """Whether becoming that visitor would change nothing."""
        return visitor == replace(self.visitor, storage=self.storage)

    def keep(self, storage: Storage) -> None:
        """What its next context begins with; who came without cookies begins anew each time."""
        if self.storage is not None:
            self.storage = storage


class Slot:
    """See `BrowserPool.lease`. Its holder passes it to `render` and to nothing else."""

    def __init__(self, number: int, *, probe: float) -> None:
        self.number = number
        self.state = SlotState.CLOSED
        self.label = ""
        self.mode = Mode.LEAN
        """Of what it was lent for last."""
        self.pages = 0
        self.wear = 0.0
        """Since the pool last asked; it sets this back."""
        self.verdict: Verdict | None = None
        """Set when the holder gave it back, until the pool has acted on it."""
        self.browser: Browser | None = None
        self.guise: Guise | None = None
        """Whose its context is, or is about to be."""
        self._probe = probe
        self._context: Context | None = None
        self._tab: Tab | None = None
        self._has_left = False
        """A page that nobody uses any more is still open in the context."""
        self._since = time.monotonic()

    def __repr__(self) -> str:
        return f"<Slot {self.number} {self.state}{self.label and ' ' + self.label}>"

    # Questions

    @property
    def is_idle(self) -> bool:
        """Ready to be lent."""
        return self.state is SlotState.IDLE

    @property
    def is_empty(self) -> bool:
        """Without a context, and nobody is about to open one."""
        return self.state is SlotState.CLOSED

    @property
    def is_lent(self) -> bool:
        return self.state in (SlotState.LOADING, SlotState.BEHAVING, SlotState.READING)

    @property
    def is_clean(self) -> bool:
        """Whether it may be lent again as it is."""
        return not self._has_left and (self._tab is None or not self._tab.is_used)

    def status(self) -> SlotStatus:
        return SlotStatus(
            number=self.number,
            state=self.state,
            label=self.label,
            since=self._since,
            pages=self.pages,
        )

    # Changes of state, made by the pool

    def enter(self, state: SlotState, label: str | None = None) -> None:
        self.state = state
        self.label = self.label if label is None else label
        self._since = time.monotonic()

    def forget(self) -> None:
        """Its browser is gone or going, and everything of the slot with it."""
        if self._tab is not None:
            self._tab.rest()
        self._tab = self._context = self.browser = self.guise = None
        self._has_left = False
        self.wear = 0.0
        self.enter(SlotState.CLOSED, "")

    async def open(self, browser: Browser, *, within: float) -> None:
        """Open a context. Raises TimeoutError or Playwright's error: the browser is not well."""
        assert self.guise is not None
        self.browser = browser
        async with asyncio.timeout(within):
            self._context = await browser.open_context(self.guise.storage)

    async def mend(self, verdict: Verdict, *, within: float) -> None:
        """Empty the page (KEEP), or close the context and open one. Raises as `open` does."""
        if verdict is Verdict.KEEP and not self._has_left:
            async with asyncio.timeout(within):
                await self._leave_page()
            return
        await self._save(within=within / 2)
        await self.clear(within=within)
        assert self.browser is not None
        await self.open(self.browser, within=within)

    async def _leave_page(self) -> None:
        tab, self._tab = self._tab, None
        if tab is None:
            return
        if await tab.empty():
            self._tab = tab
        else:
            await tab.close()

    async def clear(self, *, within: float) -> None:
        """Close the context and its page. Raises as `open` does."""
        tab, self._tab = self._tab, None
        if tab is not None:
            tab.rest()
        if self._context is not None:
            async with asyncio.timeout(within):
                await self._context.close()
        self._has_left = False

    async def _save(self, *, within: float) -> None:
        """Keep the cookies for the next context; a page that hangs keeps its local storage."""
        assert self.guise is not None
        if self.guise.storage is None or self._context is None:
            return
        with suppress(PlaywrightError, TimeoutError, BrowserLost):
            async with asyncio.timeout(within):
                cookies = list(await self._context.cookies())
            self.guise.keep({**self.guise.storage, "cookies": cookies})

    async def storage(self, *, within: float) -> Storage:
        """Cookies and local storage of its context. Raises BrowserLost."""
        assert self.guise is not None
        assert self._context is not None
        try:
            async with asyncio.timeout(within):
                found: Storage = dict(await self._context.storage_state())
        except (PlaywrightError, TimeoutError) as error:
            raise BrowserLost("the browser tells no cookies", charged=False) from error
        if len(str(found.get("origins"))) > _MOST_LOCAL:
            found["origins"] = []
        self.guise.keep(found)
        return found

    # What a render needs

    async def tab(self) -> Tab:
        """The slot's page; opened if it has none. The holder's deadline bounds it."""
        if self._tab is None:
            self._tab = await Tab.open(cast(BrowserContext, self._context))
        return self._tab

    def leave_tab(self) -> None:
        """The next `tab` opens another page. This one stays open until the context ends.

        A page that is about to load another one may not answer when it is told to close.
        """
        self._tab = None
        self._has_left = True

    def count(self, mode: Mode) -> None:
        """A page begins."""
        self.pages += 1
        self.wear += _WEAR[mode]

    async def is_lost(self) -> bool:
        """Whether the browser is dead or hangs, by asking it."""
        return self.browser is None or not await self.browser.answers(within=self._probe)

    def blame(self) -> bool:
        """Whether this page pays for the browser's death: the first does, if it had begun."""
        return self.wear > 0 and self.browser is not None and self.browser.blame()


@asynccontextmanager
async def bounded(slot: Slot, deadline: float, awaited: str) -> AsyncIterator[float]:
    """Work on a slot's page for `deadline` seconds at most; Playwright's errors become ours.

    Yields the loop's time at which it is cut off.

    A browser that no longer answers is noticed within the pool's `Patience.probe` afterwards.
    """
    try:
        async with asyncio.timeout(deadline) as limit:
            yield limit.when() or 0.0
    except TimeoutError as error:
        raise await worst(slot, TimedOut(f"no {awaited} within {deadline:g} s")) from error
    except PlaywrightError as error:
        raise await worst(slot, PageCrashed(f"the page is gone: {first_line(error)}")) from error


async def worst(slot: Slot, error: RenderError) -> RenderError:
    """`error`, unless the whole browser is dead or hangs: then that, which one page pays for."""
    if await slot.is_lost():
        return BrowserLost(f"the browser died or hangs ({error})", charged=slot.blame())
    return error


def first_line(error: Exception) -> str:
    """What an error of Playwright says, without its log."""
    return str(error).partition("\n")[0]
