"""What the programs noted of their work."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from app.api.deps import DeskOf
from app.api.paging import cursor, place
from app.api.problems import Problem
from app.services import logs
from app.services.logs import CursorWrong, Line, Wanted

routes = APIRouter(tags=["logs"])
BIGGEST = 2**31 - 1
OWN = ("time", "level", "event", "role", "run", "item", "profile", "exception")
"""Fields of a line that have their own place."""


def _worded(value: str) -> str:
    """A time in words; pydantic takes a number for the seconds since 1970, too."""
    if not re.match(r"\d{4}-\d\d-\d\d[Tt ]", value):
        raise ValueError("write a time as 2026-11-05T10:00:00+08:00")
    return value


class Level(StrEnum):
    """How grave."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


Moment = Annotated[AwareDatetime, BeforeValidator(_worded)]


class LineOut(BaseModel):
    """One line of one program."""

    time: datetime
    level: str = Field(examples=["warning"])
    event: str = Field(description="What it says.", examples=["retry"])
    role: str | None = Field(description="sync, worker, scheduler, server.", examples=["worker"])
    run: int | None = Field(examples=[7])
    item: str | None = Field(description="Offer id.", examples=["610947572360"])
    profile: str | None = Field(examples=["guest"])
    exception: str | None = Field(description="The traceback of a fault.")
    more: dict[str, Any] = Field(
        description="Whatever else it holds: pid, logger, attempt, seconds, text, request, …"
    )


class LineList(BaseModel):
    """Lines, newest first."""

    items: list[LineOut]
    next: str | None = Field(
        description="Cursor of the older ones. A page can be short, even empty, and have one: "
        "so many lines were looked at."
    )


@routes.get("/logs", summary="Search the logs")
def list_lines(
    desk: DeskOf,
    *,
    q: Annotated[
        str | None, Query(max_length=200, description="Words; each stands in the line.")
    ] = None,
    level: Annotated[Level | None, Query(description="This grave or graver.")] = None,
    role: Annotated[str | None, Query(max_length=32, description="Of these programs.")] = None,
    run: Annotated[int | None, Query(ge=1, le=BIGGEST)] = None,
    item: Annotated[str | None, Query(pattern=r"^\d{1,20}$", description="Offer id.")] = None,
    profile: Annotated[str | None, Query(max_length=64)] = None,
    since: Annotated[Moment | None, Query(description="Not before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    before: Annotated[str | None, Query(alias="cursor", max_length=2000)] = None,
) -> LineList:
    """What syncs, workers, schedulers and servers of this machine noted, newest first.

    Secrets were cut out before the lines were written.
    """
    wanted = Wanted(
        words=tuple((q or "").split()),
        level=level.value if level else None,
        role=role,
        run=run,
        offer=item,
        profile=profile,
        since=since,
    )
    try:
        found = logs.search(desk.logs, wanted, limit, place(before, str))
    except CursorWrong as error:
        raise Problem(400, "cursor", "this is no cursor of ours; begin without one") from error
    more = cursor(found.next) if found.next else None
    return LineList(items=[_told(one) for one in found.lines], next=more)


def _told(line: Line) -> LineOut:
    fields = line.fields
    number = fields.get("run")
    return LineOut(
        time=line.time,
        level=line.level,
        event=line.event,
        role=_text(fields.get("role")),
        run=number if isinstance(number, int) else None,
        item=_text(fields.get("item")),
        profile=_text(fields.get("profile")),
        exception=_text(fields.get("exception")),
        more={key: value for key, value in fields.items() if key not in OWN},
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
