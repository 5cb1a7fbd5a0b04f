"""The API as one router under /api/v1."""

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

from app.api import routes

PREFIX = "/api/v1"


def api_routes() -> APIRouter:
    """All routes of the API."""
    api = APIRouter(prefix=PREFIX)
    for found in sorted(iter_modules(routes.__path__), key=lambda one: one.name):
        api.include_router(import_module(f"{routes.__name__}.{found.name}").routes)
    return api
