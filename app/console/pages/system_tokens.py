"""Tokens: who may come in and for what. An admin's page; the guard sees to that.

A new token is in the answer to the form that made it, and nowhere else, ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.access.callers import ROLES, caller_of
from app.access.guard import TOKEN
from app.access.tokens import LastAdmin, Scope, Tokens, TokensUnusable
from app.console.shell import desk_of, done, page
from app.services import trail
from app.services.trail import Deed

routes = APIRouter(prefix="/system/tokens")
SCOPES: Mapping[str, str] = {
    "read": "viewer: sees everything but tokens",
    "run": "operator: opens runs and acts on them, too",
    "admin": "admin: makes tokens and backups, too",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A token as it may be shown."""

    key: str
    name: str
    role: str
    made_at: datetime | None
    used_at: datetime | None
    is_own: bool
    """Whether it is the one that asks."""
    is_kept: bool
    """Whether it can be revoked here: it is none of the settings'."""


def _tokens(request: Request) -> Tokens:
    tokens: Tokens = request.app.state.tokens
    return tokens


def _rows(request: Request) -> Sequence[Row]:
    tokens, own = _tokens(request), request.scope["state"][TOKEN]
    return [
        Row(
            key=one.key,
            name=one.shown,
            role=ROLES[one.scope],
            made_at=one.made_at,
            used_at=tokens.uses.last(one.digest),
            is_own=one.digest == own.digest,
            is_kept=one.made_at is not None,
        )
        for one in tokens.all()
    ]


@routes.get("")
def show(request: Request) -> Response:
    """All tokens in force."""
    return _page(request)


def _page(request: Request, *, status: int = 200, **more: Any) -> Response:
    told: dict[str, Any] = {"made": None, "wrong": "", "given": {"name": "", "scope": "read"}}
    return page(
        request,
        "system/tokens.html",
        status=status,
        found=_rows(request),
        scopes=SCOPES,
        **told | more,
    )


@routes.post("")
def make(
    request: Request,
    name: Annotated[str, Form(max_length=40)] = "",
    scope: Annotated[str, Form(max_length=8)] = "read",
) -> Response:
    """Make a token and show it, this once."""
    given, name = {"name": name, "scope": scope}, name.strip()
    taken = {one.name for one in _tokens(request).all()}
    if wrong := _wrong(name, scope, taken):
        return _page(request, status=400, wrong=wrong, given=given)
    try:
        made = _tokens(request).make(Scope[scope.upper()], name)
    except (TokensUnusable, OSError) as error:
        return _page(request, status=409, wrong=f"no token was made: {error}", given=given)
    _note(request, "make_token", name, scope=scope)
    return _page(request, made={"name": name, "token": made})


def _wrong(name: str, scope: str, taken: set[str]) -> str:
    if scope not in SCOPES:
        return f"choose one of {', '.join(SCOPES)}"
    if not name or not name.isprintable():
        return "say whose the token is"
    return f"there is a token of {name}: choose another name" if name in taken else ""


@routes.post("/revoke")
def revoke(request: Request, key: Annotated[str, Form(max_length=32)]) -> Response:
    """Take a token and its logins out of force, at once."""
    try:
        gone = _tokens(request).revoke(key)
    except KeyError as error:
        raise HTTPException(404, "there is no such token here") from error
    except (LastAdmin, TokensUnusable, OSError) as error:
        return _page(request, status=409, wrong=str(error))
    _note(request, "revoke_token", gone.shown, scope=gone.scope.name.lower())
    return done("/system/tokens")


def _note(request: Request, verb: str, name: str, **detail: str) -> None:
    caller = caller_of(request)
    deed = Deed(
        actor=caller.name,
        role=caller.role,
        door="console",
        verb=verb,
        target=f"token {name}",
        detail=detail,
    )
    trail.note(desk_of(request).engine, deed)
