"""An item as flat facts, `{field: {key: value}}`, and how each field is compared. Pure.

Only what is known is a fact: None, `unknown` and lists that are empty because a page does not tell
them are absent, so that nothing that merely was not told can look like a change. Fields are named
as in CONTRACT §1 (`freight.fee`, `skus.price`); values are its JSON. The key is empty for what an
offer has once, else the SKU's id, the least quantity of a tier, the name of an attribute.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.items import OfferItem, Status
from app.store.content import content_of

Facts = dict[str, dict[str, Any]]
Tree = Mapping[str, Any]


class Kind(StrEnum):
    """What a difference is; the words of `pwsync changes --kind`."""

    PRICE = "price"
    LIST_PRICE = "list_price"
    PRICE_KIND = "price_kind"
    TIER_ADDED = "tier_added"
    TIER_REMOVED = "tier_removed"
    STOCK = "stock"
    STOCK_OUT = "stock_out"
    RESTOCK = "restock"
    SKU_ADDED = "sku_added"
    SKU_REMOVED = "sku_removed"
    SKU_ORDER = "sku_order"
    SKU = "sku"
    """Options, weight or size of a SKU."""
    MOQ = "moq"
    STATUS = "status"
    GONE = "gone"
    BACK = "back"
    TITLE = "title"
    IMAGE_ADDED = "image_added"
    IMAGE_REMOVED = "image_removed"
    IMAGE_ORDER = "image_order"
    OPTION_IMAGE = "option_image"
    """The picture of an option or of a SKU."""
    OPTIONS = "options"
    AXIS_ADDED = "axis_added"
    AXIS_REMOVED = "axis_removed"
    ATTRIBUTE = "attribute"
    ATTRIBUTE_ADDED = "attribute_added"
    ATTRIBUTE_REMOVED = "attribute_removed"
    SERVICE_ADDED = "service_added"
    SERVICE_REMOVED = "service_removed"
    SUPPLIER = "supplier"
    FREIGHT = "freight"
    LEAD_TIME = "lead_time"
    MIX_ORDER = "mix_order"
    UNIT = "unit"
    CURRENCY = "currency"
    CATEGORY = "category"
    VIDEO = "video"
    DESCRIPTION = "description"
    FLAG = "flag"
    DATE = "date"
    """A date of the seller's own; moves with whatever else the seller edits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """How the facts of one field are compared."""

    kind: Kind
    added: Kind | None = None
    """Of a field whose keys come and go; the others keep theirs for as long as they are told."""
    removed: Kind | None = None
    by_layout: bool = False
    """Layouts write it in ways of their own, or tell less of it: pages of two layouts say nothing
    about each other. Of a field whose keys come and go that holds for the keys only."""
    by_language: bool = False
    by_buyer: bool = False
    """May depend on who asks: compared only with what the same buyer was shown."""


