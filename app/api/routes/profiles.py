"""Profiles: as whom the site is asked, and how each fares."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from app.access.callers import Caller
from app.api.deps import Asker, DeskOf
from app.api.problems import Problem
from app.logins.codes import picture_of
from app.logins.watched import Login, Phase, Stand
from app.profiles.values import ProfileUnknown
from app.services import logins, profiles
from app.services.desk import Desk
from app.services.profiles import Block, Profiled, Word
from app.services.trail import Deed

routes = APIRouter(prefix="/profiles", tags=["profiles"])
MOST = 2**31 - 1
NAME = r"^[a-z0-9][a-z0-9._-]{0,31}$"
Name = Annotated[
    str, Path(pattern=NAME, description="Name of the profile; guest is nobody.", examples=["guest"])
]


class BlockOut(BaseModel):
    """A page that the site refused."""

    run: int = Field(description="The run that asked for it.")
    at: datetime
    reason: str | None = Field(examples=["blocked: slider"])


class ProfileOut(BaseModel):
    """A profile: everything that may be shown of it, and never its cookies."""

    name: str = Field(examples=["main"])
    kind: str = Field(description="account, or nobody (guest).", examples=["account"])
    state: Word = Field(description="needs_login and parked wait for a person.")
    reason: str | None = Field(description="Why it rests or is parked.")
    rest_until: datetime | None = Field(description="When it goes on by itself.")
    health: float = Field(description="1 is well, 0 is spent.", ge=0, le=1, examples=[0.67])
    pages: int = Field(description="Asked for so far.")
    blocks: int = Field(description="Of these, refused.")
    pages_today: int
    per_day: int | None = Field(description="Its budget; null is without end.")
    left_today: int | None = Field(
        description="What its budget and that of its address leave; null is without end."
    )
    logged_in_as: str | None
    logged_in_at: datetime | None
    cookies_at: datetime | None = Field(description="When its cookies were written.")
    last_page_at: datetime | None
    last_block: BlockOut | None
    in_use_by: str | None = Field(description="The process that asks as it now.")
    egress: str = Field(description="Name of the address that it goes out from.")
    waiting_runs: list[int] = Field(description="Parked runs that ask as it, oldest first.")


class ProfileList(BaseModel):
    """All profiles, guest first."""

    items: list[ProfileOut]


def _told(found: Profiled) -> ProfileOut:
    told, health = found.told, found.told.health
    return ProfileOut(
        name=told.name,
        kind="account" if told.who.keeps_cookies else "nobody",
        state=told.word,
        reason=health.reason,
        rest_until=health.rest_until,
        health=round(health.score, 2),
        pages=health.pages,
        blocks=health.blocks,
        pages_today=told.pages_today,
        per_day=told.per_day,
        left_today=told.left_today,
        logged_in_as=health.logged_in_as,
        logged_in_at=health.logged_in_at,
        cookies_at=told.cookies_at,
        last_page_at=health.last_page_at,
        last_block=_block(found.last_block),
        in_use_by=told.in_use_by,
        egress=told.who.egress,
        waiting_runs=[run.id for run in found.waiting],
    )


def _block(found: Block | None) -> BlockOut | None:
    if found is None:
        return None
    return BlockOut(run=found.run_id, at=found.at, reason=found.reason)


@routes.get("", summary="All profiles")
def list_profiles(desk: DeskOf) -> ProfileList:
    """All profiles, guest first: health, budget, login, and which runs wait for each."""
    return ProfileList(items=[_told(one) for one in profiles.listed(desk)])


@routes.get("/{name}", summary="One profile")
def one_profile(desk: DeskOf, name: Name) -> ProfileOut:
    """How a profile fares at the site."""
    try:
        return _told(profiles.one(desk, name))
    except ProfileUnknown as error:
        raise Problem(404, "profile-unknown", str(error)) from error


class LoginOut(BaseModel):
    """A login and how it stands. Who asks for it keeps it going; it ends 20 s after nobody does."""

    profile: str = Field(examples=["main"])
    phase: Phase = Field(description="code: one waits to be scanned with the 1688 or Taobao app.")
    started_at: datetime
    ends_at: datetime = Field(description="When it is given up at the latest.")
    code_url: str | None = Field(
        description="Where the code is as a PNG; as good as a password, and changes.",
        examples=["/api/v1/profiles/main/login/code?number=1"],
    )
    why: str | None = Field(description="Of one that failed.")
    logged_in_as: str | None
    runs: list[int] = Field(description="Runs that waited for it and go on.")


def _login(stand: Stand) -> LoginOut:
    booked = stand.booked
    path = f"/api/v1/profiles/{stand.profile}/login/code?number={stand.number}"
    return LoginOut(
        profile=stand.profile,
        phase=stand.phase,
        started_at=stand.started_at,
        ends_at=stand.ends_at,
        code_url=path if stand.code else None,
        why=stand.why,
        logged_in_as=booked.account if booked else None,
        runs=booked.runs if booked else [],
    )


def _deed(asker: Caller, verb: str, name: str) -> Deed:
    target = f"profile {name}"
    return Deed(actor=asker.name, role=asker.role, door="api", verb=verb, target=target)


def _found(desk: Desk, asker: Caller, name: str) -> Login:
    """The login of a profile, for those who may log in."""
    if not asker.may_run:
        raise Problem(403, "forbidden", "this needs a token of scope run")
    if login := logins.find(desk, name):
        return login
    raise Problem(404, "login-unknown", f"no login of profile {name} was begun here")


@routes.post(
    "/{name}/login",
    status_code=202,
    summary="Log in",
    responses={200: {"description": "A login of it goes on already: this one."}},
)
def log_in(desk: DeskOf, asker: Asker, name: Name, response: Response) -> LoginOut:
    """Open the site's login page for a profile, a new one if there is none of that name.

    Then ask how it stands, show the code to a person, and wait for the phone.
    """
    login, is_new = logins.start(desk, name, _deed(asker, "login", name))
    response.status_code = 202 if is_new else 200
    return _login(login.look())


@routes.get("/{name}/login", summary="How a login stands")
def one_login(desk: DeskOf, asker: Asker, name: Name) -> LoginOut:
    """How the latest login of a profile stands; asking keeps it going. Needs scope run."""
    return _login(_found(desk, asker, name).look())


@routes.get(
    "/{name}/login/code",
    summary="The code of a login",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "The code, as a picture."}},
)
def login_code(
    desk: DeskOf,
    asker: Asker,
    name: Name,
    number: Annotated[
        int | None, Query(ge=0, le=MOST, description="Which one, so that none is kept for another.")
    ] = None,
) -> Response:
    """The code that waits to be scanned. Needs scope run."""
    stand = _found(desk, asker, name).look()
    if stand.code is None or number not in {None, stand.number}:
        raise Problem(404, "code-unknown", "no such code waits to be scanned")
    return Response(picture_of(stand.code), media_type="image/png")


@routes.delete("/{name}/login", status_code=204, summary="Give a login up")
def end_login(desk: DeskOf, asker: Asker, name: Name) -> None:
    """End a login that goes on."""
    _found(desk, asker, name)
    logins.give_up(desk, name, _deed(asker, "end_login", name))
