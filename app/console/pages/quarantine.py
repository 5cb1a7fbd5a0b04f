"""Quarantine: refused pages, one of them with its reason, and what a person does about it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.access.callers import caller_of
from app.console.shell import desk_of, done, language_of, page
from app.console.words import said
from app.quality.releasing import Case, CaseUnknown, NotReleasable
from app.services import quarantine
from app.services.quarantine import LATEST_MOMENT, CaseDecided, Place
from app.services.trail import Deed
from app.store.engine import ValueRefused

routes = APIRouter(prefix="/quarantine")
PAGE = 50
BIGGEST = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=BIGGEST)]
TYPES = {
    "Invalid": "values refused",
    "FieldMissing": "a needed field is missing",
    "LayoutUnknown": "no layout knows the page",
    "Truncated": "the page breaks off",
    "ValidationError": "values that cannot be",
    "ValueRefused": "the database refuses a value",
    "Doubt": "stored with a doubt",
}
"""Type: in words."""
ACTS = {
    "release": quarantine.release,
    "discard": quarantine.discard,
    "reextract": quarantine.reextract,
}
SAID = {
    "release": "Stored as the page says.",
    "discard": "Discarded: what is stored stays.",
    "reextract": "Read again, and stored.",
}


@routes.get("")
def list_cases(
    request: Request,
    kind: Annotated[str, Query(alias="type", max_length=20)] = "",
    decided: Annotated[bool, Query()] = False,
    at: Annotated[int, Query(ge=0, le=LATEST_MOMENT)] = 0,
    after: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
) -> Response:
    """Refused pages, the last seen first."""
    known = kind if kind in TYPES else ""
    found = quarantine.listed(
        desk_of(request),
        kind=known or None,
        waiting=not decided,
        limit=PAGE,
        after=Place(at=at, id=after) if after else None,
    )
    asked = {"type": known} | ({"decided": "1"} if decided else {})
    place = {"at": found.next.at, "after": found.next.id} if found.next else {}
    more = f"/quarantine?{urlencode(asked | place)}" if place else ""
    told: dict[str, Any] = {"kind": known, "decided": decided, "types": TYPES, "next": more}
    told["most"] = quarantine.MOST_COUNTED
    return page(request, "quarantine/list.html", found=found, told=told, first=bool(after))


@routes.get("/{case}")
def one_case(request: Request, case: Number) -> Response:
    """One refused page."""
    try:
        found = quarantine.shown(desk_of(request), case)
    except CaseUnknown:
        raise HTTPException(404) from None
    return _case(request, found)


def _case(request: Request, found: Case, wrong: str = "", status: int = 200) -> Response:
    stored = quarantine.is_stored(desk_of(request), found.row["offer_id"])
    told = {"row": found.row, "record": found.record, "types": TYPES, "wrong": wrong}
    return page(request, "quarantine/case.html", status=status, stored=stored, **told)


@routes.post("/{case}/{verb}")
def settle(request: Request, case: Number, verb: str) -> Response:
    """Release, discard or read again, or have the page loaded again."""
    desk, deed = desk_of(request), _deed(request, verb, case)
    try:
        if verb == "retry":
            opened = quarantine.retry(desk, case, deed)
            return done(f"/runs/{opened.run.id}", opened.next)
        act = ACTS.get(verb)
        if act is None:
            raise HTTPException(404)
        act(desk, case, deed)
    except CaseUnknown:
        raise HTTPException(404) from None
    except (NotReleasable, CaseDecided, ValueRefused) as error:
        return _case(request, quarantine.shown(desk, case), wrong=str(error), status=409)
    return done(f"/quarantine/{case}", said(language_of(request), SAID[verb]))


def _deed(request: Request, verb: str, case: int) -> Deed:
    caller = caller_of(request)
    return Deed(
        actor=caller.name,
        role=caller.role,
        door="console",
        verb=f"{verb}_case",
        target=f"case {case}",
    )
