"""Offers in the database: `save`, `load`, `mark_gone`, `describe`, in the caller's transaction.

How an item becomes rows is in `rows.py`, what makes a version in `content.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app import models
from app.items import OfferItem, Status
from app.models import table
from app.store.before import (
    CHILDREN,
    IMAGE,
    SKU,
    TIER,
    Before,
    Rows,
    children_of,
    lock,
    lock_row,
    look,
)
from app.store.changes import Observation, write_changes
from app.store.content import fingerprints
from app.store.differences import Difference
from app.store.facets import mark_facet_gone, save_facet
from app.store.memory import Memory, gone_by, learn
from app.store.rows import OfferRows, Values, item_of, rows_of
from app.store.suppliers import key_of, save_supplier
from app.store.upsert import upsert

OFFER = table(models.Offer)
AS_READ = ("content_hash", "aside_hash", "version")
"""By these it is known that a row is still the one that was read."""
_AS_READ = tuple(OFFER.c[name] == bindparam(f"known_{name}") for name in AS_READ)
_TOUCH = update(OFFER).where(
    OFFER.c.offer_id == bindparam("key"), *_AS_READ, OFFER.c.gone.is_(None)
)


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


def save(
    conn: Connection, item: OfferItem, seen: Observation, before: Before | None = None
) -> Saved:
    """Store an item: `created`, `changed` (a new version, with its differences) or `unchanged`.

    The same page again touches nothing but the observation. SKUs, tiers and images that the page
    no longer has are deleted. What a page does not tell any more, or tells for the first time, is
    stored, but is no change. Idempotent: saving twice is saving once. `before` is what `look` read
    in this transaction, where somebody else wanted to know it, too.
    """
    before = before or look(conn, item)
    supplier = before.supplier
    if before.row is None:
        if _create(conn, before, seen):
            return Saved(offer_id=item.offer_id, change=Change.CREATED, version=1)
        before = lock(conn, item, supplier)  # another run has created it meanwhile
    elif before.children is None:
        if before.memory.view == seen.view and _touch(conn, before, before.row, seen):
            return Saved(
                offer_id=item.offer_id, change=Change.UNCHANGED, version=before.row["version"]
            )
        before = lock(conn, item, supplier)  # another run has changed it meanwhile
    return _renew(conn, before, seen)


def _observed(seen: Observation) -> Values:
    return {"observed_at": seen.observed_at, "run_id": seen.run_id, "token": seen.token}


def _create(conn: Connection, before: Before, seen: Observation) -> bool:
    """Insert a new offer; False, with nothing written, if there is one already."""
    item = before.item
    rows = rows_of(item)
    facts: Values = {"content_hash": before.content, "aside_hash": before.aside}
    facts["supplier_key"] = key_of(item.supplier)
    facts |= {"version": 1, "recorded_from": 1, "memory": Memory(view=seen.view).as_json()}
    times: Values = {"first_seen_at": seen.observed_at, "changed_at": seen.observed_at}
    try:
        conn.execute(insert(OFFER), rows.offer | facts | times | _observed(seen))
    except IntegrityError:
        return False
    _write_children(conn, rows, ((), (), ()))
    save_facet(conn, item, is_new=True, **times)
    save_supplier(conn, item.supplier, before.supplier, observed_at=seen.observed_at)
    return True


def _touch(conn: Connection, before: Before, row: Mapping[Any, Any], seen: Observation) -> bool:
    """Note the observation of a page that says the same; False if the row is another by now."""
    keys = {"key": before.item.offer_id} | {f"known_{name}": row[name] for name in AS_READ}
    if conn.execute(_TOUCH, keys | _observed(seen)).rowcount != 1:
        return False
    save_supplier(conn, before.item.supplier, before.supplier, observed_at=seen.observed_at)
    return True


def _renew(conn: Connection, before: Before, seen: Observation) -> Saved:
    item, known, stored = before.item, before.row, before.stored
    assert known is not None, "its INSERT was refused because it is there"
    assert stored is not None
    memory = before.memory
    same = (before.content, None, seen.view) == (known["content_hash"], known["gone"], memory.view)
    learned = None if same else learn(stored, memory, item, view=seen.view, gone=known["gone"])
    differences = learned.differences if learned else ()
    version = known["version"] + bool(differences)
    facts: Values = _observed(seen) | {"gone": None}
    if learned or before.aside != known["aside_hash"]:
        rows = rows_of(item)
        hashes = {"content_hash": before.content, "aside_hash": before.aside}
        facts |= rows.offer | hashes | {"version": version}
        facts["supplier_key"] = key_of(item.supplier)
        facts["memory"] = (learned.memory if learned else memory).as_json()
        facts["changed_at"] = seen.observed_at if differences else known["changed_at"]
        times: Values = {"first_seen_at": known["first_seen_at"], "changed_at": facts["changed_at"]}
        _write_children(conn, rows, before.children or ((), (), ()))
        save_facet(conn, item, is_new=False, **times)
    conn.execute(update(OFFER).where(OFFER.c.offer_id == item.offer_id), facts)
    write_changes(conn, item.offer_id, version, differences, seen)
    save_supplier(conn, item.supplier, before.supplier, observed_at=seen.observed_at)
    change = Change.CHANGED if differences else Change.UNCHANGED
    return Saved(offer_id=item.offer_id, change=change, version=version, differences=differences)


def _write_children(conn: Connection, rows: OfferRows, there: Sequence[Rows]) -> None:
    """Delete what the page has no more, write what is new or differs."""
    for target, children, stored in zip(
        CHILDREN, (rows.skus, rows.tiers, rows.images), there, strict=True
    ):
        _bring_to(conn, target, children, stored)


def _bring_to(conn: Connection, target: Table, wanted: list[Values], there: Rows) -> None:
    keys = target.primary_key.columns
    old = {tuple(row[each.name] for each in keys): row for row in there}
    new = {tuple(row[each.name] for each in keys): row for row in wanted}
    for key in sorted(old.keys() - new.keys()):
        own = [column == value for column, value in zip(keys, key, strict=True)]
        conn.execute(delete(target).where(*own))
    differing = [
        row
        for key, row in new.items()
        if key not in old or not row.items() <= dict(old[key]).items()
    ]
    upsert(conn, target, differing)


def mark_gone(conn: Connection, offer_id: str, rule: str, seen: Observation) -> Saved | None:
    """A known offer was seen off the shelf or deleted (`rule`); None where we never had it.

    It keeps its values. Its status becomes `off_shelf`, deleted or not (CONTRACT §1 has no word for
    deleted; `gone` remembers the rule), with a new version the first time.
    """
    known = lock_row(conn, offer_id)
    if known is None:
        return None
    facts: Values = _observed(seen)
    differences: tuple[Difference, ...] = ()
    if known["gone"] != rule:
        item = item_of(known, *children_of(conn, known))
        differences = (gone_by(rule, item, Memory.read(known["memory"])),)
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
    known = lock_row(conn, offer_id)
    if known is None or known["description_url"] != url:
        return False
    children = children_of(conn, known)
    before = item_of(known, *children)
    item = before.model_copy(update={"description_images": list(images)})
    if item == before:
        return True
    rows = rows_of(item)
    facts: Values = {"content_hash": fingerprints(item)[0]}
    facts |= {name: rows.offer[name] for name in ("image_count", "description_image_count")}
    _bring_to(conn, IMAGE, rows.images, children[-1])
    conn.execute(update(OFFER).where(OFFER.c.offer_id == offer_id), facts)
    return True


def load(conn: Connection, offer_id: str) -> StoredOffer | None:
    """What is stored of an offer; its item equals the one that was saved. None if unknown."""
    return next(iter(load_many(conn, [offer_id])), None)


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
