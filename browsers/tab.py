"""A page with its CDP session: how the engine's events reach a visit and its orders the engine.

Only translation and transport; what an event means is decided in `visit.py`.
"""

import asyncio
import base64
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from browsers import calls, identity, traffic
from browsers.calls import Returned, Sent
from browsers.visit import ABORTED, Act, Answered, Broke, Event, Held, Leaving, Order, Sign, Visit

_TIDY_EVERY = 20
"""Visits of one tab between garbage collections: without, 1,000 lean pages add 70 MB (measured)."""
_MOST_RENDERED = 25
"""Rendered pages of one tab. A new tab is a new process that has to compile the site's scripts
again: that is more than half of what a page costs (docs/benchmark.md)."""
_CLEAN_EVERY = 3
"""Rendered pages between garbage collections: with none they hold three times the memory."""
_BLANK, _BLANK_SECONDS = "about:blank", 1.0

_DOCUMENTS = {"urlPattern": "*", "resourceType": "Document", "requestStage": "Response"}
_SETUP: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Fetch.enable", {"patterns": [_DOCUMENTS]}),
    # before any load: one that began earlier never tells that it broke off
    ("Network.enable", {}),
    ("Network.setBlockedURLs", {"urls": list(traffic.BLOCKED)}),
)


class Tab:
    """One page, for many visits. After one that rendered it `is_used`, until it is emptied."""

    def __init__(self, page: Page, cdp: CDPSession) -> None:
        self.page = page
        self.is_used = False
        self._cdp = cdp
        self._frame = ""
        self._visits = 0
        self._left = _MOST_RENDERED
        self._emptied: asyncio.Event | None = None
        self._death = asyncio.get_running_loop().create_future()
        self._watches = False
        self._events: asyncio.Queue[Event | BaseException] = asyncio.Queue()
        self._calls: tuple[str, Callable[[Sent | Returned], None]] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._listen()

    @classmethod
    async def open(cls, context: BrowserContext) -> "Tab":
        assert context.browser is not None
        version = context.browser.version
        page = await context.new_page()
        cdp = await context.new_cdp_session(page)
        tab = cls(page, cdp)
        frames, *_ = await asyncio.gather(
            cdp.send("Page.getFrameTree"),
            *(
                cdp.send(name, values)
                for name, values in (*identity.page_commands(version), *_SETUP)
            ),
        )
        tab._frame = frames["frameTree"]["frame"]["id"]
        await tab._deny()
        return tab

    async def _deny(self) -> None:
        """Permissions are the context's, whose name is only told to who asks from a page of it."""
        told = await self._cdp.send("Target.getTargetInfo")
        context = {"browserContextId": told["targetInfo"]["browserContextId"]}
        for permission in identity.DENIED:
            await self._cdp.send("Browser.setPermission", {**permission, **context})

    async def free(self) -> None:
        """Hold and refuse nothing from now on: a person looks at this page; no visit follows."""
        self.is_used, self._left = True, 0
        await self._cdp.send("Fetch.disable")
        await self._cdp.send("Network.setBlockedURLs", {"urls": []})

    async def empty(self) -> bool:
        """Leave the page that was shown; whether the tab may serve another visit.

        What that page left running ends with it, and its last events are heard before the next
        visit begins.
        """
        self.rest()
        self._left -= 1
        if self._left <= 0:
            return False
        self._emptied = asyncio.Event()
        try:
            async with asyncio.timeout(_BLANK_SECONDS):
                await self._cdp.send("Page.navigate", {"url": _BLANK})
                await self._emptied.wait()
                if self._left % _CLEAN_EVERY == 0:
                    await self._cdp.send("HeapProfiler.collectGarbage")
        except (PlaywrightError, TimeoutError):
            return False
        finally:
            self._emptied = None
        self.is_used = False
        return True

    async def close(self) -> None:
        self.rest()
        await self.page.close()

    # What a visit does

    async def go(self, url: str, *, lean: bool = False) -> None:
        """Begin a visit; what comes of it is told by `event`. `lean`: nothing is to be shown."""
        if not lean:
            await self._watch_document()
        if self._visits and self._visits % _TIDY_EVERY == 0:
            await self._cdp.send("HeapProfiler.collectGarbage")
        self._visits += 1
        self._events = asyncio.Queue()
        self._watch(self._navigate(url))

    async def _watch_document(self) -> None:
        """Hear what becomes of a document that is let go; of no use while nothing is shown."""
        if not self._watches:
            self._watches = True
            await self._cdp.send("Page.enable")

    async def overhear(self, api: str, tell: Callable[[Sent | Returned], None]) -> None:
        """Tell of the page's calls of an api, too, and hold their answers until `let_go`."""
        self.is_used, self._left = True, 0  # it serves nothing else afterwards
        self._calls = (api, tell)
        answers = {"urlPattern": calls.pattern(api), "requestStage": "Response"}
        await self._cdp.send("Fetch.enable", {"patterns": [_DOCUMENTS, answers]})

    async def event(self) -> Event:
        """The next event; raises what a task of this visit raised."""
        event = await self._events.get()
        if isinstance(event, BaseException):
            raise event
        return event

    async def body(self, hold: str) -> bytes:
        answer = await self._cdp.send("Fetch.getResponseBody", {"requestId": hold})
        text: str = answer["body"]
        return base64.b64decode(text) if answer["base64Encoded"] else text.encode()

    async def let_go(self, hold: str) -> None:
        await self._cdp.send("Fetch.continueRequest", {"requestId": hold})

    async def drop(self, hold: str) -> None:
        await self._cdp.send("Fetch.failRequest", {"requestId": hold, "errorReason": "Aborted"})

    async def carry_out(self, visit: Visit, order: Order) -> None:
        """Take a held document, let it go or drop it. Raises what it is dropped for."""
        if order.act is Act.TAKE:
            order = visit.took(await self.body(order.hold))
            if order.act is Act.LET_GO:
                # at once: a document that was cut never ends when it is let go a moment later
                await asyncio.gather(self._watch_document(), self.let_go(order.hold))
                return
        if order.act is Act.LET_GO:
            await self.let_go(order.hold)
        elif order.act is Act.DROP:
            await self.drop(order.hold)
            if order.error is not None:
                raise order.error

    async def look(self, function: str, *arguments: Any) -> Any:
        """Call a function of ours in a world that the page's scripts do not see."""
        world = await self._answer(
            "Page.createIsolatedWorld", {"frameId": self._frame, "worldName": "reader"}
        )
        told = await self._answer(
            "Runtime.callFunctionOn",
            {
                "functionDeclaration": function,
                "executionContextId": world["executionContextId"],
                "arguments": [{"value": value} for value in arguments],
                "returnByValue": True,
            },
        )
        if "exceptionDetails" in told:
            raise PlaywrightError(f"a look at the page failed: {told['exceptionDetails']['text']}")
        return told["result"].get("value")

    async def _answer(self, name: str, values: dict[str, Any]) -> Any:
        """What the renderer answers; one that dies meanwhile never does, which is an error, too."""
        asked = asyncio.ensure_future(self._cdp.send(name, values))
        try:
            await asyncio.wait((asked, self._death), return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise PlaywrightError("the renderer died")
            return asked.result()
        finally:
            asked.cancel()

    def play(self, behaviour: Coroutine[Any, Any, None]) -> None:
        """Behave while the visit goes on; PLAYED tells when it is done."""
        self._watch(self._played(behaviour))

    def rest(self) -> None:
        """End what a visit left running."""
        for task in self._tasks:
            task.cancel()

    async def _navigate(self, url: str) -> Event:
        error = (await self._cdp.send("Page.navigate", {"url": url})).get("errorText")
        # the engine shows its own error page for what failed, but for what we dropped
        self.is_used = self.is_used or error not in (None, ABORTED)
        return Answered(error=error)

    async def _played(self, behaviour: Coroutine[Any, Any, None]) -> Event:
        await behaviour
        return Sign.PLAYED

    def _watch(self, work: Coroutine[Any, Any, Event]) -> None:
        events = self._events  # of this visit, whichever is under way when the work is done
        task = asyncio.ensure_future(work)
        self._tasks.add(task)

        def done(task: asyncio.Task[Event]) -> None:
            self._tasks.discard(task)
            if not task.cancelled():
                events.put_nowait(task.exception() or task.result())

        task.add_done_callback(done)

    # What the engine tells

    def _listen(self) -> None:
        self.page.on("crash", self._on_crash)
        self.page.on("popup", self._close_popup)
        self._cdp.on("Fetch.requestPaused", self._on_paused)
        self._cdp.on("Page.frameRequestedNavigation", self._on_requested)
        self._cdp.on("Page.frameNavigated", self._on_navigated)
        self._cdp.on("Page.domContentEventFired", lambda _: self._tell(Sign.LOADED))
        self._cdp.on("Page.frameStoppedLoading", self._on_stopped)
        self._cdp.on("Network.requestWillBeSent", self._on_sent)
        self._cdp.on("Network.loadingFailed", self._on_failed)

    def _tell(self, event: Event) -> None:
        self._events.put_nowait(event)

    def _on_crash(self, _: Page) -> None:
        self._tell(Sign.CRASHED)
        if not self._death.done():
            self._death.set_result(None)

    def _on_paused(self, told: dict[str, Any]) -> None:
        if told["resourceType"] != "Document":
            self._on_returned(told)
            return
        self._tell(
            Held(
                hold=told["requestId"],
                load=told.get("networkId", ""),
                url=told["request"]["url"],
                status=told.get("responseStatusCode"),
                failure=told.get("responseErrorReason", ""),
                headers=_headers(told),
                is_main=told["frameId"] == self._frame,
            )
        )

    def _on_sent(self, told: dict[str, Any]) -> None:
        if self._calls is not None and calls.is_call(told["request"]["url"], self._calls[0]):
            self._calls[1](_sent(told["request"]))

    def _on_returned(self, told: dict[str, Any]) -> None:
        assert self._calls is not None
        self._calls[1](
            Returned(
                hold=told["requestId"],
                sent=_sent(told["request"]),
                status=told.get("responseStatusCode"),
                failure=told.get("responseErrorReason", ""),
                headers=_headers(told),
            )
        )

    def _on_requested(self, told: dict[str, Any]) -> None:
        if told["frameId"] == self._frame and told["disposition"] == "currentTab":
            self._tell(Leaving(url=told["url"]))

    def _on_navigated(self, told: dict[str, Any]) -> None:
        frame = told["frame"]
        if frame["id"] != self._frame:
            return
        if self._emptied is not None and frame["url"] == _BLANK:
            self._emptied.set()
            return
        self.is_used = True
        if frame["url"].startswith(("http:", "https:")):  # and not the engine's own error page
            self._tell(Sign.COMMITTED)

    def _on_stopped(self, told: dict[str, Any]) -> None:
        if told["frameId"] == self._frame:
            self._tell(Sign.STOPPED)

    def _on_failed(self, told: dict[str, Any]) -> None:
        if told.get("type") == "Document" and not told.get("canceled"):
            self._tell(Broke(load=told["requestId"], error=told["errorText"]))

    def _close_popup(self, popup: Page) -> None:
        """The headless engine opens none (`--block-new-web-contents`); one with windows may."""
        task = asyncio.ensure_future(_close(popup))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _headers(told: dict[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for header in told.get("responseHeaders", ()):
        name, value = header["name"].lower(), header["value"]
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _sent(request: dict[str, Any]) -> Sent:
    return Sent(url=request["url"], posted=request.get("postData", ""))


async def _close(popup: Page) -> None:
    with contextlib.suppress(PlaywrightError):
        await popup.close()
