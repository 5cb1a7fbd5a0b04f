"""Conditional GET: whoever has an answer already gets 304 instead of it.

For JSON answers of the API that come in one piece; streams and downloads pass unchanged.
"""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT = "private, no-cache"
"""May be kept by who asked, and is asked for again each time."""
BYTES = 16
OK, NOT_MODIFIED = 200, 304


class Revalidated:
    """ASGI middleware that marks answers with a weak ETag and compares it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reads = scope["type"] == "http" and scope["method"] == "GET"
        if reads and scope["path"].startswith("/api/"):
            known = Headers(scope=scope).get("if-none-match", "")
            await self._app(scope, receive, _Marking(send, known))
        else:
            await self._app(scope, receive, send)


class _Marking:
    """Holds the beginning of an answer until its body has come."""

    def __init__(self, send: Send, known: str) -> None:
        self._send = send
        self._known = known
        self._start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_plain_json(message):
            self._start = message
            return
        start, self._start = self._start, None
        if start is None:
            await self._send(message)
        elif message.get("more_body"):
            await self._send(start)
            await self._send(message)
        else:
            await self._finish(start, message)

    async def _finish(self, start: Message, message: Message) -> None:
        tag = f'W/"{hashlib.blake2b(message.get("body", b""), digest_size=BYTES).hexdigest()}"'
        headers = MutableHeaders(scope=start)
        headers["ETag"] = tag
        headers.setdefault("Cache-Control", KEPT)
        if is_known(tag, self._known):
            start["status"] = NOT_MODIFIED
            headers.add_vary_header("Accept-Encoding")
            del headers["content-length"], headers["content-type"]
            message = {"type": "http.response.body", "body": b""}
        await self._send(start)
        await self._send(message)


def is_known(tag: str, known: str) -> bool:
    """Whether `If-None-Match` names this tag; weak and strong ones are compared alike."""
    named = {one.strip().removeprefix("W/") for one in known.split(",")}
    return "*" in named or tag.removeprefix("W/") in named


def _is_plain_json(message: Message) -> bool:
    headers = Headers(raw=message["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    return (
        message["status"] == OK
        and kind == "application/json"
        and "content-disposition" not in headers
        and "etag" not in headers
    )
