"""Profiles: as whom the site is asked, how each fares, and which runs wait for it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from app.access.callers import caller_of
from app.console.shell import desk_of, done, event, fragment, page
from app.logins.codes import picture_of
from app.logins.watched import Login, Phase
from app.profiles.values import ProfileError, ProfileUnknown
from app.services import logins, profiles
from app.services.profiles import Profiled
from app.services.trail import Deed

routes = APIRouter(prefix="/profiles")
LIVE_SECONDS = 0.5
SAYINGS = {
    Phase.OPENING: "Opening the login page",
    Phase.CODE: "Scan the code with the 1688 or Taobao app",
    Phase.SCANNED: "Scanned: confirm on the phone",
    Phase.CONFIRMED: "Confirmed: waiting for the site",
    Phase.EXPIRED: "The code ran out: the next one follows",
}
NAME = r"^[a-z0-9][a-z0-9._-]{0,31}$"
Name = Annotated[str, Path(pattern=NAME)]


def known(request: Request, name: str) -> Profiled:
    """The profile of an address. Raises HTTPException 404."""
    try:
        return profiles.one(desk_of(request), name)
    except ProfileUnknown as error:
        raise HTTPException(404, str(error)) from error


@routes.get("")
def list_profiles(request: Request) -> Response:
    """All profiles."""
    found = profiles.listed(desk_of(request))
    return page(request, "profiles/list.html", found=found, wrong="")


@routes.post("/login")
def begin_named(request: Request, name: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Begin the login of a profile that is named in a form."""
    return _begin(request, name.strip().lower())


@routes.get("/{name}")
def one_profile(request: Request, name: Name) -> Response:
    """One profile."""
    return page(request, "profiles/profile.html", found=known(request, name))


@routes.post("/{name}/login")
def begin(request: Request, name: Name) -> Response:
    """Begin the login of a profile."""
    return _begin(request, name)


def _begin(request: Request, name: str) -> Response:
    try:
        logins.start(desk_of(request), name, _deed(request, "login", name))
    except ProfileError as error:
        found = profiles.listed(desk_of(request))
        return page(request, "profiles/list.html", status=409, found=found, wrong=str(error))
    return done(f"/profiles/{name}/login")


@routes.post("/{name}/login/end")
def end(request: Request, name: Name) -> Response:
    """Give a login up."""
    logins.give_up(desk_of(request), name, _deed(request, "end_login", name))
    return done("/profiles")


def _deed(request: Request, verb: str, name: str) -> Deed:
    caller = caller_of(request)
    target = f"profile {name}"
    return Deed(actor=caller.name, role=caller.role, door="console", verb=verb, target=target)


def _login(request: Request, name: str) -> Login:
    """The login of a profile, for those who may log in. Raises HTTPException."""
    if not caller_of(request).may_run:
        raise HTTPException(403, "this needs a token of scope run")
    if login := logins.find(desk_of(request), name):
        return login
    raise HTTPException(404, f"no login of profile {name} was begun here")


@routes.get("/{name}/login")
def one_login(request: Request, name: Name) -> Response:
    """A login: the code, and how it stands."""
    stand = _login(request, name).look()
    return page(request, "profiles/login.html", stand=stand, sayings=SAYINGS)


@routes.get("/{name}/login/code")
def code(request: Request, name: Name) -> Response:
    """The code that waits to be scanned, as a picture that nobody keeps."""
    stand = _login(request, name).look()
    if stand.code is None:
        raise HTTPException(404, "no code waits to be scanned")
    return Response(picture_of(stand.code), media_type="image/png")


@routes.get("/{name}/login/live")
async def live(request: Request, name: Name) -> Response:
    """A login as it goes on; that somebody listens keeps it going."""
    login = _login(request, name)
    return StreamingResponse(_frames(request, login), media_type="text/event-stream")


async def _frames(request: Request, login: Login) -> AsyncIterator[str]:
    told = None
    while not await request.is_disconnected():
        stand = login.look()
        if stand.is_over:
            yield event("over", "")
            return
        if stand != told:
            html = fragment(request, "profiles/stand.html", stand=stand, sayings=SAYINGS)
            yield event("now", html)
            told = stand
        await asyncio.sleep(LIVE_SECONDS)
