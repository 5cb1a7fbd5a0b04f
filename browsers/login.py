"""A person logs in: the login page's own QR code is told, and waited is until the phone confirms.

    async with pool.lease("login") as slot:
        admitted = await login(slot, deadline=300, tell=print)

Nothing is typed or clicked. The code and its fate are read off the wire; whether somebody is in is
told by cookies and proven by one visit (site/lists-shops-blocks-login.md §d3).
"""

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, Page, Request
from playwright.async_api import Error as PlaywrightError

from browsers.blocks import Block, detect
from browsers.errors import BrowserError, BrowserLost, Busy, NetworkFailed, PageCrashed, RenderError
from browsers.render import render
from browsers.slot import Slot, first_line, worst
from browsers.values import RenderRequest, SlotState
from browsers.visit import LARGEST

SIGNIN = "https://login.1688.com/member/signin.htm?tbpm=1"
PROBE = "https://work.1688.com/"
"""A page that guests are sent from to the login page."""
LOOK_SECONDS = 1.0
"""How often the cookies are looked at while the wire is silent."""
FIRST_CODE_SECONDS = 40.0
REFRESH_SECONDS = 5.0
"""A page that has shown no new code so long after the last ran out is loaded again."""
FINISH_SECONDS = 45.0
"""From the phone's word to the session; a site that takes longer asks for something else."""

_LOGIN_HOSTS = re.compile(r"^((login|passport)\.(1688|taobao)|havanalogin\.taobao)\.com$")
_CODE = re.compile(r"https://[!-~]{1,500}")
_USER, _FLAG = "unb", "__cn_logon__"


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeShown:
    """The page shows a code, in place of an earlier one if there was one."""

    content: str = field(repr=False)
    """What a phone reads; for some minutes as good as a password."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scanned:
    """A phone has read the code and asks its owner."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """The owner said yes, or logged in some other way."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancelled:
    """The owner said no."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Expired:
    """The code ran out; another follows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenged:
    """The site asks for a slider or the like, which a person may solve who sees the window."""

    block: Block


Event = CodeShown | Scanned | Confirmed | Cancelled | Expired | Challenged


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """Somebody is logged in."""

    storage: dict[str, Any] = field(repr=False)
    """Cookies and local storage in Playwright's form; secret."""
    already: bool = False
    """The cookies that were brought along still hold; nothing had to be done."""


class LoginFailed(BrowserError):
    """Nobody was logged in; the sentence says why."""


class LoginBlocked(BrowserError):
    """The site refused the login page, or wants what only a person at a window can give."""

    def __init__(self, block: Block) -> None:
        super().__init__(
            f"the site answered with a block ({block.rule}: {block.name}); wait, or do what it "
            "asks in a window:  pwsync login --headed"
        )
        self.block = block


async def login(
    slot: Slot, *, deadline: float, tell: Callable[[Event], None], window: bool = False
) -> Admitted:
    """Wait in a leased slot until somebody is logged in, `deadline` seconds at most.

    With `window` a person sees the page and may do there what the site asks: blocks are told then
    and end nothing. Raises LoginFailed, LoginBlocked and, of the browser, RenderError.
    """
    try:
        async with asyncio.timeout(deadline):
            return await _login(slot, tell, window=window)
    except TimeoutError as error:
        if await slot.is_lost():
            raise BrowserLost("the browser died or hangs") from error
        raise LoginFailed(f"nobody logged in within {deadline:g} s") from error
    except PlaywrightError as error:
        raise await worst(slot, _ours(error)) from error


async def is_member(slot: Slot, *, deadline: float) -> bool:
    """Whether the slot's cookies are a session that lives. Raises LoginBlocked, RenderError."""
    request = RenderRequest(url=PROBE, kind="probe", pace=0)
    found = await render(slot, request, deadline=deadline)
    block = detect(url=found.final_url, status=found.status, document=found.document)
    if block is not None and block.rule != "login":
        raise LoginBlocked(block)
    return block is None


def _ours(error: PlaywrightError) -> RenderError:
    said = first_line(error)
    return NetworkFailed(said) if "net::" in said else PageCrashed(f"the page is gone: {said}")


async def _login(slot: Slot, tell: Callable[[Event], None], *, window: bool) -> Admitted:
    tab = await slot.tab()
    context = tab.page.context
    if await _is_in(context):
        if await is_member(slot, deadline=FINISH_SECONDS):
            return Admitted(storage=await _storage(context), already=True)
        await _forget(context)
    slot.enter(SlotState.READING)
    await tab.free()
    await tab.page.goto("about:blank")  # the probe may have ended at a login page with its own code
    door = _Door(tab.page, tell, window=window)
    await door.open()
    while not await _is_in(context):
        await door.look()
    door.passed()
    slot.leave_tab()
    if not await is_member(slot, deadline=FINISH_SECONDS):
        raise LoginFailed("the site asks for a login again right after it; try once more")
    return Admitted(storage=await _storage(context))


async def _is_in(context: BrowserContext) -> bool:
    """Whether the cookies are those of an account; guests have the flag, too, as `false`."""
    cookies = await context.cookies()
    ours = {one["name"]: one["value"] for one in cookies if one["domain"].lstrip(".") == "1688.com"}
    return bool(ours.get(_USER)) and ours.get(_FLAG) != "false"


