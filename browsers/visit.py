"""One navigation as a pure state machine: what the engine reports goes in, what to do comes out.

No Playwright, no clock, no waiting: `tab.py` turns the engine's events into the values below, and
`render.py` carries the orders out. Every main document is held at the response stage, before
anything of it is parsed, so redirects, sizes and refusals are judged first in both modes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from urllib.parse import urljoin

from browsers import traffic
from browsers.errors import (
    Busy,
    Looped,
    NetworkFailed,
    OffSite,
    Oversized,
    PageCrashed,
    ProxyFailed,
    RenderError,
    Truncated,
)

LARGEST = 8 << 20
"""Bytes of a document; a real offer page has 50 to 350 KB (site/offer-pages.md §3)."""
MOST_HOPS = 10
MOST_JUMPS = 5
MOST_FRAMES = 50
"""Of a page, whose addresses are looked at."""
LONGEST_WAIT = 86_400.0

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({419, 420, 429})
"""Besides 5xx; 419 and 420 are the site's own (site/lists-shops-blocks-login.md §d2)."""
_NO_DOCUMENT = frozenset({204, 205})
ABORTED = "net::ERR_ABORTED"
_ENDS = {"text/html": (b">",)}
_OTHER_ENDS = (b">", b"}", b"]", b")", b";")

_NET_ERRORS: tuple[tuple[str, type[RenderError]], ...] = (
    ("TOO_MANY_REDIRECTS", Looped),
    ("UNSAFE_REDIRECT", OffSite),
    ("INVALID_REDIRECT", OffSite),
    ("SOCKS_CONNECTION_FAILED", ProxyFailed),
    ("PROXY_CONNECTION_FAILED", ProxyFailed),
    ("", NetworkFailed),
)
"""What the net error of a navigation means; the first row whose words stand in it."""


