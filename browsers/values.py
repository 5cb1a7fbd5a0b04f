"""The frozen values that pass between `browsers/` and the rest of the house.

Nothing here knows Playwright, offers, databases or settings.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Mode(StrEnum):
    """How a page is loaded; what each one costs is measured in the README's benchmark."""

    NATURAL = "natural"
    """Rendered, scripts run, images and beacons refused by the engine."""
    LEAN = "lean"
    """A real navigation stopped when the document has arrived: nothing is parsed or run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderRequest:
    """One page to load. `url` is built by us from an id, never taken from a page or a person."""

    url: str
    kind: str = "offer"
    mode: Mode = Mode.NATURAL
    seed: int = 0
    """Decides pauses and scrolling, so that a render can be repeated."""
    pace: float = 1.0
    """How long the pauses of a rendered page last; 0 leaves its behaviour out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Render:
    """What loading a page brought: the document's own bytes and how it came."""

    url: str
    """Asked for."""
    final_url: str
    """Where the main frame ended, redirects and script jumps included."""
    status: int
    """HTTP status of the last main document."""
    document: bytes
    """Body of the last main document, decompressed, not decoded."""
    headers: dict[str, str] = field(default_factory=dict)
    """Response headers by lower-case name, cookies removed."""
    interstitial: str | None = None
    """Rule of a block that came up over the page while it was looked at, as a slider does in a
    frame. The document is none the worse; whoever goes on asking will be."""
    mode: Mode = Mode.NATURAL
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrow:
    """A list whose next page is a click on its pager away."""

    next: str
    """CSS selector of the arrow that can be clicked."""
    disabled: str
    """CSS selector of the same arrow on the last page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """A list whose further pages the page's own `window.lib.mtop.request` asks for and signs."""

    api: str
    """As the page writes it, e.g. `mtop.alibaba.alisite.cbu.server.ModuleAsyncService`."""
    version: str
    data: Callable[[int, dict[str, Any] | None], dict[str, Any] | None]
    """The `data` that asks for a page number, made after the `data` of the page's own request for
    the list (None: it made none). None: it cannot be asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRequest:
    """A list of offers to go through page by page. `url` is built by us, as a RenderRequest's."""

    url: str
    api: str
    """Lower-case name of the gateway call that brings the list, as in the call's address."""
    number: Callable[[dict[str, Any]], int | None]
    """From the `data` of a call to the page of the list it asks for; None: it is another call."""
    turn: Arrow | Ask
    kind: str = "list"
    seed: int = 0
    pace: float = 1.0
    """As in RenderRequest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListPage:
    """One page of a list as it came over the wire."""

    number: int
    """From 1."""
    final_url: str
    """Where the main frame stands."""
    status: int
    document: bytes
    """The answer's body, JSON or JSONP; a refusal is an answer, too."""
    from_page: bool = True
    """False if no answer came: `document` is then the HTML that stands there, perhaps a block."""
    interstitial: str | None = None
    """As in Render: the rule of a challenge that stands over the page; it is turned no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proxy:
    """The address a visitor's requests go out from; its secrets never stand in a repr."""

    server: str
    """`http://HOST:PORT` or `socks5://HOST:PORT`."""
    username: str | None = field(default=None, repr=False)
    """Some gateways take a session's key for a user."""
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """As whom contexts visit the site: its cookies and its way out. The default is nobody."""

    name: str = "guest"
    storage: dict[str, Any] | None = field(default=None, repr=False)
    """Cookies and local storage in Playwright's form (`storage_state`); secret."""
    proxy: Proxy | None = None
    contexts: int | None = None
    """How many contexts may be this visitor at once; None: as many as the pool has slots."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch:
    """How an engine is started; one browser runs with exactly one of these."""

    executable: Path | None = None
    """None lets the engine finder choose."""
    headless: bool = True
    sandbox: bool | None = None
    """None: on, except for root, whom Chromium refuses; `launch.sandboxed()` tells which."""
    replica: str | None = None
    """`127.0.0.1:PORT` of a local 1688; the real host names are resolved to it."""
    proxy: Proxy | None = None
    """The way out of the whole browser; None is its own address, whatever the environment says."""
    stealth: bool = True
    """Whether rendered pages get `identity.STEALTH`."""
    retire_after_pages: int = 100
    """Rendered pages after which it is replaced; a lean page counts a tenth."""
    memory_limit_mb: int = 2048
    """PSS of the browser's process tree after which it is replaced between pages; a single
    renderer above half of it is killed at once."""
    scratch: Path | None = None
    """Folder for this launch's temporary files; None makes one, removed at close."""


class SlotState(StrEnum):
    """What a place in the pool is doing, as the screen shows it."""

    IDLE = "idle"
    LOADING = "loading"
    BEHAVING = "behaving"
    READING = "reading"
    MENDING = "mending"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class SlotStatus:
    """A picture of one slot."""

    number: int
    state: SlotState
    label: str = ""
    """What it works on, as the caller named it in `pool.lease(label)`."""
    since: float = 0.0
    """`time.monotonic()` of the last change of state."""
    pages: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolStatus:
    """A picture of the pool and its browser."""

    slots: tuple[SlotStatus, ...] = ()
    waiting: int = 0
    browser_starts: int = 0
    pages: int = 0
    """Since the pool was opened."""
    engine: str = ""
    """Name and version, e.g. `chromium-headless-shell 156.0.8078.79`."""
    sandboxed: bool = True
    memory_mb: int | None = None
    """PSS of the browser's process tree when it was last sampled."""
    contexts: int = 0
    """Open in the current browser; more than there are slots have been forgotten."""
    allowed: int | None = None
    """Pages that may be under way now; None: nobody says."""
    held_back: str = ""
    """What holds others back: a `throttle.Pressure` or `crowd.CAUSE`; empty if nothing does."""
    memory_share: float = 0.0
    """In use of what the machine, the container or the engine may have, whichever is fullest."""
