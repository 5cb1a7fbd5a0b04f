"""Profiles: as whom the site is asked, how each fares, and which runs wait for it."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.shell import desk_of, page
from app.profiles.values import ProfileUnknown
from app.services import profiles
from app.services.profiles import Profiled

routes = APIRouter(prefix="/profiles")
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
    return page(request, "profiles/list.html", found=profiles.listed(desk_of(request)))


@routes.get("/{name}")
def one_profile(request: Request, name: Name) -> Response:
    """One profile."""
    return page(request, "profiles/profile.html", found=known(request, name))
