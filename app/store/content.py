"""What of an item is the seller's word, and the two fingerprints taken from it. Pure.

*Content* is what the seller decides; when it differs the offer has a new version. *Aside* is what
moves by itself or tells how we read: it is kept current without a new version, else a busy offer
would "change" at every visit and a repaired layout would change everything.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson

from app.items import OfferItem, as_json

Tree = dict[str, Any]

ASIDE = ("sold", "rating", "layout", "provenance")
"""Whole fields: counters that buyers move, and where the values were read."""
ASIDE_IN_SUPPLIER = ("service_score", "repeat_rate", "years")
"""Computed by the platform for all offers of a shop at once."""
ASIDE_IN_SKU = ("sold",)
TIMES = ("created_at", "posted_at", "modified_at")


def content_of(item: OfferItem) -> Tree:
    """What makes a version. Stock and prices are in: they are what a shop acts on."""
    return _split(item)[0]


def fingerprints(item: OfferItem) -> tuple[str, str]:
    """sha256 of content and of aside; the way digits are written does not count."""
    content, aside = _split(item)
    return _digest(content), _digest(aside)


def _split(item: OfferItem) -> tuple[Tree, Tree]:
    content: Tree = as_json(item)
    content |= {name: _utc(getattr(item, name)) for name in TIMES}
    aside: Tree = {name: content.pop(name) for name in ASIDE}
    supplier = content["supplier"] or {}
    aside["supplier"] = [supplier.pop(name) for name in ASIDE_IN_SUPPLIER if name in supplier]
    aside["skus"] = [[sku.pop(name) for name in ASIDE_IN_SKU] for sku in content["skus"]]
    return content, aside


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None


def _digest(tree: Tree) -> str:
    return hashlib.sha256(orjson.dumps(tree, option=orjson.OPT_SORT_KEYS)).hexdigest()
