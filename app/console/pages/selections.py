"""What is done with many offers at once, and the views of their table."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from app.access.callers import caller_of
from app.console.pages.offers import PAGE, Words, answers_of, is_id
from app.console.shell import desk_of, done, page
from app.export.values import ExportError
from app.filters.values import FilterError
from app.services import downloads, offers, views
from app.services.trail import Deed
from app.services.views import SHAPE, ViewRefused

routes = APIRouter(prefix="/offer-selection")
Chosen = Annotated[list[str], Query(alias="offer", max_length=PAGE)]


@routes.get("/sync")
def sync(chosen: Chosen) -> Response:
    """The form of a new run with these offers in it, where one sees what they come to."""
    refs = "\n".join(one for one in chosen if is_id(one))
    return RedirectResponse(f"/runs/new?{urlencode({'refs': refs})}", status_code=303)


@routes.get("/export")
def export(
    request: Request,
    *,
    form: Annotated[Literal["csv", "xlsx", "jsonl"], Query(alias="format")] = "csv",
    chosen: Chosen = [],  # noqa: B006 - FastAPI copies it
    q: Words = "",
    where: Words = "",
) -> Response:
    """These offers as a file, or without any all that the table's filter finds."""
    desk = desk_of(request)
    try:
        ids = [one for one in chosen if is_id(one)]
        query = downloads.only(ids) if ids else offers.query_of(q, where, answers_of(request))
        if downloads.size(desk, query) > downloads.MOST:
            return _too_many(request)
        made = downloads.download(desk, form, query, by=caller_of(request).name)
    except (FilterError, ExportError) as error:
        return page(request, "wrong.html", status=400, sentence=str(error))
    headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
    return Response(made.content, media_type=made.kind, headers=headers)


def _too_many(request: Request) -> Response:
    return page(request, "offers/too_many.html", status=400, direct=downloads.MOST)


async def asked_in(request: Request) -> dict[str, str]:
    """The question that a posted form holds."""
    form = await request.form()
    return {key: str(form.get(key, "")) for key in SHAPE}


@routes.post("/views")
def save_view(
    request: Request,
    asked: Annotated[dict[str, str], Depends(asked_in)],
    name: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep the table's question under a name."""
    try:
        view = views.save(desk_of(request), name, asked, _deed(request, "save_view", name))
    except ViewRefused as error:
        return page(request, "wrong.html", status=400, sentence=str(error))
    return done(f"/offers?{urlencode(dict(view.asked))}")


@routes.post("/views/delete")
def delete_view(request: Request, name: Annotated[str, Form(max_length=200)]) -> Response:
    """Forget a view."""
    views.drop(desk_of(request), name, _deed(request, "delete_view", name))
    return done("/offers")


def _deed(request: Request, verb: str, name: str) -> Deed:
    caller = caller_of(request)
    target = f"view {name}"
    return Deed(actor=caller.name, role=caller.role, door="console", verb=verb, target=target)
