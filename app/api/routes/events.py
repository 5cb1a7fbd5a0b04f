"""Runs: what happens to one, as it happens (server-sent events)."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request
from starlette.responses import StreamingResponse

from app.api.deps import DeskOf
from app.api.run_values import Number, told
from app.runs.states import read_run
from app.runtime import Event
from app.services.desk import Desk
from app.services.watched import Look, Watched, missed
from browsers.values import SlotState, SlotStatus

routes = APIRouter(prefix="/runs", tags=["runs"])
BEAT_SECONDS = 15.0
LONGEST_SECONDS = 3_600
DESCRIPTION = """\
`status`: the run as `GET /runs/{run}` has it, with speed and slots, at first and whenever something
of it changed, once a second at most. `item`: a try of an offer or list page has ended. `over`: the
run is closed; the stream ends. `id` of an `item` is its place: who comes back gives the last one as
`Last-Event-ID` (browsers do so by themselves) and hears the items that ended since, the latest
1,000 at most; all of them are in `/runs/{run}/items`. A comment line comes when there was nothing
to say for 15 seconds. All who listen to a run cost the database one look a second together.
"""
EXAMPLE = (
    'event: status\\ndata: {"run": 7, "state": "running", "planned": 20, "per_second": 0.4}\\n\\n'
    'id: 1795741839123456\\nevent: item\\ndata: {"key": "610947572360", "ending": "created"}\\n\\n'
)
FRAME = {
    "type": "object",
    "description": "One event of the stream.",
    "properties": {
        "event": {"type": "string", "enum": ["status", "item", "over"]},
        "data": {"type": "string", "description": "A JSON object."},
        "id": {"type": "string", "description": "Of an `item`."},
    },
    "required": ["event", "data"],
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": FRAME, "example": EXAMPLE}}}
}


@routes.get(
    "/{run}/events",
    summary="What happens to a run, as it happens",
    description=DESCRIPTION,
    response_class=StreamingResponse,
    responses=RESPONSES,
)
async def events(
    desk: DeskOf,
    request: Request,
    run: Number,
    *,
    seconds: Annotated[
        int, Query(ge=1, le=LONGEST_SECONDS, description="Ends then; come back with the last id.")
    ] = LONGEST_SECONDS,
    last_event_id: Annotated[str | None, Header(description="Of the last `item` heard.")] = None,
) -> StreamingResponse:
    """See DESCRIPTION. An id that is none of ours begins at this moment, as none does."""
    await asyncio.to_thread(read_run, desk.engine, run)  # unknown ones are told in time
    stream = _Stream(desk, run, _moment(last_event_id))
    parts = stream.parts(request.app.state.watched, seconds)
    return StreamingResponse(parts, media_type="text/event-stream")


class _Stream:
    """What one client hears of a run."""

    def __init__(self, desk: Desk, run: int, since: datetime | None) -> None:
        self._desk, self._run, self._since = desk, run, since
        self._said: dict[str, Any] = {}

    async def parts(self, watched: Watched, seconds: float) -> AsyncIterator[str]:
        """Frames of the stream until the run is over, or so long."""
        ends, said = time.monotonic() + seconds, time.monotonic()
        async with watched.listening(self._run) as ear:
            if self._since:
                for event in await asyncio.to_thread(missed, self._desk, self._run, self._since):
                    yield self._item(event)
            while (left := ends - time.monotonic()) > 0:
                look = await ear.next(min(left, BEAT_SECONDS))
                frames = self._frames(look) if look else []
                if not frames and time.monotonic() - said >= BEAT_SECONDS:
                    frames = [": still here\n\n"]
                for frame in frames:
                    said = time.monotonic()
                    yield frame
                if look and look.is_over:
                    yield _frame("over", {"state": look.status.state})
                    return

    def _frames(self, look: Look) -> list[str]:
        """What is new in a look."""
        events = look.status.events
        if self._since is None:
            self._since = events[-1].at if events else look.counts.run.created_at
        since = self._since
        frames = [self._item(one) for one in events if one.at > since]
        status = _status(look)
        if status != self._said:
            self._said = status
            frames.append(_frame("status", status))
        return frames

    def _item(self, event: Event) -> str:
        self._since = event.at
        key = event.name
        body = {
            "key": key,
            "ending": event.word,
            "at": event.at,
            "seconds": round(event.seconds, 3),
            "text": event.text,
        }
        return f"id: {_place(event.at)}\n{_frame('item', body)}"


def _status(look: Look) -> dict[str, Any]:
    status = look.status
    return told(look.counts) | {
        "per_second": round(status.rate, 3),
        "seconds_left": look.seconds_left and round(look.seconds_left),
        "notice": status.notice,
        "profile": look.profile,
        "slots": [_slot(slot) for worker in look.workers for slot in worker.pool.slots],
        "slots_allowed": status.pool.allowed,
        "held_back": status.pool.held_back,
    }


def _slot(slot: SlotStatus) -> dict[str, Any]:
    busy = slot.state not in (SlotState.IDLE, SlotState.CLOSED)
    return {"state": slot.state.value, "key": slot.label if busy else None, "pages": slot.pages}


def _frame(name: str, body: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {orjson.dumps(body).decode()}\n\n"


def _place(at: datetime) -> int:
    """A moment as an id: microseconds since 1970."""
    return round(at.timestamp() * 1_000_000)


def _moment(place: str | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(place or "") / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
