"""Offers in the database: `save`, `load`, `mark_gone`, `describe`, in the caller's transaction.

How an item becomes rows is in `rows.py`, what makes a version in `content.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app import models
from app.items import OfferItem, Status
from app.models import table
from app.store.changes import Observation, write_changes
from app.store.content import fingerprints
from app.store.differences import Difference
from app.store.facets import mark_facet_gone, save_facet
from app.store.memory import Learned, Memory, gone_by, learn
from app.store.rows import OfferRows, Values, item_of, rows_of
from app.store.suppliers import key_of, save_supplier
from app.store.upsert import upsert

OFFER, SKU = table(models.Offer), table(models.Sku)
TIER, IMAGE = table(models.PriceTier), table(models.OfferImage)

KNOWN = tuple(
    OFFER.c[name]
    for name in (
        "offer_id", "content_hash", "aside_hash", "version", "first_seen_at", "changed_at", "gone",
        "memory",
        "sku_count", "tier_count", "image_count", "description_image_count", "description_url",
    )
)  # fmt: skip
"""What decides whether an item is new, changed or unchanged; the rest of the row is not read."""


class Change(StrEnum):
    """What saving an item did; the words are outcomes of CONTRACT §2."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """What became of an item, and the version its offer has now."""

    offer_id: str
    change: Change
    version: int
    differences: tuple[Difference, ...] = ()
    """What changed; empty of what was created or is the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredOffer:
    """An offer as the database has it."""

    item: OfferItem
    version: int
    recorded_from: int
    """The version after which its changes are kept."""
    memory: Memory
    """What is known beyond the item: facts that its page did not tell."""
    content_hash: str
    gone: str | None
    """`off_shelf` or `deleted` if the page said so last; the item's values are older then."""
    first_seen_at: datetime
    changed_at: datetime
    observed_at: datetime
    run_id: int
    token: int


def save(conn: Connection, item: OfferItem, seen: Observation) -> Saved:
    """Store an item: `created`, `changed` (a new version, with its differences) or `unchanged`.

    The same page again touches nothing but the observation. SKUs, tiers and images that the page
    no longer has are deleted. What a page does not tell any more, or tells for the first time, is
    stored, but is no change. Idempotent: saving twice is saving once.
    """
    known = _lock(conn, item.offer_id)
    if known is None and _create(conn, item, seen):
        return Saved(offer_id=item.offer_id, change=Change.CREATED, version=1)
    if known is None:  # another run has created it between our two statements
        known = _lock(conn, item.offer_id)
        assert known is not None, "its INSERT was refused because it is there"
    return _renew(conn, _with_known_description(conn, item, known), known, seen)


def _lock(conn: Connection, offer_id: str) -> RowMapping | None:
    """What is known, ours until the end of the transaction (SQLite's writer is alone anyway)."""
    query = select(*KNOWN).where(OFFER.c.offer_id == offer_id).with_for_update()
    return conn.execute(query).mappings().first()


def _observed(seen: Observation) -> Values:
    return {"observed_at": seen.observed_at, "run_id": seen.run_id, "token": seen.token}


def _create(conn: Connection, item: OfferItem, seen: Observation) -> bool:
    """Insert a new offer; False, with nothing written, if there is one already."""
    content, aside = fingerprints(item)
    rows = rows_of(item)
    facts: Values = {"content_hash": content, "aside_hash": aside}
    facts["supplier_key"] = key_of(item.supplier)
    facts |= {"version": 1, "recorded_from": 1, "memory": Memory(view=seen.view).as_json()}
    times: Values = {"first_seen_at": seen.observed_at, "changed_at": seen.observed_at}
    try:
        conn.execute(insert(OFFER), rows.offer | facts | times | _observed(seen))
    except IntegrityError:
        return False
    _write_children(conn, rows)
    save_facet(conn, item, is_new=True, **times)
    save_supplier(conn, item.supplier, observed_at=seen.observed_at)
    return True


