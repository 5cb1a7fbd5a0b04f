"""The first page: how things stand."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.console.shell import page

routes = APIRouter()


@routes.get("/")
def overview(request: Request) -> Response:
    """What there is, what goes on, and what waits for a person."""
    return page(request, "overview.html")
