"""Exports: offers as files, made in the background and kept for a week."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse

from app.api.deps import Asker, DeskOf
from app.api.problems import Problem
from app.export.asking import MARK_LENGTH, Asked
from app.export.columns import LARGEST
from app.export.orders import Order, OrdersFull
from app.export.values import ExportError
from app.services import exports
from app.services.desk import Desk
from app.services.exports import OrderUnknown
from app.services.trail import Deed

routes = APIRouter(prefix="/exports", tags=["exports"])
MOST = 10_000_000
FILE = "application/octet-stream"
"""Of every file: none is shown in place, whatever is in it."""
Id = Annotated[
    str,
    Path(
        pattern=r"^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$",
        description="Id of the export.",
        examples=["20260304-120000-1a2b3c"],
    ),
]


class Row(StrEnum):
    """What a row is."""

    OFFER = "offer"
    SKU = "sku"


class NewExport(BaseModel):
    """What is to be exported; as `pwsync export` takes it."""

    model_config = ConfigDict(extra="forbid")

    format: str = Field(
        max_length=20,
        description="csv, jsonl, xlsx, parquet, shopify or woocommerce.",
        examples=["csv"],
    )
    where: str = Field("", max_length=2000, description="A filter.", examples=["price<20"])
    columns: str | None = Field(
        None,
        max_length=10_000,
        description="Names of columns, or a map: dianxiaomi, mabang, erp.",
        examples=["title,price_min"],
    )
    map: str | None = Field(
        None, max_length=LARGEST, description="A map of your own, as TOML; in place of columns."
    )
    per: Row | None = Field(None, description="What a row is; the map's, or an offer.")
    since_last: bool = Field(
        False, strict=True, description="Only what is new or changed since the last time."
    )
    mark: str | None = Field(
        None, max_length=MARK_LENGTH, description="Whose last time; else the format's."
    )
    limit: int | None = Field(None, ge=1, le=MOST, description="At most so many offers.")
    rate: float = Field(
        1.0, strict=True, ge=0.000001, le=1_000_000, description="Shop's currency for 1 CNY."
    )
    markup: float = Field(
        1.0, strict=True, ge=0.01, le=1_000_000, description="What a shop adds: 1.3 is 30%."
    )
    pictures: bool = Field(True, strict=True, description="Pictures in the cells (xlsx).")


class ExportOut(BaseModel):
    """An export and how it stands."""

    id: str = Field(examples=["20260304-120000-1a2b3c"])
    format: str = Field(examples=["csv"])
    where: str
    state: str = Field(description="waiting, running, done, failed.", examples=["done"])
    done: int = Field(description="Offers written.")
    total: int | None = Field(description="Offers selected; null until they are.")
    rows: int | None
    left_out: int | None = Field(description="Offers that the format cannot carry.")
    bytes: int | None = Field(description="Size of the file.")
    why: str | None = Field(description="Of one that failed.")
    by: str = Field(description="Who asked.")
    created_at: datetime
    ended_at: datetime | None
    file_url: str | None = Field(examples=["/api/v1/exports/20260304-120000-1a2b3c/file"])


class ExportList(BaseModel):
    """The exports that are kept, the latest first."""

    items: list[ExportOut]


def _told(order: Order) -> ExportOut:
    is_done = order.size is not None
    return ExportOut(
        id=order.id,
        format=order.format,
        where=order.asked["where"],
        state=order.state,
        done=order.done,
        total=order.total,
        rows=order.report.get("rows"),
        left_out=order.report.get("left_out"),
        bytes=order.size,
        why=order.why,
        by=order.by,
        created_at=order.at,
        ended_at=order.ended_at,
        file_url=f"/api/v1/exports/{order.id}/file" if is_done else None,
    )


def _found(desk: Desk, order_id: str) -> Order:
    try:
        return exports.one(desk, order_id)
    except OrderUnknown as error:
        raise Problem(404, "export-unknown", str(error)) from error


@routes.post("", status_code=202, summary="Export offers")
def export(desk: DeskOf, asker: Asker, wish: NewExport) -> ExportOut:
    """Write offers to a file, in the background. Ask how it stands, then fetch the file."""
    deed = Deed(actor=asker.name, role=asker.role, door="api", verb="export", target="")
    try:
        return _told(exports.place(desk, Asked(**wish.model_dump()), deed))
    except OrdersFull as error:
        raise Problem(409, "exports-full", str(error)) from error
    except ExportError as error:
        raise Problem(400, "export", str(error)) from error


@routes.get("", summary="The latest exports")
def list_exports(desk: DeskOf) -> ExportList:
    """The exports that are kept, the latest first: 50 at most, none for more than a week."""
    return ExportList(items=[_told(one) for one in exports.listed(desk)])


@routes.get("/{export}", summary="One export")
def one_export(desk: DeskOf, export: Id) -> ExportOut:
    """How an export stands."""
    return _told(_found(desk, export))


@routes.get(
    "/{export}/file",
    summary="The file of an export",
    response_class=FileResponse,
    responses={200: {"content": {FILE: {}}, "description": "The file."}},
)
def export_file(desk: DeskOf, export: Id) -> FileResponse:
    """The file of an export that is done."""
    order = _found(desk, export)
    try:
        return FileResponse(exports.file(desk, order), filename=order.name, media_type=FILE)
    except OrderUnknown as error:
        raise Problem(404, "export-unknown", str(error)) from error
    except ExportError as error:
        raise Problem(409, "export-unfinished", str(error)) from error
