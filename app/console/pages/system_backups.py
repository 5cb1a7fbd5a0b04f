"""Backups: seen by all, made and checked by an admin; what restores one is a command."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.access.callers import caller_of
from app.backup.values import BackupError
from app.console.shell import desk_of, done, page
from app.services import backups, trail
from app.services.backups import Bench, Busy
from app.services.trail import Deed

routes = APIRouter(prefix="/system/backups")
HERE = "/system/backups"


def bench_of(request: Request) -> Bench:
    """Where backups are made."""
    bench: Bench = request.app.state.bench
    return bench


@routes.get("")
def show(request: Request) -> Response:
    """Finished backups, and what is done in the background."""
    found, work = backups.listed(desk_of(request)), bench_of(request).work
    return page(request, "system/backups.html", found=found, work=work)


@routes.post("")
def create(request: Request) -> Response:
    """Begin a backup."""
    try:
        backups.create(desk_of(request), bench_of(request))
    except Busy as error:
        return done(HERE, str(error))
    _note(request, "create_backup", "backups")
    return done(HERE)


@routes.post("/verify")
def verify(request: Request, name: Annotated[str, Form(max_length=64)]) -> Response:
    """Begin to check a backup."""
    try:
        backups.verify(desk_of(request), bench_of(request), name)
    except BackupError as error:
        raise HTTPException(404, str(error)) from error
    except Busy as error:
        return done(HERE, str(error))
    _note(request, "verify_backup", f"backup {name}")
    return done(HERE)


def _note(request: Request, verb: str, target: str) -> None:
    caller = caller_of(request)
    deed = Deed(actor=caller.name, role=caller.role, door="console", verb=verb, target=target)
    trail.note(desk_of(request).engine, deed)
