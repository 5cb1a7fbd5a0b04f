"""The house itself: is it well, what waits in the queues, who did what."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.console.shell import desk_of, page
from app.jobs.doorbell import RedisUnavailable
from app.services import queues, trail

routes = APIRouter(prefix="/system")
PAGE = 100
BIGGEST = 2**63 - 1


@routes.get("")
def doctor(request: Request) -> Response:
    """What a checkup finds, the worst first; no browser is started for it."""
    order = ("fail", "warn", "ok")
    found = sorted(request.app.state.examine(), key=lambda one: order.index(one.level))
    return page(request, "system/doctor.html", found=found)


@routes.get("/queues")
def show_queues(request: Request) -> Response:
    """RQ's queues and the workers that are alive."""
    connection, found, wrong = desk_of(request).redis, None, ""
    try:
        found = queues.look(connection) if connection else None
    except RedisUnavailable as error:
        wrong = str(error)
    return page(request, "system/queues.html", found=found, wrong=wrong, states=queues.STATES)


@routes.get("/trail")
def show_trail(
    request: Request,
    actor: Annotated[str, Query(max_length=64)] = "",
    target: Annotated[str, Query(max_length=64)] = "",
    before: Annotated[int | None, Query(ge=1, le=BIGGEST)] = None,
) -> Response:
    """Who did what through API and console, newest first."""
    found = trail.latest(
        desk_of(request).engine,
        limit=PAGE + 1,
        before=before,
        actor=actor or None,
        target=target or None,
    )
    more = found[PAGE - 1].id if len(found) > PAGE else None
    given = {"actor": actor, "target": target}
    return page(request, "system/trail.html", found=found[:PAGE], more=more, given=given)
