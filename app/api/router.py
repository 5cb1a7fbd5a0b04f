"""The API as one router under /api/v1."""

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter, Depends, Security
from fastapi.security import HTTPBearer

from app.api import routes
from app.api.document import PREFIX, RESPONSES
from app.api.queries import only_known

BEARER = HTTPBearer(
    scheme_name="token",
    bearerFormat="opaque",
    description="A token as `pwsync serve --new-token` prints it.",
    auto_error=False,
)
"""For the document alone: the guard has asked for the token before."""


def api_routes() -> APIRouter:
    """All routes of the API."""
    api = APIRouter(
        prefix=PREFIX,
        dependencies=[Security(BEARER), Depends(only_known)],
        responses=dict(RESPONSES),
    )
    for found in sorted(iter_modules(routes.__path__), key=lambda one: one.name):
        api.include_router(import_module(f"{routes.__name__}.{found.name}").routes)
    return api
