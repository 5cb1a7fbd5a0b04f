"""What is stored of an offer when its page comes: read once, for all who compare the two.

    before = look(conn, item)       one narrow row where the page says just the same, else all

Most pages say the same. What is read of their offer is not locked; whoever notes the observation
makes it a condition that it still holds. Of others the row is locked until the transaction ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, func, select

from app import models
from app.items import OfferItem
from app.models import table
from app.store.content import fingerprints
from app.store.memory import Memory
from app.store.rows import item_of
from app.store.suppliers import FACTS, SUPPLIER, key_of

OFFER, SKU = table(models.Offer), table(models.Sku)
TIER, IMAGE = table(models.PriceTier), table(models.OfferImage)
COUNTS = ("sku_count", "tier_count", "image_count")
"""Of the rows of each kind of child, in the order of CHILDREN."""
CHILDREN = (SKU, TIER, IMAGE)

KNOWN = (
    "content_hash", "aside_hash", "version", "first_seen_at", "changed_at", "gone", "memory",
    *COUNTS, "description_image_count", "description_url",
)  # fmt: skip
"""What decides whether an item is new, changed or unchanged; the rest of the row is not read."""

_SHOP = tuple(SUPPLIER.c[name].label(f"shop_{name}") for name in ("supplier_key", *FACTS))
_IS_SHOP = SUPPLIER.c.supplier_key == func.coalesce(bindparam("shop"), OFFER.c.supplier_key)
_LOOK = (
    select(OFFER.c.offer_id, *(OFFER.c[name] for name in KNOWN), *_SHOP)
    .select_from(OFFER.outerjoin(SUPPLIER, _IS_SHOP))
    .where(OFFER.c.offer_id == bindparam("key"))
)
_LOOK_FOR_SHOP = select(*_SHOP).where(SUPPLIER.c.supplier_key == bindparam("shop"))
_LOCK = select(OFFER).where(OFFER.c.offer_id == bindparam("key")).with_for_update()
_CHILDREN = tuple(each.select().where(each.c.offer_id == bindparam("key")) for each in CHILDREN)


Rows = Sequence[Mapping[Any, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Before:
    """An item that is to be stored, beside what was stored of its offer."""

    item: OfferItem
    """With the description images of an earlier fetch, which no page carries."""
    content: str
    aside: str
    row: Mapping[Any, Any] | None
    """Of the offer; None if it is unknown."""
    supplier: Mapping[str, Any] | None
    """Facts of the item's supplier; None if it is unknown."""
    stored: OfferItem | None
    """The item that is stored; the page's own where that says just the same."""
    children: tuple[Rows, ...] | None = None
    """Its rows by CHILDREN; None where only the narrow row was read, and nothing locked."""

    @property
    def memory(self) -> Memory:
        return Memory.read(self.row["memory"] if self.row else None)

    def shown_to(self, view: str) -> OfferItem | None:
        """What is stored, if it was last seen by the same eyes."""
        return self.stored if self.row and self.memory.view == view else None


def look(conn: Connection, item: OfferItem) -> Before:
    """Read what is stored of an item's offer, and lock it unless it says the same."""
    keys = {"key": item.offer_id, "shop": key_of(item.supplier)}
    row = conn.execute(_LOOK, keys).mappings().first()
    if row is None:
        shop = conn.execute(_LOOK_FOR_SHOP, {"shop": keys["shop"]}).mappings().first()
        return _unknown(item, _facts(shop))
    supplier = _facts(row)
    named = _with_known_description(conn, item, row)
    content, aside = fingerprints(named)
    if (content, aside, None) != (row["content_hash"], row["aside_hash"], row["gone"]):
        return lock(conn, item, supplier)
    return Before(item=named, content=content, aside=aside, row=row, supplier=supplier, stored=item)


def lock(conn: Connection, item: OfferItem, supplier: Mapping[str, Any] | None) -> Before:
    """Read all that is stored of an item's offer, ours until the end of the transaction."""
    row = lock_row(conn, item.offer_id)
    if row is None:
        return _unknown(item, supplier)
    children = children_of(conn, row)
    named = _with_known_description(conn, item, row)
    content, aside = fingerprints(named)
    return Before(
        item=named,
        content=content,
        aside=aside,
        row=row,
        supplier=supplier,
        stored=item_of(row, *children),
        children=children,
    )


def _facts(row: Mapping[Any, Any] | None) -> Mapping[str, Any] | None:
    """What is known of a supplier, of a row that may hold it."""
    if row is None or row["shop_supplier_key"] is None:
        return None
    return {name: row[f"shop_{name}"] for name in FACTS}


def _unknown(item: OfferItem, supplier: Mapping[str, Any] | None) -> Before:
    content, aside = fingerprints(item)
    return Before(item=item, content=content, aside=aside, row=None, supplier=supplier, stored=None)


def lock_row(conn: Connection, offer_id: str) -> RowMapping | None:
    """An offer's row (SQLite's writer is alone anyway)."""
    return conn.execute(_LOCK, {"key": offer_id}).mappings().first()


def children_of(conn: Connection, row: Mapping[Any, Any]) -> tuple[Rows, ...]:
    """An offer's rows by CHILDREN; those it has none of are not asked for."""
    return tuple(
        conn.execute(query, {"key": row["offer_id"]}).mappings().all() if row[count] else ()
        for count, query in zip(COUNTS, _CHILDREN, strict=True)
    )


def _with_known_description(
    conn: Connection, item: OfferItem, known: Mapping[Any, Any]
) -> OfferItem:
    """The item with the description images of an earlier fetch.

    A page does not carry them, so "not fetched" must neither erase what is known nor look like a
    change, as long as the page names the same description.
    """
    fetched = known["description_image_count"] is not None
    same = item.description_url == known["description_url"]
    if item.description_images is not None or not (fetched and same):
        return item
    query = (
        select(IMAGE.c.url)
        .where(IMAGE.c.offer_id == item.offer_id, IMAGE.c.role == "description")
        .order_by(IMAGE.c.position)
    )
    return item.model_copy(update={"description_images": list(conn.scalars(query))})