def _renew(conn: Connection, item: OfferItem, known: Mapping[Any, Any], seen: Observation) -> Saved:
    content, aside = fingerprints(item)
    memory = Memory.read(known["memory"])
    same = (content, None, seen.view) == (known["content_hash"], known["gone"], memory.view)
    learned = None if same else _learn(conn, item, known, seen)
    differences = learned.differences if learned else ()
    version = known["version"] + bool(differences)
    facts: Values = _observed(seen) | {"gone": None}
    if learned or aside != known["aside_hash"]:
        rows = rows_of(item)
        facts |= rows.offer | {"content_hash": content, "aside_hash": aside, "version": version}
        facts["supplier_key"] = key_of(item.supplier)
        facts["memory"] = (learned.memory if learned else memory).as_json()
        facts["changed_at"] = seen.observed_at if differences else known["changed_at"]
        times: Values = {"first_seen_at": known["first_seen_at"], "changed_at": facts["changed_at"]}
        _delete_vanished(conn, rows, known)
        _write_children(conn, rows)
        save_facet(conn, item, is_new=False, **times)
    conn.execute(update(OFFER).where(OFFER.c.offer_id == item.offer_id), facts)
    write_changes(conn, item.offer_id, version, differences, seen)
    save_supplier(conn, item.supplier, observed_at=seen.observed_at)
    change = Change.CHANGED if differences else Change.UNCHANGED
    return Saved(offer_id=item.offer_id, change=change, version=version, differences=differences)


def _learn(
    conn: Connection, item: OfferItem, known: Mapping[Any, Any], seen: Observation
) -> Learned:
    row = conn.execute(_of(OFFER, item.offer_id)).mappings().one()
    memory = Memory.read(known["memory"])
    return learn(_item(conn, row), memory, item, view=seen.view, gone=known["gone"])


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


def _write_children(conn: Connection, rows: OfferRows) -> None:
    for target, children in ((SKU, rows.skus), (TIER, rows.tiers), (IMAGE, rows.images)):
        upsert(conn, target, children)


def _delete_vanished(conn: Connection, rows: OfferRows, known: Mapping[Any, Any]) -> None:
    offer_id = known["offer_id"]
    if known["sku_count"]:
        _delete_others(conn, SKU, offer_id, ("sku_id",), rows.skus)
    if known["tier_count"]:
        _delete_others(conn, TIER, offer_id, ("min_quantity",), rows.tiers)
    if known["image_count"]:
        _delete_others(conn, IMAGE, offer_id, ("role", "position"), rows.images)


def _delete_others(
    conn: Connection, target: Table, offer_id: str, key: tuple[str, ...], kept: list[Values]
) -> None:
    columns = [target.c[name] for name in key]
    there = {tuple(row) for row in conn.execute(_of(target, offer_id, *columns))}
    vanished = sorted(there - {tuple(row[name] for name in key) for row in kept})
    for values in vanished:
        own = [column == value for column, value in zip(columns, values, strict=True)]
        conn.execute(delete(target).where(target.c.offer_id == offer_id, *own))


def _of(target: Table, offer_id: str, *columns: Any) -> Any:
    return select(*(columns or (target,))).where(target.c.offer_id == offer_id)


def mark_gone(conn: Connection, offer_id: str, rule: str, seen: Observation) -> Saved | None:
    """A known offer was seen off the shelf or deleted (`rule`); None where we never had it.

    It keeps its values. Its status becomes `off_shelf`, deleted or not (CONTRACT §1 has no word for
    deleted; `gone` remembers the rule), with a new version the first time.
    """
    known = _lock(conn, offer_id)
    if known is None:
        return None
    facts: Values = _observed(seen)
    differences: tuple[Difference, ...] = ()
    if known["gone"] != rule:
        row = conn.execute(_of(OFFER, offer_id)).mappings().one()
        item = _item(conn, row)
        differences = (gone_by(rule, item, Memory.read(row["memory"])),)
        item = item.model_copy(update={"status": Status.OFF_SHELF})
        shown = {"gone": rule, "status": str(Status.OFF_SHELF), "changed_at": seen.observed_at}
        facts |= shown | {"content_hash": fingerprints(item)[0]}
        mark_facet_gone(conn, offer_id, shown)
    version = facts["version"] = known["version"] + bool(differences)
    conn.execute(update(OFFER).where(OFFER.c.offer_id == offer_id), facts)
    write_changes(conn, offer_id, version, differences, seen)
    change = Change.CHANGED if differences else Change.UNCHANGED
    return Saved(offer_id=offer_id, change=change, version=version, differences=differences)


