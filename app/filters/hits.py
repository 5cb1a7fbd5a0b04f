"""What a list of offers shows of each: a few columns, read for the offers of one page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from app.filters.fields import FACET, OFFER

OWN = (
    "offer_id", "url", "title", "status", "gone", "price_min", "price_max", "unit", "stock",
    "version", "changed_at", "observed_at",
)  # fmt: skip
FROM_FACET = ("province", "city", "sold", "min_order_quantity", "tags")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One offer in a list."""

    offer_id: str
    url: str
    title: str
    status: str
    gone: str | None
    price_min: Decimal | None
    price_max: Decimal | None
    unit: str | None
    min_order_quantity: int | None
    stock: int | None
    sold: int | None
    supplier: str | None
    province: str | None
    city: str | None
    tags: tuple[str, ...]
    version: int
    changed_at: datetime
    observed_at: datetime


def hits(conn: Connection, offer_ids: Sequence[str]) -> list[Hit]:
    """What is shown of offers, in the order of the ids; those that are gone meanwhile left out."""
    if not offer_ids:
        return []
    columns = [OFFER.c.supplier, *(OFFER.c[name] for name in OWN)]
    columns += [FACET.c[name] for name in FROM_FACET]
    query = select(*columns).join(FACET, FACET.c.offer_id == OFFER.c.offer_id)
    rows = conn.execute(query.where(OFFER.c.offer_id.in_(offer_ids))).mappings()
    found = {row["offer_id"]: _hit(row) for row in rows}
    return [found[offer_id] for offer_id in offer_ids if offer_id in found]


def _hit(row: Mapping[Any, Any]) -> Hit:
    told = {name: row[name] for name in (*OWN, *FROM_FACET)}
    supplier = row["supplier"] or {}
    return Hit(
        **told | {"tags": tuple(row["tags"].split()), "supplier": supplier.get("company_name")}
    )