class Sign(Enum):
    """Events with nothing more to tell."""

    COMMITTED = auto()
    """The main frame shows the document that was let go last."""
    LOADED = auto()
    """DOMContentLoaded of the main frame."""
    STOPPED = auto()
    """The main frame loads nothing any more and is not about to."""
    PLAYED = auto()
    CRASHED = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A document stands at the response stage and waits for an order."""

    hold: str
    """The engine's handle on it."""
    load: str
    """The engine's name of this load, which `Broke` repeats."""
    url: str
    status: int | None
    """None if the network failed before there was an answer."""
    failure: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    """By lower-case name."""
    is_main: bool = True

    @property
    def declared(self) -> int | None:
        """Bytes announced for the body as it travels."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdecimal() else None

    @property
    def exact(self) -> int | None:
        """Bytes the decoded body must have; None where compression or chunks hide it."""
        return None if "content-encoding" in self.headers else self.declared

    @property
    def is_page(self) -> bool:
        """False for what a browser would not show: a download, or nothing."""
        attached = self.headers.get("content-disposition", "").lower().startswith("attachment")
        return not attached and self.status not in _NO_DOCUMENT

    def looks_whole(self, body: bytes) -> bool:
        """Whether `body` may be taken as complete without asking the engine."""
        if self.exact is not None:
            return True
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return body.rstrip().endswith(_ENDS.get(kind, _OTHER_ENDS))


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """The navigation we asked for began its document, or failed with a net error."""

    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """The page itself asked for another main document: a script, a link, a form."""

    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Broke:
    """The body of a document ended before it was whole."""

    load: str
    error: str


Event = Held | Answered | Leaving | Broke | Sign


class Act(Enum):
    LET_GO = auto()
    TAKE = auto()
    """Fetch the body and tell `Visit.took`."""
    DROP = auto()
    """Abort the held document, then raise the error, if there is one."""
    PLAY = auto()
    """The page stands: behave."""
    FINISH = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    act: Act
    hold: str = ""
    error: RenderError | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A main document as it arrived: the body decompressed, not decoded."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes


class Visit:
    """Follows one navigation through redirects and the page's own jumps to its last document.

    `lean` stops at a whole document before anything of it is parsed. `see` and `took` raise the
    RenderError that the events amount to.
    """

    def __init__(self, *, lean: bool, behave: bool = False) -> None:
        self.document: Document | None = None
        self.frames: list[str] = []
        """Addresses of the documents in frames of the page."""
        self._lean = lean
        self._to_play = behave
        self._playing = False
        self._taking: Held | None = None
        self._load = ""
        self._hops = 0
        self._jumps = 0
        self._dropped = False
        self._committed = False
        self._loaded = False
        self._leaving = False

    def see(self, event: Event) -> Order | None:
        """What to do about an event; None is to wait for the next."""
        match event:
            case Held():
                return self._judge(event)
            case Answered():
                return self._hear(event.error)
            case Leaving():
                self._follow(event.url)
            case Broke() if event.load == self._load:
                raise Truncated(f"the document broke off: {event.error}")
            case Sign.COMMITTED:
                self._committed = True
            case Sign.LOADED:
                self._loaded = self._committed
            case Sign.STOPPED:
                # Also of a page that stopped itself, and of a jump that came to nothing.
                self._loaded, self._leaving = self._committed, False
            case Sign.PLAYED:
                self._playing = False
            case Sign.CRASHED:
                raise PageCrashed("the renderer died")
        return self._next()

    def _next(self) -> Order | None:
        if self.document is None or not self._loaded or self._leaving or self._playing:
            return None
        if self._to_play:
            self._to_play, self._playing = False, True
            return Order(act=Act.PLAY)
        return Order(act=Act.FINISH)

    def _judge(self, held: Held) -> Order:
        if not held.is_main:
            if len(self.frames) < MOST_FRAMES:
                self.frames.append(held.url)
            return Order(act=Act.LET_GO, hold=held.hold)
        if held.status is None:
            return self._unanswered(held)
        if error := self._refusal(held):
            return Order(act=Act.DROP, hold=held.hold, error=error)
        if _target(held):
            return Order(act=Act.LET_GO, hold=held.hold)
        self._taking = held
        return Order(act=Act.TAKE, hold=held.hold)

    def _unanswered(self, held: Held) -> Order:
        if self.document is None:
            # The answer to our own navigation will tell the exact error.
            return Order(act=Act.LET_GO, hold=held.hold)
        error = NetworkFailed(f"the page left for {held.url!r}, which failed: {held.failure}")
        return Order(act=Act.DROP, hold=held.hold, error=error)

    def _refusal(self, held: Held) -> RenderError | None:
        assert held.status is not None
        if target := _target(held):
            self._hops += 1
            if self._hops > MOST_HOPS:
                return Looped(f"more than {MOST_HOPS} redirects")
            return None if traffic.is_visited(target) else OffSite(f"redirected to {target!r}")
        if not traffic.is_visited(held.url):
            return OffSite(f"ended at {held.url!r}")
        if error := busy(held.status, held.headers):
            return error
        if (held.declared or 0) > LARGEST:
            return Oversized(f"{held.declared} bytes announced, {LARGEST} allowed")
        return None

    def took(self, body: bytes) -> Order:
        """What to do with the document whose body was fetched."""
        held, self._taking = self._taking, None
        assert held is not None
        assert held.status is not None
        if len(body) > LARGEST:
            error: RenderError = Oversized(f"{len(body)} bytes, {LARGEST} allowed")
            return Order(act=Act.DROP, hold=held.hold, error=error)
        if len(body) < (held.exact or 0):
            error = Truncated(f"{len(body)} bytes of {held.exact}")
            return Order(act=Act.DROP, hold=held.hold, error=error)
        if held.is_page or self.document is None:
            self.document = Document(
                url=held.url, status=held.status, headers=held.headers, body=body
            )
            self._load = held.load
            self.frames.clear()
            self._committed = self._loaded = False
        self._leaving = False
        # A document that may be cut is let go even in lean: the engine then says whether it was.
        self._dropped = not held.is_page or (self._lean and held.looks_whole(body))
        return Order(act=Act.DROP if self._dropped else Act.LET_GO, hold=held.hold)

    def _hear(self, error: str | None) -> Order | None:
        if error == ABORTED and self._dropped and self.document is not None:
            return Order(act=Act.FINISH)
        if error not in (None, ABORTED):
            raise _network(error)
        return self._next()  # aborted, but not by us: the renderer's death will tell itself

    def _follow(self, url: str) -> None:
        if not url.startswith(("http:", "https:")):
            return  # `app://` and the like: the engine drops it and the page stays
        if not traffic.is_visited(url):
            raise OffSite(f"the page left for {url!r}")
        self._jumps += 1
        if self._jumps > MOST_JUMPS:
            raise Looped(f"the page jumped more than {MOST_JUMPS} times")
        self._leaving = True


def _target(held: Held) -> str | None:
    """Where a redirect leads; None if it is none."""
    location = held.headers.get("location")
    if held.status not in _REDIRECTS or not location:
        return None
    try:
        return urljoin(held.url, location)
    except ValueError:
        return location


def _network(error: str) -> RenderError:
    kind = next(kind for words, kind in _NET_ERRORS if words in error)
    return kind(error)


def busy(status: int, headers: dict[str, str]) -> Busy | None:
    """The error of a server that has no time now; None for every other status."""
    if status in _BUSY or status >= 500:  # noqa: PLR2004 - server errors
        return Busy(f"HTTP {status}", retry_after=retry_after(headers))
    return None


def retry_after(headers: dict[str, str]) -> float | None:
    """Seconds the server asks us to wait, a day at most; dates are measured by its own clock."""
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdecimal():
        return min(float(asked[:9]), LONGEST_WAIT)
    then, now = _date(asked), _date(headers.get("date", ""))
    if then is None or now is None:
        return None
    return min(max((then - now).total_seconds(), 0.0), LONGEST_WAIT)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo else None
