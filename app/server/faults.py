"""A number for every request, and an answer for what nobody expected.

The number is in the answer (`X-Request-Id`), in the log line of a fault, and bound as `request` in
structlog's context for whatever is logged meanwhile.
"""

import logging
import secrets

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from app.api.problems import problem

NUMBER = "request_id"
"""Key in the request's `state`."""
HEADER = "X-Request-Id"
log = logging.getLogger(__name__)


class Numbered:
    """ASGI middleware around everything: the number."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = secrets.token_hex(8)
        scope.setdefault("state", {})[NUMBER] = number

        async def numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = number
            await send(message)

        with bound_contextvars(request=number):
            await self._app(scope, receive, numbered)


class FaultsTold:
    """ASGI middleware: what is raised is logged, and answered without telling what it was."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            if scope["type"] != "http" or begun:
                raise  # the server cuts the answer short, so that nobody takes it for whole
            await self._tell(error, scope, receive, send)

    async def _tell(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        number = scope["state"][NUMBER]
        asked = (scope["method"], scope["path"])  # shown by repr: both are the asker's words
        log.error("request %s failed: %r %r", number, *asked, exc_info=error)
        sentence = f"something went wrong here; the log has it as request {number}"
        answer: Response = PlainTextResponse(f"{sentence}\n", status_code=500)
        if scope["path"].startswith("/api/"):
            answer = problem(500, "fault", sentence, request=number)
        await answer(scope, receive, send)
