"""The logs: searched, and followed as they grow."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from app.console.shell import desk_of, event, fragment, page
from app.services import logs
from app.services.logs import LEVELS, CursorWrong, Wanted

routes = APIRouter(prefix="/system/logs")
PAGE = 100
LIVE_LINES = 50
LIVE_SECONDS = 2.0
SPANS = {"15m": 0.25, "1h": 1.0, "24h": 24.0, "7d": 168.0}
"""Hours by what the form calls them."""
OWN = ("time", "level", "event", "role", "pid", "run", "item", "profile", "exception", "logger")
"""Fields of a line that the page puts somewhere of their own, or leaves out."""


class Form(BaseModel):
    """The form as it was filled in; what is empty does not matter."""

    q: str = Field("", max_length=200)
    level: str = Field("", max_length=16)
    role: str = Field("", max_length=32)
    run: str = Field("", max_length=12)
    item: str = Field("", max_length=24)
    profile: str = Field("", max_length=64)
    span: str = Field("", max_length=4)
    before: str | None = Field(None, max_length=100)
    """Where the last page ended."""
    live: bool = False

    @property
    def kept(self) -> dict[str, str]:
        """What a link to the same lines has."""
        told = self.model_dump(exclude={"before", "live"})
        return {key: value.strip() for key, value in told.items() if value.strip()}


Asked = Annotated[Form, Query()]


def wanted(given: Form) -> Wanted:
    """Which lines these are. Raises ValueError with what is wrong."""
    run, hours = given.run.strip(), SPANS.get(given.span)
    if run and not re.fullmatch(r"[0-9]+", run):
        raise ValueError("a run is a number")
    return Wanted(
        words=tuple(given.q.split()),
        level=given.level if given.level in LEVELS else None,
        role=given.role or None,
        run=int(run) if run else None,
        offer=given.item.strip() or None,
        profile=given.profile.strip() or None,
        since=datetime.now(UTC) - timedelta(hours=hours) if hours else None,
    )


@routes.get("")
def search(request: Request, given: Asked) -> Response:
    """Lines of all programs of this machine, newest first."""
    limit = LIVE_LINES if given.live else PAGE
    try:
        found = logs.search(desk_of(request).logs, wanted(given), limit, given.before)
    except (CursorWrong, ValueError) as error:
        return _page(request, given, status=400, lines=(), more="", wrong=str(error))
    more = _where(given, before=found.next) if found.next and not given.live else ""
    return _page(request, given, lines=found.lines, more=more, wrong="")


def _page(request: Request, given: Form, *, status: int = 200, **told: Any) -> Response:
    return page(
        request,
        "system/logs.html",
        status=status,
        given=given,
        own=OWN,
        spans=SPANS,
        levels=LEVELS,
        here=_where(given),
        live_here=_where(given, live="1"),
        stream=_where(given, place="/system/logs/live"),
        **told,
    )


def _where(given: Form, place: str = "/system/logs", **more: str) -> str:
    told = given.kept | more
    return f"{place}?{urlencode(told)}" if told else place


@routes.get("/live")
async def live_lines(request: Request, given: Asked) -> Response:
    """The newest lines that are wanted, again whenever there are others."""
    try:
        asks = wanted(given)
    except ValueError as error:
        return Response(str(error), status_code=400)
    return StreamingResponse(_frames(request, asks), media_type="text/event-stream")


async def _frames(request: Request, asks: Wanted) -> AsyncIterator[str]:
    folder, known, shown = desk_of(request).logs, object(), None
    while not await request.is_disconnected():
        if (grown := logs.growth(folder)) != known:
            known = grown
            # bounded as a page is: what is found nowhere must not have everything read each time
            found = await run_in_threadpool(logs.search, folder, asks, LIVE_LINES)
            html = fragment(request, "system/lines.html", lines=found.lines, own=OWN)
            if html != shown:
                yield event("lines", html)
                shown = html
        await asyncio.sleep(LIVE_SECONDS)
