"""Runs: what one would come to, and opening it over links, a file, a list, or another's rest."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, File, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from app.access.callers import Caller
from app.api.deps import Asker, DeskOf, deed_of
from app.api.problems import Problem
from app.api.run_values import Number, Priority, RunOut, told
from app.lists import ListRefError
from app.refs import lines_of
from app.runs.outcomes import Outcome
from app.services import planning, runs, trail
from app.services.desk import Desk
from app.services.runs import Opened
from app.services.trail import Deed
from app.services.wanted import Wanted
from app.services.wanting import AGAIN, NothingWanted, want

routes = APIRouter(prefix="/runs", tags=["runs"])
MOST = 100_000
MOST_HOURS = 24 * 366
SAME: dict[int | str, dict[str, Any]] = {
    200: {"description": "There is one with exactly this input."}
}
AMONG = "Among the workers' runs."
Hours = Annotated[
    int | None,
    Field(ge=1, le=MOST_HOURS, description="Skip named offers seen within so many hours."),
]
Profile = Annotated[
    str | None, Field(max_length=64, description="As whom; the server's own choice without it.")
]


class Wish(BaseModel):
    """What is to be synced: offers, or one list to find them in."""

    model_config = ConfigDict(extra="forbid")

    refs: list[str] = Field(
        default=[],
        max_length=MOST,
        description="Offer URLs or ids; what names no offer is rejected and counted.",
        examples=[["https://detail.1688.com/offer/610947572360.html"]],
    )
    keyword: str | None = Field(None, max_length=200, description="All offers of a search.")
    shop: str | None = Field(None, max_length=500, description="All offers of a supplier.")
    category: str | None = Field(None, max_length=200, description="All offers of a category.")
    first: int | None = Field(None, ge=1, le=MOST, description="Only a list's first N offers.")
    skip_seen_hours: Hours = None
    profile: Profile = None


class NewRun(Wish):
    """A run that is to be opened."""

    priority: Priority = Field(Priority.DEFAULT, description=AMONG)


class RunOpened(RunOut):
    """A run that was asked for."""

    next: str = Field(description="What has to be done for it to begin; empty if nothing.")


class Lines(BaseModel):
    """What the input's lines came to."""

    read: int
    accepted: int
    duplicate: int
    rejected: int


class Known(BaseModel):
    """What the database has of the named offers."""

    stored: int
    skipped: int = Field(description="Seen within `skip_seen_hours`: not asked for.")


class Pages(BaseModel):
    """Pages that would be asked for; null where only a list's first page tells."""

    offers: int | None
    lists: int | None
    robots: int = Field(description="Hosts whose robots.txt has to be had first.")
    total: int | None
    at_most: bool = Field(description="Whether a list may turn out to be shorter.")


class Refused(BaseModel):
    """What robots.txt keeps us from."""

    count: int
    rule: str | None


class Account(BaseModel):
    """Pages of today; null is without end."""

    per_day: int | None
    spent: int
    left: int | None


class Budget(BaseModel):
    """What is left of the day's pages, which end at midnight of `tz`."""

    tz: str = Field(examples=["Asia/Shanghai"])
    profile: Account
    address: Account
    left_today: int | None


class Shut(BaseModel):
    """Why no page may be asked for now."""

    until: datetime | None = Field(description="Null: a person has to look first.")
    why: str


class PlanOut(BaseModel):
    """What a run would come to, if nobody else asks meanwhile and the site does not mind."""

    what: str = Field(examples=["20 offers"])
    kind: str = Field(examples=["refs"])
    lines: Lines | None = Field(description="Null for a list.")
    known: Known
    pages: Pages
    forbidden: Refused
    replica: bool = Field(description="Whether a local 1688 is asked.")
    mode: str = Field(examples=["natural"])
    profile: str
    address: str
    gap_seconds: tuple[float, float] = Field(description="After an offer: least, most.")
    list_gap_seconds: tuple[float, float] = Field(description="After a list's page.")
    budget: Budget
    quiet_hours: str | None = Field(examples=["01:00-07:00"])
    closed: Shut | None
    begins_at: datetime | None
    ends_at: datetime | None = Field(description="At the earliest; null where nobody can tell.")
    days: int = Field(description="Days on which pages would be asked for.")


