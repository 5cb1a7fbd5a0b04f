"""What an offer is found by, written in the transaction that stores it: its facet and its grams.

The facet is written whenever the offer's row is; grams only when the texts differ, and only those
that came or went: what an offer was found by follows from the texts in its old facet.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, delete, insert, select, update

from app import models
from app.completeness import completeness
from app.items import Category, OfferItem
from app.models import table
from app.store.regions import region
from app.store.suppliers import key_of
from app.store.tags import tags_of
from app.store.upsert import upsert
from app.store.words import grams, normal

FACET, GRAM = table(models.OfferFacet), table(models.OfferGram)
SAME = (
    "offer_id", "language", "price_min", "price_max", "min_order_quantity", "stock", "unit",
    "posted_at",
)  # fmt: skip
"""Fields of an item that are columns under the same name."""
TEXTS = ("title", "category", "tags", "words")
SHORT = 64

Values = dict[str, Any]


def save_facet(
    conn: Connection,
    item: OfferItem,
    *,
    first_seen_at: datetime,
    changed_at: datetime,
    is_new: bool,
    gone: str | None = None,
) -> None:
    """Bring what an offer is found by to what its item tells; for a new one nothing is read."""
    row = facet_of(item)
    row |= {"gone": gone, "first_seen_at": first_seen_at, "changed_at": changed_at}
    before = None if is_new else _texts(conn, item.offer_id)
    upsert(conn, FACET, [row])
    _save_grams(conn, item.offer_id, grams_of(before or {}), grams_of(row))


def mark_facet_gone(conn: Connection, offer_id: str, changes: Values) -> None:
    """Take over what `mark_gone` changes of an offer."""
    conn.execute(update(FACET).where(FACET.c.offer_id == offer_id), changes)


def forget(conn: Connection, offer_id: str) -> None:
    """Remove what an offer is found by; called before the offer itself is deleted."""
    _save_grams(conn, offer_id, grams_of(_texts(conn, offer_id) or {}), frozenset())
    conn.execute(delete(FACET).where(FACET.c.offer_id == offer_id))


def facet_of(item: OfferItem) -> Values:
    """The row of an item, without the times of its observation."""
    freight, sold, rating = item.freight, item.sold, item.rating
    province, city = region(freight.ship_from if freight else None)
    row: Values = {name: getattr(item, name) for name in SAME}
    return row | {
        "status": str(item.status),
        "price_kind": str(item.price_kind),
        "sold": sold.count if sold else None,
        "sku_count": len(item.skus),
        "supplier_key": key_of(item.supplier),
        "category_id": item.category.leaf_id if item.category else None,
        "province": province,
        "city": city,
        "free_shipping": freight.free if freight else None,
        "score": rating.score if rating else None,
        "reviews": rating.reviews if rating else None,
        "completeness": completeness(item),
        "title": normal(item.title),
        "category": normal(" ".join(_names(item.category))),
        "tags": normal(" ".join(tags_of(item))),
        "words": normal(" ".join(_values(item))),
    }


def _names(category: Category | None) -> Iterator[str]:
    if category:
        yield from dict.fromkeys(name for name in (*category.path, category.leaf_name) if name)


def _values(item: OfferItem) -> Iterable[str]:
    """Each value once: colours and sizes stand in several attributes."""
    return dict.fromkeys(value for each in item.attributes for value in each.values)


def grams_of(texts: Mapping[str, Any]) -> frozenset[int]:
    """The grams of all texts of a facet."""
    return frozenset().union(*(grams(texts[name]) for name in TEXTS if name in texts))


def _texts(conn: Connection, offer_id: str) -> Mapping[str, Any] | None:
    columns = (FACET.c[name] for name in TEXTS)
    query = select(*columns).where(FACET.c.offer_id == offer_id)
    found = conn.execute(query).mappings().first()
    return dict(found) if found else None


def _save_grams(
    conn: Connection, offer_id: str, before: frozenset[int], after: frozenset[int]
) -> None:
    if went := sorted(before - after):
        conn.execute(delete(GRAM).where(GRAM.c.offer_id == offer_id, GRAM.c.gram.in_(went)))
    if came := sorted(after - before):
        rows = [{"gram": gram, "offer_id": offer_id} for gram in came]
        conn.execute(_insert_new(conn.dialect.name), rows)


@cache
def _insert_new(dialect: str) -> Insert:
    """Rows that are there already, left behind by an offer of that id, stay as they are."""
    return insert(GRAM).prefix_with("IGNORE" if dialect == "mysql" else "OR IGNORE")
