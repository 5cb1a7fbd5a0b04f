"""Batches: when they are due, what became of it, and running one now."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.access.callers import caller_of
from app.console.pages.runs import shares
from app.console.shell import desk_of, done, page
from app.schedule.batches import write_duration
from app.schedule.ticker import BatchBusy
from app.services import batches
from app.services.batches import BatchUnknown, Fired
from app.services.trail import Deed

routes = APIRouter(prefix="/batches")
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Name = Annotated[str, Path(pattern=NAME)]


@routes.get("")
def list_batches(request: Request) -> Response:
    """All declared batches."""
    return page(request, "batches/list.html", found=batches.listed(desk_of(request)))


@routes.get("/{name}")
def one_batch(request: Request, name: Name) -> Response:
    """One batch."""
    return _page(request, name)


def _page(request: Request, name: str, *, wrong: str = "", status: int = 200) -> Response:
    try:
        found = batches.one(desk_of(request), name)
    except BatchUnknown as error:
        raise HTTPException(404, str(error)) from error
    fired = [(one, shares(one.run) if one.run else []) for one in found.fired]
    catchup = write_duration(found.batch.catchup)
    told = {"found": found, "fired": fired, "catchup": catchup, "wrong": wrong}
    return page(request, "batches/batch.html", status=status, **told)


@routes.post("/{name}/fire")
def fire(request: Request, name: Name) -> Response:
    """Open a batch's run now, and go to its page."""
    caller = caller_of(request)
    deed = Deed(
        actor=caller.name, role=caller.role, door="console", verb="fire", target=f"batch {name}"
    )
    try:
        return _opened(request, name, batches.fire(desk_of(request), name, deed))
    except BatchUnknown as error:
        raise HTTPException(404, str(error)) from error
    except BatchBusy as error:
        return _page(request, name, wrong=str(error), status=409)


def _opened(request: Request, name: str, found: Fired) -> Response:
    if found.fire.run_id is None:
        return _page(request, name, wrong=found.fire.reason or "", status=409)
    return done(f"/runs/{found.fire.run_id}")
