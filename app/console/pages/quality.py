"""Quality: how often pages tell their fields, what drifted, what was measured."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.console.shell import desk_of, page
from app.services import quality

routes = APIRouter(prefix="/quality")


@routes.get("")
def report(request: Request) -> Response:
    """How well pages are read."""
    found = quality.trust(desk_of(request))
    return page(request, "quality/report.html", found=found, rows=quality.offers_path)
