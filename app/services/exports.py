"""Exports as the server's doors take, show and hand them out."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from app.export.asking import Asked, request_of
from app.export.orders import DONE, Order
from app.export.pictures import kept_thumbs
from app.export.values import ExportError
from app.export.work import Progress, Report, export
from app.services import trail
from app.services.desk import Desk
from app.services.trail import Deed


class OrderUnknown(Exception):
    """There is no such export, or it is kept no longer."""

    def __init__(self, order_id: str) -> None:
        super().__init__(f"there is no export {order_id}, or it is kept no longer")


def place(desk: Desk, asked: Asked, deed: Deed) -> Order:
    """Take an export; it is made in the background. Files of this machine cannot be named in it.

    Raises ExportError, OrdersFull, FilterError.
    """
    if desk.orders is None:
        raise ExportError("no exports are made here; `pwsync export` does")
    request = request_of(asked, "-", thumbs=kept_thumbs(desk.shelf.folder))

    def make(path: str, progress: Progress) -> Report:
        return export(desk.engine, replace(request, target=path), progress)

    order = desk.orders.place(asdict(asked), deed.actor, make)
    trail.note(desk.engine, replace(deed, target=f"export {order.id}"))
    return order


def listed(desk: Desk) -> Sequence[Order]:
    """The exports that are kept, the latest first."""
    return desk.orders.all() if desk.orders else ()


def one(desk: Desk, order_id: str) -> Order:
    """One export. Raises OrderUnknown."""
    found = desk.orders.find(order_id) if desk.orders else None
    if found is None:
        raise OrderUnknown(order_id)
    return found


def file(desk: Desk, order: Order) -> Path:
    """The file of an export that is done. Raises ExportError, OrderUnknown."""
    if order.state != DONE or desk.orders is None:
        raise ExportError(f"export {order.id} has no file: it is {order.state}")
    path = desk.orders.path(order)
    if not path.is_file():
        raise OrderUnknown(order.id)
    return path
