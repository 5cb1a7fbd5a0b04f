"""How large a request may be. What is larger is refused before anybody reads it.

Starlette has a limit for bodies, too; it would answer outside the guard, and in plain text.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem

URL_BYTES = 8_192
BODY_BYTES = 8 * 1024 * 1024
TOO_LONG = f"the address is longer than {URL_BYTES:,} bytes"
TOO_LARGE = f"the body is larger than {BODY_BYTES:,} bytes"


class BodyTooLarge(HTTPException):
    """More came than may come; raised where the body is read."""

    def __init__(self) -> None:
        super().__init__(413, TOO_LARGE)


class Bounded:
    """ASGI middleware: 414 for addresses, 413 for bodies, declared or counted as they come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif len(scope["raw_path"]) + len(scope["query_string"]) > URL_BYTES:
            await problem(414, "url", TOO_LONG)(scope, receive, send)
        elif _declared(scope) > BODY_BYTES:
            await problem(413, "body", TOO_LARGE)(scope, receive, send)
        else:
            await self._app(scope, _counted(receive), send)


def _counted(receive: Receive) -> Receive:
    taken = 0

    async def counting() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > BODY_BYTES:
            raise BodyTooLarge
        return message

    return counting


def _declared(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
