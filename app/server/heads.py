"""HEAD for whatever answers GET: the same headers, and no body."""

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Enough(OSError):
    """All that HEAD asks for has been sent; what streams stops, as if nobody read it."""


class HeadAnswered:
    """ASGI middleware that turns HEAD into GET and keeps the body back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        ended = False

        async def bodiless(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
                return
            if ended:
                return
            ended = True
            await send({"type": "http.response.body", "body": b""})
            if message.get("more_body"):
                raise Enough

        try:
            await self._app({**scope, "method": "GET"}, receive, bodiless)
        except (Enough, ClientDisconnect):
            if not ended:
                raise
