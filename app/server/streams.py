"""Streams of events: a proxy in front is told to pass each on when it comes, and they are counted.

nginx heeds the header. A stream holds a connection and asks the database again and again, for as
long as somebody listens; requests a minute do not count that.
"""

from collections import Counter

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.guard import TOKEN
from app.api.problems import problem

EVENTS = "text/event-stream"
MOST = 32
"""Streams of one token at a time: a browser opens six, and people may share a token."""
TOO_MANY = f"{MOST} streams of this token are open; close one first"


class TooManyStreams(Exception):
    """One more than may be; raised where its answer begins."""


class Streams:
    """ASGI middleware that marks streams of events and answers 429 where there are too many."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = scope.get("state", {}).get(TOKEN)
        who = token.digest if token else ""
        counted = False

        async def marked(message: Message) -> None:
            nonlocal counted
            if _begins_stream(message):
                self._count(who)
                counted = True
                MutableHeaders(scope=message)["X-Accel-Buffering"] = "no"
            await send(message)

        try:
            await self._app(scope, receive, marked)
        except TooManyStreams:
            await problem(429, "rate", TOO_MANY)(scope, receive, send)
        finally:
            if counted:
                self._open -= Counter([who])  # drops who has none left

    def _count(self, who: str) -> None:
        if self._open[who] >= MOST:
            raise TooManyStreams
        self._open[who] += 1


def _begins_stream(message: Message) -> bool:
    if message["type"] != "http.response.start":
        return False
    return MutableHeaders(scope=message).get("content-type", "").startswith(EVENTS)
