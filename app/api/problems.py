"""Errors as problem+json (RFC 9457): one shape, whatever went wrong."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from app.filters.values import FilterError
from app.jobs.doorbell import RedisUnavailable
from app.profiles.values import ProfileError
from app.quality.releasing import CaseUnknown, NotReleasable
from app.refs import RefError
from app.runs.states import RunClosed, RunUnknown
from app.services.quarantine import CaseDecided
from app.store.engine import DatabaseUnavailable, ValueRefused

KNOWN: Mapping[type[Exception], tuple[int, str]] = {
    FilterError: (400, "filter"),
    RefError: (400, "ref"),
    RunUnknown: (404, "run-unknown"),
    RunClosed: (409, "run-closed"),
    CaseUnknown: (404, "case-unknown"),
    CaseDecided: (409, "case-decided"),
    NotReleasable: (409, "not-releasable"),
    ValueRefused: (409, "value-refused"),
    ProfileError: (409, "profile"),
    DatabaseUnavailable: (503, "database"),
    RedisUnavailable: (503, "redis"),
}
"""Errors of the rooms below, and what they are to whoever asks."""
WORDS = {400: "body", 404: "unknown", 405: "method", 413: "body"}
"""What the framework's own refusals are called."""
NOT_ALLOWED = 405
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
Answering = Callable[[Request, Exception], Awaitable[Response]]


class Problem(Exception):
    """A refusal with a status, a word for programs and a sentence for people."""

    def __init__(self, status: int, word: str, sentence: str, **more: Any) -> None:
        super().__init__(sentence)
        self.status, self.word, self.more = status, word, more


class ProblemResponse(JSONResponse):
    """In ASCII: what is told may hold half a surrogate pair, which UTF-8 cannot."""

    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode("ascii")


def problem(status: int, word: str, sentence: str, **more: Any) -> JSONResponse:
    """The answer."""
    told = {"type": f"/problems/{word}", "title": word, "status": status, "detail": sentence}
    return ProblemResponse(told | more, status_code=status)


def install(app: FastAPI, otherwise: Callable[[Request, int, str], Response]) -> None:
    """Answer with problems under /api; elsewhere, with what `otherwise` makes of it."""

    def put(request: Request, status: int, word: str, sentence: str, **more: Any) -> Response:
        if request.url.path.startswith("/api/"):
            return problem(status, word, sentence, **more)
        return otherwise(request, status, sentence)

    async def known(request: Request, error: Exception) -> Response:
        status, word = next(told for kind, told in KNOWN.items() if isinstance(error, kind))
        return put(request, status, word, str(error))

    async def own(request: Request, error: Exception) -> Response:
        assert isinstance(error, Problem)
        return put(request, error.status, error.word, str(error), **error.more)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        wrong = [{"where": list(each["loc"]), "why": each["msg"]} for each in error.errors()]
        first = f"{'.'.join(map(str, wrong[0]['where']))}: {wrong[0]['why']}"
        return put(request, 422, "invalid", first, errors=wrong)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        word = WORDS.get(error.status_code, "http")
        answer = put(request, error.status_code, word, str(error.detail))
        answer.headers.update(error.headers or {})
        if error.status_code == NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(_allowed(request))
        return answer

    for kind in KNOWN:
        app.add_exception_handler(kind, known)
    app.add_exception_handler(Problem, own)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _allowed(request: Request) -> list[str]:
    """The methods of a path; the framework names those of the first route that has it."""

    def answers(method: str) -> bool:
        asked = {**request.scope, "method": method}
        return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)

    found = [method for method in METHODS if answers(method)]
    return [*found, "HEAD"] if "GET" in found else found
