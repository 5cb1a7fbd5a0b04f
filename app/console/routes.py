"""All pages of the console as one router; each file of `pages/` adds its own."""

import mimetypes
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from app.access.guard import TOKEN
from app.access.login import LANGUAGE, safe_path
from app.console import pages
from app.console.shell import page
from app.console.words import LANGUAGES

YEAR = 365 * 24 * 3600
NOT_FOUND = 404
STATIC = frozenset({"pwsync.css", "pwsync.js", "icons.svg"})


def console_routes() -> APIRouter:
    """Everything under / that is a page, and its static files."""
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route("/static/{name}", static)
    routes.add_api_route("/language/{language}", choose_language)
    for found in sorted(iter_modules(pages.__path__), key=lambda one: one.name):
        module = import_module(f"{pages.__name__}.{found.name}")
        routes.include_router(module.routes)
    return routes


def static(name: str) -> Response:
    """A static file; its address changes with its content, so that it is kept for long."""
    if name not in STATIC:
        return Response(status_code=404)
    content = (files("app.console") / "static" / name).read_bytes()
    kind = mimetypes.guess_type(name)[0]
    kept = {"Cache-Control": f"private, max-age={YEAR}, immutable"}
    return Response(content, media_type=kind, headers=kept)


def choose_language(request: Request, language: str) -> Response:
    """Keep the language, and go back to where that was."""
    to = parse_qs(request.url.query).get("then", ["/"])[0]
    answer = RedirectResponse(safe_path(to), status_code=303)
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE, language, max_age=YEAR, samesite="strict", httponly=True)
    return answer


def wrong(request: Request, status: int, sentence: str) -> Response:
    """The page for what could not be done."""
    if "text/html" not in request.headers.get("accept", "") or TOKEN not in request.scope["state"]:
        return PlainTextResponse(f"{sentence}\n", status_code=status)
    if status == NOT_FOUND and sentence == "Not Found":
        return page(request, "not_found.html", status=status)
    return page(request, "wrong.html", status=status, sentence=sentence)
