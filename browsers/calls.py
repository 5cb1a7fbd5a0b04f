"""Calls of a page to the site's gateway, as the engine tells of them: what they ask for, what came.

Pure values; `tab.py` makes them, `listing.py` picks those that bring a list. Shapes:
site/lists-shops-blocks-login.md §a3, §a4, §b2.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from browsers.errors import NetworkFailed, Oversized, RenderError, Truncated
from browsers.visit import LARGEST, busy

_RENEWAL = re.compile(rb'"ret"\s*:\s*\[\s*"FAIL_SYS_TOKEN_')


def pattern(api: str) -> str:
    """The URL pattern, as the engine takes it, of the calls of an api (lower-case)."""
    return f"*/h5/{api}/*"


def is_call(url: str, api: str) -> bool:
    """Whether a request to `url` is a call of the api."""
    return f"/h5/{api}/" in url.partition("?")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A call was sent."""

    url: str
    posted: str = ""
    """The body of a POST."""

    @property
    def data(self) -> dict[str, Any] | None:
        """Its `data`, from the address or the form; None if there is none that can be read."""
        for form in (self.posted, _query(self.url)):
            try:
                found = json.loads(parse_qs(form, max_num_fields=100).get("data", [""])[0])
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                return found
        return None


def _query(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """The answer to a call stands at the response stage and waits to be let go."""

    hold: str
    sent: Sent
    status: int | None
    """None if the network failed before there was an answer."""
    failure: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    """By lower-case name."""

    @property
    def error(self) -> RenderError | None:
        """What is wrong with it before its body is looked at."""
        if self.status is None:
            return NetworkFailed(f"the page's call for the list failed: {self.failure}")
        return busy(self.status, self.headers)

    def whole(self, body: bytes) -> bytes:
        """The body, if it may be taken. Raises Truncated, Oversized."""
        announced = self.headers.get("content-length", "")
        exact = "content-encoding" not in self.headers and announced.isdecimal()
        if exact and len(body) < int(announced):
            raise Truncated(f"{len(body)} bytes of {announced} of the list's answer")
        if len(body) > LARGEST:
            raise Oversized(f"{len(body)} bytes of a list's answer, {LARGEST} allowed")
        return body


def is_renewal(body: bytes) -> bool:
    """Whether it only says that the page's token is missing or old: the page calls again (§a4)."""
    return _RENEWAL.search(body[:4096]) is not None
