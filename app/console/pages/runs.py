"""Runs: the list, one of them, and steering it."""

import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from app.access.callers import caller_of
from app.console.shell import desk_of, done, event, fragment, page
from app.monitor.status import HISTORY_POINTS
from app.runs.counts import Counts
from app.runs.outcomes import CLOSED, LEASED, QUEUED, STORED, Outcome, RunState
from app.runs.states import read_run
from app.services import profiles, runs
from app.services.reports import next_step
from app.services.trail import Deed
from app.services.watched import Glass, Look, Watched

routes = APIRouter(prefix="/runs")
SHARES = (*(one for one in Outcome if one is not Outcome.LISTED), LEASED, QUEUED)
PAGE = 100
PARTS = ("now", "held", "slots", "events", "why")
"""Of a run's page, those that change while it goes on; each is replaced only when it did."""
BEAT_SECONDS = 15.0
WAITING = frozenset({RunState.PAUSED, RunState.PARKED})
SHOWN_EVENTS = 12
CHART = (240, 24)
"""Units of the small chart of speed: width, height."""
BIGGEST = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=BIGGEST)]


def shares(found: Counts) -> list[tuple[str, int, str]]:
    """The parts of the ledger bar, each with where its rows are."""
    where = f"/runs/{found.run.id}/items?state="
    return [(str(word), found.by_state.get(word, 0), f"{where}{word}") for word in SHARES]


def live_values(look: Look) -> dict[str, Any]:
    """What the changing parts of a run's page are made from."""
    return {
        "look": look,
        "run": look.counts.run,
        "held": profiles.held_up_run(look.counts.run),
        "shares": shares(look.counts),
        "happened": look.status.events[: -SHOWN_EVENTS - 1 : -1],
        "stored": STORED,
        "speeds": _points(look.status.history),
        "chart": CHART,
    }


def _points(values: Sequence[float]) -> str:
    """Speeds as the points of a line; none while nothing was settled."""
    top, (width, height) = max(values, default=0.0), CHART
    if top <= 0:
        return ""
    step = width / max(1, HISTORY_POINTS - 1)
    return " ".join(
        f"{place * step:.1f},{height - 1 - (height - 2) * value / top:.1f}"
        for place, value in enumerate(values)
    )


@routes.get("")
def list_runs(request: Request) -> Response:
    """The latest runs."""
    found = [(one, shares(one)) for one in runs.latest(desk_of(request))]
    return page(request, "runs/list.html", found=found)


@routes.get("/{run}")
def one_run(request: Request, run: Number) -> Response:
    """One run, live while it goes on."""
    found = runs.picture(desk_of(request), run)
    state = found.counts.run.state
    return page(
        request,
        "runs/run.html",
        found=found,
        closed=state in CLOSED,
        next=next_step(found.counts.run) if state in WAITING else None,
        **live_values(Glass(desk_of(request), run).look()),
    )


@routes.get("/{run}/audit")
def audit(request: Request, run: Number) -> Response:
    """Whether a run's books balance."""
    return page(request, "runs/audit.html", run=run, found=runs.audit(desk_of(request), run))


@routes.get("/{run}/items")
def list_items(
    request: Request,
    run: Number,
    state: str = "",
    after: Annotated[int | None, Query(ge=-BIGGEST, le=BIGGEST)] = None,
) -> Response:
    """Offers of a run, by outcome."""
    found = runs.items(desk_of(request), run, state=state or None, limit=PAGE + 1, after=after)
    more = found[PAGE - 1].position if len(found) > PAGE else None
    return page(request, "runs/items.html", run=run, state=state, found=found[:PAGE], more=more)


@routes.get("/{run}/live")
async def live(request: Request, run: Number) -> Response:
    """The run's numbers as they change; ends when it is over or nobody listens."""
    await run_in_threadpool(read_run, desk_of(request).engine, run)  # unknown is told in time
    return StreamingResponse(_frames(request, run), media_type="text/event-stream")


async def _frames(request: Request, run: Number) -> AsyncIterator[str]:
    said: dict[str, str] = {}
    spoke = time.monotonic()
    watched: Watched = request.app.state.watched
    async with watched.listening(run) as ear:
        while True:
            look = await ear.next(BEAT_SECONDS)
            told = _told(request, look) if look else said
            frames = [event(part, told[part]) for part in told if told[part] != said.get(part)]
            if not frames and time.monotonic() - spoke >= BEAT_SECONDS:
                frames = [": still here\n\n"]  # what is silent for long is cut by proxies
            if frames:
                yield "".join(frames)
                spoke = time.monotonic()
            said = told
            if look and look.is_over:
                yield event("over", "")
                return


def _told(request: Request, look: Look) -> dict[str, str]:
    values = live_values(look)
    return {part: fragment(request, f"runs/{part}.html", **values) for part in PARTS}


@routes.post("/{run}/{verb}")
def steer(request: Request, run: Number, verb: str) -> Response:
    """Pause, resume or stop a run."""
    if verb not in ("pause", "resume", "stop"):
        return Response(status_code=404)
    runs.steer(desk_of(request), run, verb, _deed(request, verb, run))
    return done(f"/runs/{run}")


def _deed(request: Request, verb: str, run: Number) -> Deed:
    caller = caller_of(request)
    return Deed(actor=caller.name, role=caller.role, door="console", verb=verb, target=f"run {run}")
