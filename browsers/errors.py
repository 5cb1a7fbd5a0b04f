"""All ways a render can fail. Each class carries its consequence, so nobody writes `if` chains.

BrowserError
├── EngineMissing     no Chromium on this machine, or it does not start
├── PoolClosed        the pool was closed before or during the lease
├── Refused           our own guard: the URL is not one we load
└── RenderError       one page went wrong
    ├── TimedOut          the deadline passed
    ├── PageCrashed       the renderer died
    ├── BrowserLost       the browser or its driver died, or was killed to free a slot
    ├── NetworkFailed     DNS, reset, refused, empty reply
    ├── ProxyFailed       the proxy does not answer, or refuses us
    ├── Truncated         the document broke off
    ├── Oversized         the document is larger than a page may be
    ├── OffSite           redirected to a host we do not visit
    ├── Looped            redirected, or jumped by script, again and again
    └── Busy              429 or 5xx, perhaps with Retry-After
"""

from enum import StrEnum
from typing import ClassVar


class Verdict(StrEnum):
    """What an error says about the slot it happened in."""

    KEEP = "keep"
    """The slot is fine."""
    FRESH_PAGE = "fresh_page"
    """Its page is poisoned: close the context, open another."""
    FRESH_BROWSER = "fresh_browser"
    """The browser is dead or hung: kill its process tree, launch another."""


class BrowserError(Exception):
    """Base of everything `browsers/` raises."""


class EngineMissing(BrowserError):
    """No usable Chromium was found, or it would not start."""


class PoolClosed(BrowserError):
    """The pool is closed."""


class Refused(BrowserError):
    """The URL is not one this tool loads (scheme, host or form)."""


class RenderError(BrowserError):
    """One page could not be loaded.

    `reason` is a fixed word for tables and reports; `charged` tells whether the try counts against
    the item (a neighbour's crash does not).
    """

    reason: ClassVar[str] = "render"
    verdict: ClassVar[Verdict] = Verdict.FRESH_PAGE
    permanent: ClassVar[bool] = False

    def __init__(
        self, message: str, *, charged: bool = True, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.charged = charged
        self.retry_after = retry_after
        """Seconds in which nobody asks again, as the server or a rest wants it."""


class TimedOut(RenderError):
    reason = "timeout"


class PageCrashed(RenderError):
    reason = "renderer_crash"


class BrowserLost(RenderError):
    reason = "browser_lost"
    verdict = Verdict.FRESH_BROWSER


class NetworkFailed(RenderError):
    reason = "network"


class ProxyFailed(RenderError):
    """The way out is closed, for which no page pays."""

    reason = "proxy"
    verdict = Verdict.KEEP

    REST_SECONDS: ClassVar[float] = 300.0
    """How long it is left alone; its profile waits with it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, charged=False, retry_after=self.REST_SECONDS)


class Truncated(RenderError):
    reason = "truncated"


class Oversized(RenderError):
    reason = "too_large"
    permanent = True


class OffSite(RenderError):
    reason = "off_site"
    permanent = True


class Looped(RenderError):
    """Not permanent: such a loop is often a cookie's, or a passing trouble of the site."""

    reason = "loop"


class Busy(RenderError):
    reason = "busy"
    verdict = Verdict.KEEP
