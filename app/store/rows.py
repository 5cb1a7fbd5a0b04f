"""An item as rows and rows as an item, the one the inverse of the other. Pure: no connection.

Scalars are columns, small nested parts are JSON, lists that are searched or fetched are tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.items import OfferItem, PriceTier, Sku

Values = dict[str, Any]

COLUMNS = (
    "offer_id", "url", "title", "language", "unit", "currency", "price_min", "price_max",
    "list_price_min", "list_price_max", "min_order_quantity", "stock", "description_url",
    "created_at", "posted_at", "modified_at", "layout",
)  # fmt: skip
"""Fields of an item that are columns under the same name."""
WORDS = ("status", "price_kind")
PARTS = (
    "category", "mix_order", "sold", "video", "freight", "supplier", "rating", "flags",
)  # fmt: skip
"""Fields kept as one JSON object or NULL."""
LISTS = ("sku_axes", "attributes", "lead_times", "services")
SKU_COLUMNS = tuple(name for name in Sku.model_fields if name != "options")
TIER_COLUMNS = tuple(PriceTier.model_fields)
GALLERY, DESCRIPTION = "gallery", "description"


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferRows:
    """All rows of one item. Lists are sorted by key: two writers lock them in one order."""

    offer: Values
    skus: list[Values]
    tiers: list[Values]
    images: list[Values]


def rows_of(item: OfferItem) -> OfferRows:
    """The rows of an item, without the facts of its observation."""
    skus = [_sku_row(item.offer_id, place, sku) for place, sku in enumerate(item.skus)]
    images = _image_rows(item.offer_id, DESCRIPTION, item.description_images or [])
    images += _image_rows(item.offer_id, GALLERY, item.images)
    return OfferRows(
        offer=_offer_row(item),
        skus=sorted(skus, key=lambda row: row["sku_id"]),
        tiers=[{"offer_id": item.offer_id, **tier.model_dump()} for tier in item.price_tiers],
        images=images,
    )


def _offer_row(item: OfferItem) -> Values:
    row: Values = {name: getattr(item, name) for name in COLUMNS}
    row |= {name: str(getattr(item, name)) for name in WORDS}
    row |= {name: _part(getattr(item, name)) for name in PARTS}
    row |= {name: [_part(each) for each in getattr(item, name)] or None for name in LISTS}
    origins = {name: [source.carrier, source.path] for name, source in item.provenance.items()}
    described = item.description_images
    return row | {
        "provenance": origins or None,
        "sku_count": len(item.skus),
        "tier_count": len(item.price_tiers),
        "image_count": len(item.images) + len(described or ()),
        "description_image_count": None if described is None else len(described),
    }


def _part(value: Any) -> Values | None:
    if value is None:
        return None
    told: Values = value.model_dump(mode="json", exclude_none=True)
    return told


def _sku_row(offer_id: str, position: int, sku: Sku) -> Values:
    row = {name: getattr(sku, name) for name in SKU_COLUMNS}
    options = [[axis, value] for axis, value in sku.options.items()]
    return row | {"offer_id": offer_id, "position": position, "options": options}


def _image_rows(offer_id: str, role: str, urls: Sequence[str]) -> list[Values]:
    return [
        {"offer_id": offer_id, "role": role, "position": place, "url": url}
        for place, url in enumerate(urls)
    ]


def item_of(
    offer: Mapping[Any, Any],
    skus: Sequence[Mapping[Any, Any]],
    tiers: Sequence[Mapping[Any, Any]],
    images: Sequence[Mapping[Any, Any]],
) -> OfferItem:
    """The item that `rows_of` took apart; validated again, so a damaged row does not pass."""
    told: Values = {name: offer[name] for name in (*COLUMNS, *WORDS)}
    told |= {name: offer[name] for name in PARTS}
    told |= {name: offer[name] or [] for name in LISTS}
    told["provenance"] = {
        name: {"carrier": carrier, "path": path}
        for name, (carrier, path) in (offer["provenance"] or {}).items()
    }
    told["skus"] = [_sku_of(row) for row in sorted(skus, key=lambda row: row["position"])]
    told["price_tiers"] = [
        {name: row[name] for name in TIER_COLUMNS}
        for row in sorted(tiers, key=lambda row: row["min_quantity"])
    ]
    told["images"] = _urls(images, GALLERY)
    if offer["description_image_count"] is not None:
        told["description_images"] = _urls(images, DESCRIPTION)
    return OfferItem.model_validate(told)


def _sku_of(row: Mapping[Any, Any]) -> Values:
    return {name: row[name] for name in SKU_COLUMNS} | {"options": dict(row["options"])}


def _urls(images: Sequence[Mapping[Any, Any]], role: str) -> list[str]:
    own = [row for row in images if row["role"] == role]
    return [row["url"] for row in sorted(own, key=lambda row: row["position"])]
