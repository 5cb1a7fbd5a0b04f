"""The `supplier` table: one row a shop, merged from what each of its offers tells."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from app import models
from app.items import Supplier
from app.models import table
from app.store.upsert import upsert

SUPPLIER = table(models.Supplier)
FACTS = tuple(Supplier.model_fields)
SHARES = ("service_score", "repeat_rate")
LONGEST_KEY = 64


def key_of(supplier: Supplier | None) -> str | None:
    """What names a supplier: member id, else user id, else login id; None where all are unknown."""
    if supplier is None:
        return None
    named = (("m:", supplier.member_id), ("u:", supplier.user_id), ("l:", supplier.login_id))
    for prefix, name in named:
        if name:
            key = prefix + name
            return key if len(key) <= LONGEST_KEY and prefix != "l:" else prefix + _short(name)
    return None


def _short(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:40]


def save_supplier(
    conn: Connection,
    supplier: Supplier | None,
    known: Mapping[str, Any] | None,
    *,
    observed_at: datetime,
) -> None:
    """Merge a supplier's facts; a fact the page does not tell stays, equal facts touch nothing.

    `known` is what was read of it. Called last in an offer's transaction: the row is shared by all
    offers of the shop, and held for as short a time as possible.
    """
    key = key_of(supplier)
    if supplier is None or key is None:
        return
    told = _told(supplier)
    if known is None or any(known[name] != value for name, value in told.items()):
        times = {"first_seen_at": observed_at, "changed_at": observed_at}
        rows = [{"supplier_key": key} | told | times]
        upsert(conn, SUPPLIER, rows, keep=("first_seen_at",))


def _told(supplier: Supplier) -> dict[str, Any]:
    told = {name: value for name, value in supplier if value is not None}
    return told | {name: _share(told[name]) for name in SHARES if name in told}


def _share(value: Decimal) -> Decimal:
    return round(value, 6)
