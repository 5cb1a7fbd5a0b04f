"""Query parameters that a route does not have are refused: a misspelt filter finds too much."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from app.api.document import PREFIX

UNKNOWN = "there is no such parameter here"


def only_known(request: Request) -> None:
    """A dependency of all routes. Raises RequestValidationError for a parameter too many."""
    if not request.query_params:
        return
    route: APIRoute = request.scope["route"]
    known = _known(request.app, PREFIX + route.path_format, request.scope["method"].lower())
    if more := sorted(set(request.query_params) - known):
        message = UNKNOWN + (f"; there are {', '.join(sorted(known))}" if known else "")
        raise RequestValidationError([{"loc": ("query", name), "msg": message} for name in more])


def _known(app: FastAPI, path: str, method: str) -> set[str]:
    """As the document says; FastAPI makes it once."""
    declared = app.openapi()["paths"][path][method].get("parameters", ())
    return {each["name"] for each in declared if each["in"] == "query"}