def describe(conn: Connection, offer_id: str, url: str, images: Sequence[str]) -> bool:
    """Store what an offer's description shows, once it was fetched from `url`.

    False, with nothing written, if the offer names another description by now. It makes no new
    version: no page told it, and of a version it is kept which differences made it.
    """
    known = _lock(conn, offer_id)
    if known is None or known["description_url"] != url:
        return False
    row = conn.execute(_of(OFFER, offer_id)).mappings().one()
    before = _item(conn, row)
    item = before.model_copy(update={"description_images": list(images)})
    if item == before:
        return True
    rows = rows_of(item)
    facts: Values = {"content_hash": fingerprints(item)[0]}
    facts |= {name: rows.offer[name] for name in ("image_count", "description_image_count")}
    _delete_others(conn, IMAGE, offer_id, ("role", "position"), rows.images)
    upsert(conn, IMAGE, rows.images)
    conn.execute(update(OFFER).where(OFFER.c.offer_id == offer_id), facts)
    return True


def load(conn: Connection, offer_id: str) -> StoredOffer | None:
    """What is stored of an offer; its item equals the one that was saved. None if unknown."""
    return next(iter(load_many(conn, [offer_id])), None)


def stored_before(conn: Connection, item: OfferItem, view: str) -> OfferItem | None:
    """What is stored of an offer as this view has it; `item` itself where it says just the same.

    None if it is unknown, or was last seen by other eyes. Most pages say the same, and to find that
    out takes one row instead of all.
    """
    known = conn.execute(select(*KNOWN).where(OFFER.c.offer_id == item.offer_id)).mappings().first()
    if known is None or Memory.read(known["memory"]).view != view:
        return None
    told = (*fingerprints(_with_known_description(conn, item, known)), None)
    if told == (known["content_hash"], known["aside_hash"], known["gone"]):
        return item
    stored = load(conn, item.offer_id)
    return stored.item if stored else None


def load_many(conn: Connection, offer_ids: Sequence[str]) -> list[StoredOffer]:
    """What is stored of offers, in four queries and in the order of the ids; unknown ones left out.

    For some hundred at a time.
    """
    rows = {row["offer_id"]: row for row in conn.execute(_among(OFFER, offer_ids)).mappings()}
    children = [_by_offer(conn, target, list(rows)) for target in (SKU, TIER, IMAGE)]
    return [
        _stored(row, *(found.get(offer_id, []) for found in children))
        for offer_id in offer_ids
        if (row := rows.get(offer_id)) is not None
    ]


def _by_offer(
    conn: Connection, target: Table, offer_ids: Sequence[str]
) -> dict[str, list[RowMapping]]:
    found: dict[str, list[RowMapping]] = {}
    for row in conn.execute(_among(target, offer_ids)).mappings() if offer_ids else ():
        found.setdefault(row["offer_id"], []).append(row)
    return found


def _among(target: Table, offer_ids: Sequence[str]) -> Any:
    return select(target).where(target.c.offer_id.in_(offer_ids))


def _stored(row: RowMapping, *children: Sequence[RowMapping]) -> StoredOffer:
    skus, tiers, images = children
    return StoredOffer(
        item=item_of(row, skus, tiers, images),
        version=row["version"],
        recorded_from=row["recorded_from"],
        memory=Memory.read(row["memory"]),
        content_hash=row["content_hash"],
        gone=row["gone"],
        first_seen_at=row["first_seen_at"],
        changed_at=row["changed_at"],
        observed_at=row["observed_at"],
        run_id=row["run_id"],
        token=row["token"],
    )


def _item(conn: Connection, row: Mapping[Any, Any]) -> OfferItem:
    children = (
        conn.execute(_of(target, row["offer_id"])).mappings().all() for target in (SKU, TIER, IMAGE)
    )
    return item_of(row, *children)