@routes.post(
    "",
    status_code=201,
    summary="Open a run",
    responses=SAME,
)
def open_run(desk: DeskOf, asker: Asker, wish: NewRun, response: Response) -> RunOpened:
    """Open a run. 200 with the unfinished run if there is one with exactly this input."""
    opened = runs.open_run(desk, _wanted(wish), profile=wish.profile, priority=wish.priority)
    return _opened(desk, opened, response, _opening(asker, opened))


@routes.post("/plan", summary="What a run would come to")
def plan(desk: DeskOf, wish: Wish) -> PlanOut:
    """Lines, pages, budget and time of a run that nobody begins. Asks no page, writes nothing."""
    found = runs.plan(desk, _wanted(wish), profile=wish.profile)
    return PlanOut.model_validate(planning.as_document(found))


@routes.post("/file", status_code=201, summary="Open a run over a file", responses=SAME)
def open_file(
    desk: DeskOf,
    asker: Asker,
    response: Response,
    *,
    file: Annotated[UploadFile, File(description="A ref a line, or CSV with it in column one.")],
    priority: Annotated[Priority, Query(description=AMONG)] = Priority.DEFAULT,
    skip_seen_hours: Annotated[Hours, Query()] = None,
    profile: Annotated[Profile, Query()] = None,
) -> RunOpened:
    """The same over a file in UTF-8 or GB18030, read as `pwsync sync -i FILE` does; up to 8 MiB."""
    wanted = _in_file(file.file.read(), skip_seen_hours)
    opened = runs.open_run(desk, wanted, profile=profile, priority=priority)
    return _opened(desk, opened, response, _opening(asker, opened))


class Again(BaseModel):
    """Which offers of a run are to be tried again."""

    model_config = ConfigDict(extra="forbid")

    only: list[Outcome] = Field(
        list(AGAIN), min_length=1, max_length=len(Outcome), description="How they ended."
    )
    priority: Priority = Field(Priority.DEFAULT, description=AMONG)


@routes.post("/{run}/retry", status_code=201, summary="Retry a run", responses=SAME)
def retry(
    desk: DeskOf,
    asker: Asker,
    run: Number,
    response: Response,
    *,
    again: Annotated[Again | None, Body()] = None,
) -> RunOpened:
    """Open a run over offers of another: those that failed or were blocked, or as `only` says."""
    wish = again or Again.model_validate({})
    try:
        opened = runs.retry(desk, run, wish.only, priority=wish.priority)
    except NothingWanted as error:
        raise Problem(409, "nothing", str(error)) from error
    return _opened(desk, opened, response, deed_of(asker, "retry", f"run {run}"))


def _wanted(wish: Wish) -> Wanted:
    try:
        return want(
            wish.refs,
            keyword=wish.keyword,
            shop=wish.shop,
            category=wish.category,
            first=wish.first,
            skip_seen_hours=wish.skip_seen_hours,
        )
    except ListRefError as error:
        raise Problem(400, "list", str(error)) from error
    except NothingWanted as error:
        raise Problem(400, "nothing", str(error)) from error


def _in_file(content: bytes, skip_seen_hours: int | None) -> Wanted:
    try:
        return want(lines_of(content), skip_seen_hours=skip_seen_hours)
    except UnicodeDecodeError as error:
        raise Problem(400, "file", "the file is no text in UTF-8 or GB18030") from error
    except NothingWanted as error:
        raise Problem(400, "nothing", str(error)) from error


def _opening(asker: Caller, opened: Opened) -> Deed:
    return deed_of(asker, "open_run", f"run {opened.run.id}")


def _opened(desk: Desk, opened: Opened, response: Response, deed: Deed) -> RunOpened:
    response.status_code = 201 if opened.is_new else 200
    trail.note(desk.engine, deed)
    found: dict[str, Any] = told(runs.picture(desk, opened.run.id).counts)
    return RunOpened(**found, next=opened.next)
