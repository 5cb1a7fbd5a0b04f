"""Groups: products at several suppliers, one of them side by side, and pairs to look at."""

import re
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.access.callers import caller_of
from app.console.shell import desk_of, done, language_of, page
from app.console.words import said
from app.groups.listing import PERSON, Order, Place
from app.groups.review import PairUnknown
from app.items import Supplier
from app.services import groups
from app.services.suppliers import path_of
from app.services.trail import Deed
from app.store.suppliers import key_of

routes = APIRouter(prefix="/groups")
PAGE = 50
BIGGEST = 2**31 - 1
ORDERS = {Order.SIZE: "most offers first", Order.ID: "by id"}
KINDS = {
    "picture": "pictures",
    "title": "title",
    "model": "model or code",
    "brand": "brand",
    "measure": "measures",
    "pack": "pieces together",
    "attributes": "attributes",
    "category": "category",
    PERSON: "a person",
}
STANDINGS = {
    "BUYABLE": "",
    "PRICE_UNKNOWN": "price not shown",
    "TOO_FEW": "not so few",
    "NOT_SOLD": "not sold",
}
SAID = {
    "accept": "They are one product.",
    "reject": "They are two products.",
    "forget": "Forgotten.",
}
_OFFER = re.compile("[1-9][0-9]{4,17}", re.ASCII)


@routes.get("")
def list_groups(
    request: Request,
    sort: Order = Order.SIZE,
    size: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
    after: Annotated[str, Query(pattern="^([1-9][0-9]{4,17})?$")] = "",
) -> Response:
    """Products that several suppliers sell."""
    begins = Place(size=size, id=after) if after else None
    found = groups.listed(desk_of(request), order=sort, limit=PAGE, after=begins)
    more = ""
    if found.next:
        place = {"sort": sort.value, "size": found.next.size, "after": found.next.id}
        more = f"/groups?{urlencode(place)}"
    told = {"sort": sort, "orders": ORDERS, "kinds": KINDS}
    groups_ = found.groups
    return page(request, "groups/list.html", found=groups_, next=more, first=bool(after), told=told)


@routes.get("/pairs")
def list_pairs(request: Request) -> Response:
    """Pairs that a person should look at."""
    found = groups.doubts(desk_of(request), PAGE)
    return page(request, "groups/pairs.html", found=found)


@routes.post("/pairs")
def judge(
    request: Request,
    one: Annotated[str, Form(max_length=20)] = "",
    other: Annotated[str, Form(max_length=20)] = "",
    verdict: Annotated[str, Form(max_length=20)] = "",
    back: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Keep what a person says of two offers, and go back to where that was."""
    if verdict not in SAID or not (_OFFER.fullmatch(one) and _OFFER.fullmatch(other)):
        raise HTTPException(422, "name two offers and a verdict")
    caller = caller_of(request)
    deed = Deed(actor=caller.name, role=caller.role, door="console", verb="", target="")
    try:
        groups.decide(desk_of(request), one, other, verdict, deed)
    except PairUnknown as error:
        raise HTTPException(404, str(error)) from error
    return done(_after(request, back), said(language_of(request), SAID[verdict]))


def _after(request: Request, back: str) -> str:
    """The group that the person came from, if there is still one."""
    if not _OFFER.fullmatch(back):
        return "/groups/pairs"
    still = groups.groups_of(desk_of(request), (back,))[back]
    return f"/groups/{back}" if still else "/groups"


@routes.get("/{group}")
def one_group(
    request: Request, group: str, quantity: Annotated[int, Query(ge=1, le=10**9)] = 1
) -> Response:
    """A product's offers side by side."""
    if not _OFFER.fullmatch(group):
        raise HTTPException(404)
    try:
        found = groups.shown(desk_of(request), group, quantity)
    except groups.GroupUnknown:
        raise HTTPException(404) from None
    told = {"shop_of": _shop_of, "standings": STANDINGS, "group": group, "quantity": quantity}
    return page(request, "groups/group.html", found=found, told=told)


def _shop_of(supplier: Supplier | None) -> str:
    """Where a supplier is told of; empty where its page names none."""
    key = key_of(supplier)
    return path_of(key) if key else ""
