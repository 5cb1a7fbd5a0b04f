"""Kept pictures, by the digest of their original: what is at an address never changes."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.console.shell import desk_of
from app.images.sizes import Size
from app.services import pictures

routes = APIRouter(prefix="/pictures")
YEAR = 365 * 24 * 3600


@routes.get("/{sha256}")
def one_picture(request: Request, sha256: str, size: Size = Size.FULL) -> Response:
    """A picture that the database knows, in a size."""
    tag = f'"{sha256}-{size}"'
    found = pictures.shot(desk_of(request), sha256, size)
    if found is None:
        return Response(status_code=404)
    kept = {"Cache-Control": f"private, max-age={YEAR}, immutable", "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=kept)
    return Response(found.content, media_type=found.kind, headers=kept)
