"""Going through a list of offers in one page: the page asks the gateway, we read the answers.

    async with opened(slot, request) as pages:
        pages.first                     the first page of the list, or the block that stands there
        await pages.turn(2)             the next one; None where the list has no further page

The page itself signs and sends every call; the answers are taken off the wire, where they are held
like documents. A search is turned by a click on its pager, the only click of this house.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from playwright.async_api import Error as PlaywrightError

from browsers import behaviour, blocks, traffic
from browsers.calls import Returned, Sent, is_renewal
from browsers.pager import Pager
from browsers.slot import Slot, bounded
from browsers.tab import Tab
from browsers.values import Arrow, Ask, ListPage, ListRequest, Mode, SlotState
from browsers.visit import Act, Document, Visit

PATIENCE = 10.0
"""Seconds a page has for its first call, its pager or its library before it counts as silent."""
HEARD = 3.0
"""Seconds in which a click on the pager is followed by a call, if the page heard it."""
SPARE = 1.0
"""Seconds of a deadline that behaviour leaves for what comes after it."""
GLANCE = 0.1
FIRST_TURN = 2
"""Page that the first turn leads to."""

_ASK = """(asked) => {
    const mtop = window.lib && window.lib.mtop;
    if (!mtop || !mtop.request) return false;
    const answer = mtop.request({...asked, ecode: 0}, () => {}, () => {});
    if (answer && answer.catch) answer.catch(() => {});
    return true;
}"""


@asynccontextmanager
async def opened(
    slot: Slot, request: ListRequest, *, deadline: float = 30.0, patience: float = PATIENCE
) -> "AsyncIterator[OpenList]":
    """Go to a list in a leased slot and read its first page within `deadline` seconds.

    Raises as `render` does; so does `turn`.
    """
    traffic.check(request.url)
    async with bounded(slot, deadline, "list"):
        tab = await slot.tab()
        listing = OpenList(slot, tab, request, patience)
        await tab.overhear(request.api, listing.hear)
    try:
        async with bounded(slot, deadline, "list") as ends:
            await listing.go(ends)
        yield listing
    finally:
        listing.leave()


class OpenList:
    """See `opened`. What the page does meanwhile is followed by two tasks until the end."""

    first: ListPage

    def __init__(self, slot: Slot, tab: Tab, request: ListRequest, patience: float) -> None:
        self._slot = slot
        self._tab = tab
        self._request = request
        self._patience = patience
        self._todo = behaviour.plan(request.seed, request.kind, pace=request.pace)
        self._visit = Visit(lean=False, behave=bool(self._todo.steps))
        self._ends = 0.0
        self._stands = False
        self._judged: tuple[Document | None, bool] = (None, False)
        self._home: Document | None = None
        self._returned: asyncio.Queue[Returned] = asyncio.Queue()
        self._own: dict[str, Any] | None = None
        self._begun: set[int] = set()
        self._answers: dict[int, tuple[int, bytes]] = {}
        self._news = asyncio.Event()
        self._failure: BaseException | None = None
        self._is_amiss = False
        """Why it could not be turned: not because it is at its end."""
        self._tasks: list[asyncio.Task[None]] = []

    # What its holder does

    async def go(self, ends: float) -> None:
        """Load the page and set `first`; `ends` is when that is cut off. Called by `opened`."""
        self._ends = ends
        self._slot.enter(SlotState.LOADING)
        self._slot.count(Mode.NATURAL)
        await self._tab.go(self._request.url)
        for work in (self._follow_documents(), self._follow_calls()):
            self._tasks.append(asyncio.create_task(self._noted(work)))
        await self._until(lambda: self._stands)
        if not await self._soon(lambda: bool(self._begun) or self._is_blocked):
            asked = isinstance(self._request.turn, Ask) and await self._ask(self._request.turn, 1)
            if not asked:
                self._home = self._document
                self.first = self._shell(1)
                return
        self.first = await self._page(1)

    async def turn(self, number: int, *, deadline: float = 30.0) -> ListPage | None:
        """The page of that number; None where the pager says that there is none.

        Searches are turned page by page: `number` is the next one. Shops may be asked for any.
        """
        async with bounded(self._slot, deadline, f"page {number} of the list") as ends:
            self._check()
            if self._has_left or self._is_blocked:
                return self._shell(number)
            self._ends = ends
            self._slot.enter(SlotState.BEHAVING)
            self._todo = behaviour.plan(
                self._request.seed + number, self._request.kind, pace=self._request.pace
            )
            await self._behaviour()
            return await self._turned(number)

    async def _turned(self, number: int) -> ListPage | None:
        match self._request.turn:
            case Arrow() as arrow:
                if not await self._press(arrow, number):
                    return self._shell(number) if self._is_amiss else None
            case Ask() as ask:
                if not await self._ask(ask, number):
                    return self._shell(number)
        return await self._page(number)

    def leave(self) -> None:
        """End what follows the page. Called by `opened`."""
        for task in self._tasks:
            task.cancel()
        self._tab.rest()

    # What the page does

    def hear(self, told: Sent | Returned) -> None:
        """A call of the page, or the answer to one. Called by the tab."""
        if isinstance(told, Returned):
            self._returned.put_nowait(told)
        elif (number := self._number(told)) is not None:
            self._begun.add(number)
            self._own = self._own or told.data
            self._news.set()

    def _number(self, sent: Sent) -> int | None:
        data = sent.data
        return None if data is None else self._request.number(data)

    async def _noted(self, work: Any) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for the page
            self._failure = error
            self._news.set()

    async def _follow_documents(self) -> None:
        while True:
            order = self._visit.see(await self._tab.event())
            if order is None:
                self._stands = False
            elif order.act is Act.FINISH:
                self._stands = True
                self._news.set()
            elif order.act is Act.PLAY:
                self._slot.enter(SlotState.BEHAVING)
                self._tab.play(self._behaviour())
            else:  # also of a frame in the page, which stands on
                await self._tab.carry_out(self._visit, order)
                self._news.set()

    async def _follow_calls(self) -> None:
        while True:
            returned = await self._returned.get()
            number = self._number(returned.sent)
            if number is not None:
                await self._read(number, returned)
            with suppress(PlaywrightError):  # the page may have left, and its calls with it
                await self._tab.let_go(returned.hold)

    async def _read(self, number: int, returned: Returned) -> None:
        if error := returned.error:
            raise error
        assert returned.status is not None
        try:
            body = returned.whole(await self._tab.body(returned.hold))
        except PlaywrightError:
            return
        if not is_renewal(body):
            self._answers[number] = (returned.status, body)
            self._news.set()

    def _behaviour(self) -> Coroutine[Any, Any, None]:
        left = self._ends - asyncio.get_running_loop().time() - SPARE
        return behaviour.play(self._tab.page, self._todo.within(left))

    # Waiting

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _until(self, happened: Callable[[], bool]) -> None:
        while True:
            self._check()
            if happened():
                return
            self._news.clear()
            await self._news.wait()

    async def _soon(self, happened: Callable[[], bool], within: float | None = None) -> bool:
        """Whether it happens before the page counts as silent."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience if within is None else within):
                await self._until(happened)
        return happened()

    async def _page(self, number: int) -> ListPage:
        """The answer for a page, or the block that took the page's place."""
        await self._until(lambda: self._stands and (number in self._answers or self._is_blocked))
        if number == 1:
            self._home = self._document
        if number not in self._answers:
            return self._shell(number)
        self._slot.enter(SlotState.READING)
        status, body = self._answers.pop(number)
        return ListPage(number=number, final_url=self._document.url, status=status, document=body)

    @property
    def _document(self) -> Document:
        assert self._visit.document is not None
        return self._visit.document

    @property
    def _has_left(self) -> bool:
        """Whether something else stands where the list was, as after a late block."""
        return self._document is not self._home

    @property
    def _is_blocked(self) -> bool:
        """Whether a block stands in place of the list, or over it."""
        if blocks.interstitial(self._visit.frames):
            return True
        document = self._document
        if self._judged[0] is not document:
            found = blocks.detect(url=document.url, status=document.status, document=document.body)
            self._judged = (document, found is not None)
        return self._judged[1]

    def _shell(self, number: int) -> ListPage:
        document = self._document
        return ListPage(
            number=number,
            final_url=document.url,
            status=document.status,
            document=document.body,
            from_page=False,
            interstitial=blocks.interstitial(self._visit.frames),
        )

    # Turning

    async def _press(self, arrow: Arrow, number: int) -> bool:
        """Click the pager's arrow until the page has asked for `number`; False: there is none."""
        dice = random.Random(f"{self._request.seed}/{number}")  # noqa: S311 - a repeatable walk
        is_brisk = self._request.pace <= 0
        pager = Pager(self._tab, arrow, dice, pointer=self._todo.ends_at, is_brisk=is_brisk)
        while number not in self._begun:
            if not await pager.reach(self._patience):
                # only a list of one page has none: this one has been turned by it
                is_gone = pager.is_missing and number > FIRST_TURN
                self._is_amiss = is_gone or self._has_left
                return False
            await pager.press()
            # A page that was still drawing heard nothing; its pager is looked at again.
            await self._soon(lambda: number in self._begun or self._has_left, within=HEARD)
            if self._has_left:
                self._is_amiss = True
                return False
        return True

    async def _ask(self, ask: Ask, number: int) -> bool:
        """Have the page's own library ask; False if it cannot."""
        data = ask.data(number, self._own)
        if data is None:
            return False
        asked = {"api": ask.api, "v": ask.version, "data": data}
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        while not await self._tab.page.evaluate(_ASK, asked):
            if loop.time() > end:
                return False
            await asyncio.sleep(GLANCE)
        return True
