"""One address, one body: streamed, capped, from the image hosts alone, each redirect looked at.

Raises PictureFailed for everything that goes wrong with it; what is written where is elsewhere.
"""

import asyncio
from http import HTTPStatus
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urljoin

import httpx

from app.images.failures import Failure, PictureFailed
from app.images.plan import Kind, may_ask
from app.images.ways import CONNECT_SECONDS, Transport, Way

REDIRECTS = 3
SILENCE_SECONDS = 15.0
"""Between two pieces of a body."""
SECONDS = 60.0
"""For a whole picture, redirects included: a server that drips is left."""
MOST_BYTES = 20 * 1024**2
"""Whatever is configured."""
SCRIPT_BYTES = 4 * 1024**2
REFERER = "https://detail.1688.com/"
"""What a browser sends from an offer's page to another site: its origin."""
ACCEPT = {
    Kind.PICTURE: "image/webp,image/png,image/jpeg,image/gif;q=0.9,*/*;q=0.1",
    Kind.SCRIPT: "*/*",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MISSING = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class NotNow(Exception):
    """No picture may be asked for now: quiet hours, or the hosts want to be left alone."""


class Turns(Protocol):
    """Who says when the next address may be asked for."""

    async def wait(self) -> None:
        """Return when one may be. Raises NotNow."""

    async def put_off(self, seconds: float, why: str) -> None:
        """The hosts want to be left alone for so long."""


class AtOnce:
    """The turns of who is not paced."""

    async def wait(self) -> None:
        """At once."""

    async def put_off(self, seconds: float, why: str) -> None:
        """The address itself waits all the same."""


class Fetcher:
    """`async with Fetcher(way, ...) as fetcher: await fetcher.fetch(kind, url)`."""

    def __init__(
        self,
        way: Way,
        *,
        user_agent: str,
        languages: str = "zh-CN,zh;q=0.9",
        max_bytes: int = MOST_BYTES,
        turns: Turns | None = None,
        connections: int = 4,
    ) -> None:
        self._caps = {Kind.PICTURE: min(max_bytes, MOST_BYTES), Kind.SCRIPT: SCRIPT_BYTES}
        self._turns = turns or AtOnce()
        self._client = httpx.AsyncClient(
            transport=Transport(way, connections=connections),
            timeout=httpx.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS),
            headers={
                "User-Agent": user_agent,
                "Referer": REFERER,
                "Accept-Language": languages,
                # nothing is unpacked: what is small on the wire is small here
                "Accept-Encoding": "identity",
            },
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def fetch(self, kind: Kind, url: str) -> bytes:
        """The body at an address. Raises PictureFailed."""
        if not may_ask(kind, url):
            raise PictureFailed(Failure.WRONG_ADDRESS)
        try:
            return await self._followed(kind, url)
        except TimeoutError:
            raise PictureFailed(Failure.UNREACHABLE, f"more than {SECONDS:g} s") from None
        except (httpx.RemoteProtocolError, httpx.ReadError) as error:
            raise PictureFailed(Failure.TRUNCATED, type(error).__name__) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = f"{type(error).__name__} {error}".strip()
            raise PictureFailed(Failure.UNREACHABLE, said) from error

    async def _followed(self, kind: Kind, url: str) -> bytes:
        for _ in range(REDIRECTS + 1):
            await self._turns.wait()
            async with asyncio.timeout(SECONDS):
                found = await self._asked(kind, url)
            if isinstance(found, bytes):
                return found
            if not may_ask(kind, found):
                raise PictureFailed(Failure.WRONG_REDIRECT, found[:200])
            url = found
        raise PictureFailed(Failure.WRONG_REDIRECT, f"more than {REDIRECTS}")

    async def _asked(self, kind: Kind, url: str) -> bytes | str:
        """The body, or the address that a redirect names."""
        headers = {"Accept": ACCEPT[kind]}
        async with self._client.stream("GET", url, headers=headers) as answer:
            if answer.status_code in _REDIRECTS:
                return urljoin(url, str(answer.headers.get("Location", "")))
            await self._check(answer)
            return await _body(answer, self._caps[kind])

    async def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == HTTPStatus.OK:
            return
        said = f"HTTP {status}"
        if status in _MISSING:
            raise PictureFailed(Failure.MISSING, said)
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            after = _retry_after(answer)
            if after:
                await self._turns.put_off(after, f"an image host answers {said}")
            raise PictureFailed(Failure.BUSY, said, after=after)
        raise PictureFailed(Failure.REFUSED, said)


def _retry_after(answer: httpx.Response) -> float | None:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isascii() and told.isdecimal() and len(told) < 9 else None  # noqa: PLR2004


async def _body(answer: httpx.Response, most: int) -> bytes:
    told = answer.headers.get("Content-Length", "")
    if told.isascii() and told.isdecimal() and int(told[:18]) > most:
        raise PictureFailed(Failure.TOO_LARGE, f"{int(told[:18]):,} bytes")
    pieces, length = [], 0
    async for piece in answer.aiter_raw():
        length += len(piece)
        if length > most:
            raise PictureFailed(Failure.TOO_LARGE, f"more than {most:,} bytes")
        pieces.append(piece)
    return b"".join(pieces)
