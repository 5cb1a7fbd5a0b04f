"""Streams of events tell a proxy in front to pass each on when it comes; nginx heeds that."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EVENTS = "text/event-stream"


class Unbuffered:
    """ASGI middleware that marks streams of events."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith(EVENTS):
                    headers["X-Accel-Buffering"] = "no"
            await send(message)

        await self._app(scope, receive, marked)
