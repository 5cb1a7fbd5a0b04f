"""Profiles: as whom the site is asked, and how each fares."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from app.api.deps import DeskOf
from app.api.problems import Problem
from app.profiles.values import ProfileUnknown
from app.services import profiles
from app.services.profiles import Block, Profiled, Word

routes = APIRouter(prefix="/profiles", tags=["profiles"])
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
