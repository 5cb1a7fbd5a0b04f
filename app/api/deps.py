"""What routes ask for by type: the desk, who asks, and a scope that is needed."""

from typing import Annotated

from fastapi import Depends, Request

from app.access.callers import Caller, caller_of
from app.access.tokens import Scope
from app.api.problems import Problem
from app.services.desk import Desk
from app.services.trail import Deed


def desk_of(request: Request) -> Desk:
    """What answers are made from."""
    desk: Desk = request.app.state.desk
    return desk


def asker(request: Request) -> Caller:
    """Who asks."""
    return caller_of(request)


def admin(request: Request) -> Caller:
    """Who asks, if it is an admin. Raises Problem 403."""
    found = caller_of(request)
    if found.scope < Scope.ADMIN:
        raise Problem(403, "forbidden", "this needs a token of scope admin")
    return found


def deed_of(asker: Caller, verb: str, target: str) -> Deed:
    """What is being done here, for the trail."""
    return Deed(actor=asker.name, role=asker.role, door="api", verb=verb, target=target)


DeskOf = Annotated[Desk, Depends(desk_of)]
Asker = Annotated[Caller, Depends(asker)]
"""Anybody with a token. That writing needs scope run is the guard's rule."""
Admin = Annotated[Caller, Depends(admin)]
