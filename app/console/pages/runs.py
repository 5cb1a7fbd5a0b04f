"""Runs: the list, one of them, and steering it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from app.access.callers import caller_of
from app.console.shell import desk_of, done, event, fragment, page
from app.runs.counts import Counts
from app.runs.outcomes import CLOSED, LEASED, QUEUED, Outcome
from app.services import runs
from app.services.reports import next_step
from app.services.trail import Deed

routes = APIRouter(prefix="/runs")
SHARES = (*(one for one in Outcome if one is not Outcome.LISTED), LEASED, QUEUED)
PAGE = 100
LIVE_SECONDS = 1.0
BIGGEST = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=BIGGEST)]


def shares(found: Counts) -> list[tuple[str, int, str]]:
    """The parts of the ledger bar, each with where its rows are."""
    where = f"/runs/{found.run.id}/items?state="
    return [(str(word), found.by_state.get(word, 0), f"{where}{word}") for word in SHARES]


@routes.get("")
def list_runs(request: Request) -> Response:
    """The latest runs."""
    found = [(one, shares(one)) for one in runs.latest(desk_of(request))]
    return page(request, "runs/list.html", found=found)


@routes.get("/{run}")
def one_run(request: Request, run: Number) -> Response:
    """One run, live while it goes on."""
    found = runs.picture(desk_of(request), run)
    closed = found.counts.run.state in CLOSED
    return page(
        request,
        "runs/run.html",
        found=found,
        shares=shares(found.counts),
        closed=closed,
        next=next_step(found.counts.run),
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
    await run_in_threadpool(runs.picture, desk_of(request), run)  # unknown ones are told in time
    return StreamingResponse(_frames(request, run), media_type="text/event-stream")


async def _frames(request: Request, run: Number) -> AsyncIterator[str]:
    while not await request.is_disconnected():
        found = await run_in_threadpool(runs.picture, desk_of(request), run)
        html = fragment(request, "runs/now.html", found=found, shares=shares(found.counts))
        yield event("now", html)
        if found.counts.run.state in CLOSED:
            yield event("over", "")
            return
        await asyncio.sleep(LIVE_SECONDS)


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
