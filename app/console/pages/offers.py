"""Offers: the table with its search, and one offer with all that is known of it."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.chart import Chart, chart
from app.console.matrix import matrix
from app.console.shell import desk_of, number, page, yuan
from app.filters.form import LONGEST as LONGEST_ANSWER
from app.filters.form import QUESTIONS
from app.filters.search import MOST_COUNTED, SORTS
from app.filters.values import FilterError
from app.services import archived, downloads, groups, offers, pictures, views
from app.store.suppliers import key_of

routes = APIRouter(prefix="/offers")
PAGE = 50
SKUS = 200
"""SKUs of one offer that a page shows."""
LATEST = 50
"""Changes of one offer that a page shows, unless more are asked for."""
SHOTS = 60
"""Pictures of one offer that a page shows."""
LONGEST = 2000
Words = Annotated[str, Query(max_length=LONGEST)]


@routes.get("")
def list_offers(
    request: Request,
    q: Words = "",
    where: Words = "",
    sort: Annotated[str, Query(max_length=20)] = "changed",
    after: Words = "",
) -> Response:
    """Offers that words, a filter and the form's answers find."""
    answers = answers_of(request)
    asked = {"q": q, "where": where, "sort": sort} | answers
    try:
        begins = offers.place_of(sort, orjson.loads(after) if after else None)
        query = offers.query_of(q, where, answers)
        found = offers.listed(desk_of(request), query, sort=sort, limit=PAGE, after=begins)
    except (FilterError, ValueError) as error:
        return _table(request, asked, wrong=str(error), status=400)
    return _table(request, asked, found=found, first=bool(after))


def answers_of(request: Request) -> dict[str, str]:
    """What was answered in the form; "" where nothing was."""
    given = request.query_params
    return {one.name: given.get(one.name, "")[:LONGEST_ANSWER] for one in QUESTIONS}


def _table(
    request: Request,
    asked: dict[str, str],
    *,
    found: offers.Listed | None = None,
    wrong: str = "",
    first: bool = False,
    status: int = 200,
) -> Response:
    told: dict[str, Any] = {"asked": asked, "sorts": SORTS, "most": MOST_COUNTED}
    told |= {"found": found, "wrong": wrong, "first": first, "questions": QUESTIONS}
    told |= {"views": [(one, _query(one.asked)) for one in views.views(desk_of(request))]}
    told |= {"plain": _query(asked), "kinds": downloads.KINDS, "direct": downloads.MOST}
    more = f"/offers?{_next(asked, found)}" if found and found.next else ""
    return page(request, "offers/list.html", status=status, next=more, **told)


def _query(asked: Mapping[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value})


def _next(asked: dict[str, str], found: offers.Listed) -> str:
    return _query(asked | {"after": orjson.dumps(found.next).decode()})


@routes.get("/{offer_id}")
def one_offer(
    request: Request, offer_id: str, latest: Annotated[int, Query(ge=1, le=1000)] = LATEST
) -> Response:
    """One offer, with so many of its changes."""
    desk = desk_of(request)
    found = offers.shown(desk, offer_id, latest=latest) if is_id(offer_id) else None
    if found is None:
        raise HTTPException(404)
    item = found.stored.item
    shots = pictures.of_offer(desk, offer_id)
    told: dict[str, Any] = {
        "most": SKUS,
        "latest": latest,
        "matrix": matrix(item),
        "charts": _charts(found),
        "show_yuan": yuan,
        "show_number": number,
        "versions": {one.version for one in found.changes},
        "shots": [one for one in shots if one.picture][:SHOTS],
        "shown": len(shots),
        "by_url": {one.url: one.picture.sha256 for one in shots if one.picture},
        "shop": key_of(item.supplier),
        "group": groups.groups_of(desk, [offer_id])[offer_id],
        "archived": len(archived.records(desk, offer_id)),
    }
    return page(request, "offers/offer.html", found=found, item=item, **told)


def is_id(text: str) -> bool:
    """Whether a text can be an offer's id; SQLite has no room for all numbers of 19 digits."""
    return text.isascii() and text.isdecimal() and len(text) < len(str(2**63))


def _charts(found: offers.Shown) -> dict[str, Chart]:
    drawn = {name: chart(line, found.stored.observed_at) for name, line in found.lines.items()}
    return {name: one for name, one in drawn.items() if one}
