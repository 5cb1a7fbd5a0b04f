"""Exports: the form, the list with how far each is, and the files."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response, StreamingResponse

from app.access.callers import caller_of
from app.console.shell import desk_of, done, event, fragment, page
from app.export.asking import Asked
from app.export.columns import shipped
from app.export.registry import known_formats
from app.export.values import ExportError
from app.filters.values import FilterError
from app.services import exports
from app.services.exports import OrderUnknown
from app.services.trail import Deed

routes = APIRouter(prefix="/exports")
LIVE_SECONDS = 1.0
Id = Annotated[str, Path(pattern=r"^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$")]


@routes.get("")
def list_exports(request: Request, where: str = "") -> Response:
    """The form, and the exports that are kept."""
    return _page(request, {"where": where[:2000]})


def _page(request: Request, given: dict[str, Any], wrong: str = "", status: int = 200) -> Response:
    found = exports.listed(desk_of(request))
    told = {"given": given, "wrong": wrong, "maps": shipped(), "formats": known_formats()}
    is_live = any(one.is_going for one in found)
    return page(request, "exports/list.html", status=status, found=found, is_live=is_live, **told)


@routes.post("")
def export(
    request: Request,
    *,
    format_name: Annotated[str, Form(alias="format", max_length=20)] = "csv",
    where: Annotated[str, Form(max_length=2000)] = "",
    columns: Annotated[str, Form(max_length=10_000)] = "",
    per: Annotated[str, Form(max_length=10)] = "",
    limit: Annotated[str, Form(max_length=10)] = "",
    since_last: Annotated[bool, Form()] = False,
) -> Response:
    """Take an export, and go back to the list."""
    caller = caller_of(request)
    deed = Deed(actor=caller.name, role=caller.role, door="console", verb="export", target="")
    given: dict[str, Any] = {"format": format_name, "where": where, "columns": columns}
    given |= {"per": per, "limit": limit, "since_last": since_last}
    try:
        asked = Asked(
            format=format_name,
            where=where,
            columns=columns.strip() or None,
            per=per or None,
            limit=_number(limit),
            since_last=since_last,
        )
        exports.place(desk_of(request), asked, deed)
    except (ExportError, FilterError) as error:
        return _page(request, given, wrong=str(error), status=400)
    return done("/exports")


def _number(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdecimal() or int(text) < 1:
        raise ExportError(f"'{text}' is no number of offers")
    return int(text)


@routes.get("/live")
async def live(request: Request) -> Response:
    """The list as it changes; ends when nothing is made any more."""
    return StreamingResponse(_frames(request), media_type="text/event-stream")


async def _frames(request: Request) -> AsyncIterator[str]:
    while not await request.is_disconnected():
        found = await run_in_threadpool(exports.listed, desk_of(request))
        if not any(one.is_going for one in found):
            yield event("over", "")
            return
        yield event("now", fragment(request, "exports/table.html", found=found))
        await asyncio.sleep(LIVE_SECONDS)


@routes.get("/{order}/file")
def file(request: Request, order: Id) -> Response:
    """The file of an export, to be saved."""
    desk = desk_of(request)
    try:
        found = exports.one(desk, order)
        path = exports.file(desk, found)
    except OrderUnknown as error:
        raise HTTPException(404, str(error)) from error
    except ExportError as error:
        raise HTTPException(409, str(error)) from error
    return FileResponse(path, filename=found.name, media_type="application/octet-stream")