RULES: Mapping[str, Rule] = {
    "status": Rule(kind=Kind.STATUS),
    "title": Rule(kind=Kind.TITLE, by_language=True),
    "price_kind": Rule(kind=Kind.PRICE_KIND, by_buyer=True),
    "price_min": Rule(kind=Kind.PRICE, by_buyer=True),
    "price_max": Rule(kind=Kind.PRICE, by_buyer=True),
    "list_price_min": Rule(kind=Kind.LIST_PRICE, by_buyer=True),
    "list_price_max": Rule(kind=Kind.LIST_PRICE, by_buyer=True),
    "price_tiers": Rule(
        kind=Kind.PRICE, added=Kind.TIER_ADDED, removed=Kind.TIER_REMOVED,
        by_layout=True, by_buyer=True,
    ),
    "skus": Rule(
        kind=Kind.SKU, added=Kind.SKU_ADDED, removed=Kind.SKU_REMOVED, by_language=True
    ),
    "skus.price": Rule(kind=Kind.PRICE, by_buyer=True),
    "skus.list_price": Rule(kind=Kind.LIST_PRICE, by_buyer=True),
    "skus.stock": Rule(kind=Kind.STOCK),
    "skus.spec_id": Rule(kind=Kind.SKU),
    "skus.weight_kg": Rule(kind=Kind.SKU),
    "skus.length_cm": Rule(kind=Kind.SKU),
    "skus.width_cm": Rule(kind=Kind.SKU),
    "skus.height_cm": Rule(kind=Kind.SKU),
    "skus.image_url": Rule(kind=Kind.OPTION_IMAGE, by_layout=True),
    "stock": Rule(kind=Kind.STOCK),
    "min_order_quantity": Rule(kind=Kind.MOQ),
    "mix_order.supported": Rule(kind=Kind.MIX_ORDER),
    "mix_order.min_quantity": Rule(kind=Kind.MIX_ORDER),
    "mix_order.min_amount": Rule(kind=Kind.MIX_ORDER),
    "sku_axes": Rule(
        kind=Kind.OPTIONS, added=Kind.AXIS_ADDED, removed=Kind.AXIS_REMOVED, by_language=True
    ),
    "sku_axes.image_url": Rule(kind=Kind.OPTION_IMAGE, by_layout=True, by_language=True),
    "images": Rule(kind=Kind.IMAGE_ORDER, by_layout=True),
    "attributes": Rule(
        kind=Kind.ATTRIBUTE, added=Kind.ATTRIBUTE_ADDED, removed=Kind.ATTRIBUTE_REMOVED,
        by_layout=True, by_language=True,
    ),
    "services": Rule(
        kind=Kind.SERVICE_ADDED, added=Kind.SERVICE_ADDED, removed=Kind.SERVICE_REMOVED,
        by_layout=True, by_language=True,
    ),
    "lead_times": Rule(kind=Kind.LEAD_TIME),
    "freight.ship_from": Rule(kind=Kind.FREIGHT, by_layout=True, by_language=True),
    "freight.free": Rule(kind=Kind.FREIGHT),
    "freight.fee": Rule(kind=Kind.FREIGHT),
    "freight.template_id": Rule(kind=Kind.FREIGHT),
    "freight.unit_weight_kg": Rule(kind=Kind.FREIGHT),
    "supplier.member_id": Rule(kind=Kind.SUPPLIER),
    "supplier.login_id": Rule(kind=Kind.SUPPLIER),
    "supplier.user_id": Rule(kind=Kind.SUPPLIER),
    "supplier.company_name": Rule(kind=Kind.SUPPLIER, by_language=True),
    "supplier.shop_url": Rule(kind=Kind.SUPPLIER, by_layout=True),
    "supplier.kind": Rule(kind=Kind.SUPPLIER, by_layout=True),
    "unit": Rule(kind=Kind.UNIT, by_language=True),
    "currency": Rule(kind=Kind.CURRENCY, by_buyer=True),
    "category.leaf_id": Rule(kind=Kind.CATEGORY),
    "category.second_id": Rule(kind=Kind.CATEGORY),
    "category.top_id": Rule(kind=Kind.CATEGORY),
    "category.leaf_name": Rule(kind=Kind.CATEGORY, by_layout=True, by_language=True),
    "category.path": Rule(kind=Kind.CATEGORY, by_layout=True, by_language=True),
    "video.video_id": Rule(kind=Kind.VIDEO),
    "video.url": Rule(kind=Kind.VIDEO, by_layout=True),
    "video.cover_url": Rule(kind=Kind.VIDEO, by_layout=True),
    "description_url": Rule(kind=Kind.DESCRIPTION, by_layout=True),
    "description_images": Rule(kind=Kind.DESCRIPTION),
    "flags.cross_border": Rule(kind=Kind.FLAG),
    "flags.private_price": Rule(kind=Kind.FLAG, by_buyer=True),
    "flags.presale": Rule(kind=Kind.FLAG),
    "flags.customised": Rule(kind=Kind.FLAG),
    "flags.promotion": Rule(kind=Kind.FLAG, by_buyer=True),
    "created_at": Rule(kind=Kind.DATE),
    "posted_at": Rule(kind=Kind.DATE),
    "modified_at": Rule(kind=Kind.DATE),
}  # fmt: skip
"""In the order in which differences are told."""

NOT_COMPARED = ("offer_id", "url", "language")
"""What an offer is, and in which language we were served."""
KEYED = ("price_tiers", "skus", "sku_axes", "attributes", "services", "lead_times")
SKU_FIELDS = tuple(name for name in RULES if name.startswith("skus."))
BUYER_FIELDS = tuple(name for name, rule in RULES.items() if rule.by_buyer)
_ONCE = tuple(
    name for name in RULES if name not in KEYED and not name.startswith(("skus.", "sku_axes."))
)


def facts_of(item: OfferItem) -> Facts:
    """What is known of an item."""
    tree = content_of(item)
    found = {name: {"": value} for name in _ONCE if _is_told(value := _at(tree, name))}
    found |= {name: keys for name, keys in _keyed(tree) if keys}
    return found | _told_lists(tree)


def _at(tree: Tree, name: str) -> Any:
    value: Any = tree
    for part in name.split("."):
        value = value.get(part) if value else None
    return value


def _is_told(value: Any) -> bool:
    return value not in (None, [], Status.UNKNOWN)


def _keyed(tree: Tree) -> Iterator[tuple[str, dict[str, Any]]]:
    attributes: dict[str, list[str]] = {}
    for one in tree["attributes"]:
        attributes.setdefault(one["name"], []).extend(one["values"])
    yield "attributes", attributes
    yield "services", {one["name"]: one["name"] for one in tree["services"]}
    times = [[one["min_quantity"], one["hours"]] for one in tree["lead_times"]]
    yield "lead_times", {"": times} if times else {}
    for name in SKU_FIELDS:
        part = name.removeprefix("skus.")
        yield name, {sku["sku_id"]: sku[part] for sku in tree["skus"] if sku[part] is not None}
    yield (
        "sku_axes.image_url",
        {
            f"{axis['name']}={value['name']}": value["image_url"]
            for axis in tree["sku_axes"]
            for value in axis["values"]
            if value["image_url"]
        },
    )


def _told_lists(tree: Tree) -> Facts:
    """Lists that say something even where they are empty: an offer without SKUs has none."""
    axes = {axis["name"]: [value["name"] for value in axis["values"]] for axis in tree["sku_axes"]}
    found: Facts = {
        "skus": {sku["sku_id"]: sku["options"] for sku in tree["skus"]},
        "sku_axes": axes,
    }
    tiers = {str(tier["min_quantity"]): tier["price"] for tier in tree["price_tiers"]}
    # without a ladder an offer has one only where the SKUs are priced instead; else it is not told
    if tiers or any(sku["price"] is not None for sku in tree["skus"]):
        found["price_tiers"] = tiers
    return found