async def _forget(context: BrowserContext) -> None:
    """Of a session that has ended only the signs go: to the site it stays the same device."""
    for name in (_USER, _FLAG):
        await context.clear_cookies(name=name)


async def _storage(context: BrowserContext) -> dict[str, Any]:
    return dict(await context.storage_state())


class _Door:
    """The login page while it is open."""

    def __init__(self, page: Page, tell: Callable[[Event], None], *, window: bool) -> None:
        self._page = page
        self._tell = tell
        self._window = window
        self._wire: asyncio.Queue[Request | Exception] = asyncio.Queue()
        self._last: Event | None = None
        self._since = asyncio.get_running_loop().time()
        page.on("requestfinished", self._wire.put_nowait)
        page.on("crash", lambda _: self._wire.put_nowait(PageCrashed("the renderer died")))
        page.on("close", lambda _: self._wire.put_nowait(LoginFailed("the window was closed")))

    async def open(self) -> None:
        """Load the page, or load it again."""
        self._since = asyncio.get_running_loop().time()
        answer = await self._page.goto(SIGNIN, wait_until="commit")
        if answer is not None and answer.status >= 500:  # noqa: PLR2004 - server errors
            raise Busy(f"the login page: HTTP {answer.status}")

    async def look(self) -> None:
        """Heed what the wire brings, or what it fails to bring."""
        told: Request | Exception | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                told = await self._wire.get()
        if isinstance(told, Exception):
            raise told
        if told is not None:
            await self._heed(told)
        await self._wait_no_longer()

    def passed(self) -> None:
        """The cookies tell what the page may have been too quick to let us read."""
        self._say(Confirmed())

    async def _heed(self, request: Request) -> None:
        if not _matters(request):
            return
        try:
            answer = await request.response()
            if answer is None or int(answer.headers.get("content-length", 0)) > LARGEST:
                return
            body = await answer.body()
            is_main = request.is_navigation_request() and request.frame is self._page.main_frame
        except (PlaywrightError, ValueError):
            return  # the page has left it behind, and its body is gone
        # A frame or a call of its own that is refused takes nothing from a page that goes on.
        status = answer.status if is_main or _is_of_code(request.url) else 200
        if block := block_of(request.url, status, body):
            self._say(Challenged(block=block))
            if not self._window:
                raise LoginBlocked(block)
        elif event := event_of(request.url, body):
            self._say(event)
            if isinstance(event, Cancelled) and not self._window:
                raise LoginFailed("the login was cancelled on the phone")

    def _say(self, event: Event) -> None:
        if event != self._last:
            self._last, self._since = event, asyncio.get_running_loop().time()
            self._tell(event)

    async def _wait_no_longer(self) -> None:
        """Whether what had to follow is overdue: a first code, the next code, the session."""
        waited = asyncio.get_running_loop().time() - self._since
        if self._window:
            return  # somebody may be typing there
        if isinstance(self._last, Expired) and waited > REFRESH_SECONDS:
            await self.open()
        elif self._last is None and waited > FIRST_CODE_SECONDS:
            raise LoginFailed("the login page shows no QR code")
        elif isinstance(self._last, Confirmed) and waited > FINISH_SECONDS:
            raise LoginFailed("the phone confirmed, but the site asks for something more")


def _matters(request: Request) -> bool:
    """Whether an answer can be a code's fate or a block."""
    if request.resource_type == "document":
        return True
    is_call = request.resource_type in ("xhr", "fetch")
    return is_call and _LOGIN_HOSTS.match(urlsplit(request.url).hostname or "") is not None


def _is_of_code(url: str) -> bool:
    return "/qrcode/" in urlsplit(url).path.lower()


_EVENTS: dict[str, Event] = {
    "SCANED": Scanned(),
    "SCANNED": Scanned(),
    "CONFIRMED": Confirmed(),
    "EXPIRED": Expired(),
    "CANCELED": Cancelled(),
    "CANCELLED": Cancelled(),
}
"""The site's words for the fate of a code. `NEW` is no event."""


def event_of(url: str, body: bytes) -> Event | None:
    """What an answer of the login page means; None for nothing."""
    path = urlsplit(url).path.lower()
    if "/qrcode/generate" in path:
        content = _find(body, "codeContent")
        return CodeShown(content=content) if content and _CODE.fullmatch(content) else None
    if "/qrcode/query" in path:
        return _EVENTS.get(_find(body, "qrCodeStatus") or "")
    return None


def block_of(url: str, status: int, body: bytes) -> Block | None:
    """The block that an answer is, but for being asked to log in, which is what we are about."""
    parts = urlsplit(url)
    # A login host is itself a sign of a block; what stands there must speak for itself.
    shown = parts.path if _LOGIN_HOSTS.match(parts.hostname or "") else url
    block = detect(url=shown, status=status, document=body)
    return None if block is None or block.rule == "login" else block


def _find(body: bytes, name: str) -> str | None:
    """The first text of that name, wherever it stands in the answer."""
    with suppress(ValueError, RecursionError):
        return _search(json.loads(body), name)
    return None


def _search(value: Any, name: str) -> str | None:
    if not isinstance(value, dict):
        return None
    if isinstance(found := value.get(name), str):
        return found
    return next((found for one in value.values() if (found := _search(one, name))), None)
