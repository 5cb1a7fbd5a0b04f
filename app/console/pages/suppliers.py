"""Suppliers: the table, and one shop with what is missing of it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.shell import desk_of, page
from app.services import suppliers
from app.services.suppliers import LATEST_MOMENT, Order, Place

routes = APIRouter(prefix="/suppliers")
PAGE = 50
ORDERS = {
    Order.OFFERS: "most offers first",
    Order.CHANGED: "last changed first",
    Order.NEW: "first stored last",
    Order.ID: "by id",
}
LACKS = {
    "never_read": "Its list was never read: a run over the shop tells how many offers there are.",
    "not_finished": "Run {run} is not finished: {number} offers wait.",
    "bounded": "Run {run} wanted only the first {number} offers.",
    "not_shown": "The list shows {number} offers fewer than it says.",
    "not_stored": "{number} offers of run {run} were not stored:",
}
"""Reason: the sentence for it."""


@routes.get("")
def list_suppliers(
    request: Request,
    q: Annotated[str, Query(max_length=200)] = "",
    sort: Order = Order.OFFERS,
    value: Annotated[int, Query(ge=0, le=LATEST_MOMENT)] = 0,
    after: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Suppliers whose name or id has the words in it."""
    begins = Place(value=value, id=after) if after else None
    found = suppliers.listed(desk_of(request), words=q, order=sort, limit=PAGE, after=begins)
    more = ""
    if found.next:
        place = {"value": found.next.value, "after": found.next.id}
        more = "/suppliers?" + urlencode({"q": q, "sort": sort.value} | place)
    told: dict[str, Any] = {"asked": {"q": q, "sort": sort}, "orders": ORDERS, "first": bool(after)}
    return page(request, "suppliers/list.html", found=found.suppliers, next=more, **told)


@routes.get("/{supplier:path}")
def one_supplier(request: Request, supplier: str) -> Response:
    """One supplier."""
    try:
        found = suppliers.shop(desk_of(request), supplier[:65])
    except suppliers.SupplierUnknown:
        raise HTTPException(404) from None
    source = urlencode({"kind": "shop", "value": found.source}) if found.source else ""
    return page(
        request, "suppliers/supplier.html", found=found, one=found.told, source=source, lacks=LACKS
    )
