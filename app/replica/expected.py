"""The item that a right extraction of an offer's page yields (CONTRACT §1), written by the generator.

Knows what each era's page carries, by a table; knows nothing of how an extractor reads it. Times end
in `Z`; decimals are strings; `provenance` is left to the extractor.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from app.replica.cases import Era, Pricing, Standing, Weights
from app.replica.faces import (
    description_url,
    kilograms,
    money,
    plain,
    ship_from,
    shop_url,
    sold_text,
)
from app.replica.values import Offer, Sku

CARRIES: dict[Era, frozenset[str]] = {
    Era.CONTEXT: frozenset(
        [
            "status",
            "leaf_name",
            "second_id",
            "cover",
            "sold_text",
            "window",
            "grams",
            "kilograms",
            "sizes",
            "unit_weight",
            "fee",
            "lead_times",
            "services",
            "service_code",
            "shop_card",
            "rating",
            "good_rate",
            "flags",
            "dates",
            "lists",
        ]
    ),
    Era.INIT_DESKTOP: frozenset(
        [
            "cover",
            "sold_text",
            "window",
            "sku_sold",
            "grams",
            "kilograms",
            "sizes",
            "unit_weight",
            "fee",
            "lead_times",
            "services",
            "flags",
            "lists",
        ]
    ),
    Era.INIT_MOBILE: frozenset(
        [
            "status",
            "sold_text",
            "sku_sold",
            "kilograms",
            "unit_weight",
            "fee",
            "lead_times",
            "services",
            "service_code",
            "flags",
        ]
    ),
    Era.DETAIL_CONFIG: frozenset(["leaf_name", "second_id", "path", "sku_sold", "rating"]),
}
"""What a page of an era tells beyond what all tell. `lists`: attributes with several values."""

Json = dict[str, Any]

_GONE = {
    Standing.OFF_SHELF: "off_shelf",
    Standing.DELETED: "deleted",
    Standing.DELETED_HOME: "deleted",
}


def expected(offer: Offer) -> Json:
    """The JSON of the item, or `{"error": {"type", "rule"}}` for an offer that is no longer there."""
    rule = _GONE.get(offer.standing)
    if rule is not None:
        return {"error": {"type": "Gone", "rule": rule}}
    return {
        **_identity(offer),
        **_prices(offer),
        **_amounts(offer),
        "sku_axes": [
            {
                "name": axis.name,
                "values": [{"name": v.name, "image_url": v.image} for v in axis.values],
            }
            for axis in offer.axes
        ],
        "skus": [expected_sku(offer, sku) for sku in offer.skus],
        "attributes": [
            {"name": name, "values": list(values)}
            for name, values in offer.attributes
            if len(values) == 1 or _tells(offer, "lists")
        ],
        "images": list(offer.images),
        "video": _video(offer),
        "description_url": description_url(offer),
        "description_images": None,
        "freight": _freight(offer),
        **_promises(offer),
        "supplier": _supplier(offer),
        "rating": _rating(offer),
        "flags": _flags(offer),
        **_dates(offer),
        "layout": offer.era.value,
    }


def _tells(offer: Offer, fact: str) -> bool:
    return fact in CARRIES[offer.era]


def _identity(offer: Offer) -> Json:
    top, second, leaf = offer.product.category
    return {
        "offer_id": offer.offer_id,
        "url": offer.url,
        "title": offer.title,
        "language": "en" if offer.traits.english else "zh",
        "status": _status(offer),
        "category": {
            "leaf_id": str(leaf[0]),
            "leaf_name": leaf[1] if _tells(offer, "leaf_name") else None,
            "second_id": str(second[0]) if _tells(offer, "second_id") else None,
            "top_id": str(top[0]),
            "path": [top[1], second[1], leaf[1]] if _tells(offer, "path") else [],
        },
        "unit": offer.product.unit,
        "currency": "CNY",
    }


def _status(offer: Offer) -> str:
    if not _tells(offer, "status"):
        return "unknown"
    return "sold_out" if offer.standing is Standing.SOLD_OUT else "on_sale"


def _prices(offer: Offer) -> Json:
    now = [to_pay for _, to_pay in offer.priced]
    before = [price for price, _ in offer.priced] if offer.kind.promotion else []
    return {
        "price_kind": expected_price_kind(offer),
        "price_min": money(min(now)) if now else None,
        "price_max": money(max(now)) if now else None,
        "list_price_min": money(min(before)) if before else None,
        "list_price_max": money(max(before)) if before else None,
        "price_tiers": _tiers(offer),
    }


def expected_price_kind(offer: Offer) -> str:
    match offer.kind.pricing:
        case Pricing.LADDER:
            return "tiered"
        case Pricing.HIDDEN:
            return "hidden"
        case Pricing.PER_SKU if len(set(offer.priced)) > 1:
            return "per_sku"
    return "single"


def _tiers(offer: Offer) -> list[Json]:
    nexts = [tier.min_quantity - 1 for tier in offer.tiers[1:]]
    return [
        {
            "min_quantity": tier.min_quantity,
            "max_quantity": last,
            "price": money(tier.discount_price),
        }
        for tier, last in zip(offer.tiers, [*nexts, None], strict=False)
    ]


def _amounts(offer: Offer) -> Json:
    return {
        "min_order_quantity": offer.min_order,
        "mix_order": {
            "supported": offer.mix.supported,
            "min_quantity": offer.mix.min_quantity,
            "min_amount": None
            if offer.mix.min_amount is None
            else money(Decimal(offer.mix.min_amount)),
        },
        "stock": offer.stock,
        "sold": _sold(offer),
    }


def _sold(offer: Offer) -> Json | None:
    if offer.sold is None:
        return None
    return {
        "count": offer.sold,
        "text": sold_text(offer.sold) if _tells(offer, "sold_text") else None,
        "window": "一年内" if _tells(offer, "window") else None,
    }


def expected_sku(offer: Offer, sku: Sku) -> Json:
    promotion = offer.kind.promotion
    images = [value.image for value in sku.options if value.image]
    return {
        "sku_id": str(sku.sku_id),
        "spec_id": sku.spec_id,
        "options": {a.name: v.name for a, v in zip(offer.axes, sku.options, strict=True)},
        "price": None if sku.discount_price is None else money(sku.discount_price),
        "list_price": money(sku.price) if promotion and sku.price is not None else None,
        "stock": sku.stock,
        "sold": sku.sold if sku.sold or _tells(offer, "sku_sold") else None,
        "image_url": images[0] if images else None,
        "weight_kg": plain_kilograms(sku.grams) if _weighed(offer) else None,
        **_size(offer, sku),
    }


def plain_kilograms(grams: int) -> str | None:
    """Kilograms without needless zeros; None for 0, which means: not filled in."""
    return kilograms(grams).rstrip("0").rstrip(".") if grams else None


def _weighed(offer: Offer) -> bool:
    in_kilograms = _tells(offer, "kilograms") and offer.traits.weights is not Weights.GRAMS
    in_grams = _tells(offer, "grams") and offer.traits.weights is not Weights.KILOGRAMS
    return in_kilograms or in_grams


def _size(offer: Offer, sku: Sku) -> Json:
    known = sku.size_cm if _tells(offer, "sizes") else None
    length, width, height = (plain(side) for side in known) if known else (None, None, None)
    return {"length_cm": length, "width_cm": width, "height_cm": height}


def _video(offer: Offer) -> Json | None:
    if offer.video is None or offer.era is Era.DETAIL_CONFIG:
        return None
    return {
        "video_id": str(offer.video.video_id),
        "url": offer.video.url,
        "cover_url": offer.video.cover if _tells(offer, "cover") else None,
    }


def _freight(offer: Offer) -> Json | None:
    freight = offer.freight
    told = _tells(offer, "fee")
    parts = {
        "ship_from": ship_from(offer) or None,
        "free": freight.free if told else None,
        "fee": money(freight.fee) if told else None,
        "template_id": str(freight.template_id) if told and freight.template_id else None,
        "unit_weight_kg": plain_kilograms(freight.unit_grams)
        if _tells(offer, "unit_weight")
        else None,
    }
    return None if all(part is None for part in parts.values()) else parts


def _promises(offer: Offer) -> Json:
    return {
        "lead_times": [
            {"min_quantity": start, "hours": hours}
            for start, hours in (offer.lead_times if _tells(offer, "lead_times") else ())
        ],
        "services": [
            {"code": code if _tells(offer, "service_code") else None, "name": name}
            for code, name in (offer.services if _tells(offer, "services") else ())
        ],
    }


def _supplier(offer: Offer) -> Json:
    supplier, card = offer.supplier, _tells(offer, "shop_card")
    return {
        "member_id": supplier.member_id,
        "login_id": supplier.login_id,
        "user_id": str(supplier.user_id),
        "company_name": supplier.company_name,
        "shop_url": shop_url(offer),
        "kind": supplier.kind if card else None,
        "service_score": plain(supplier.service_score) if card else None,
        "repeat_rate": plain(supplier.repeat_percent / 100) if card else None,
        "years": None,
    }


def _rating(offer: Offer) -> Json | None:
    if offer.rating is None or not _tells(offer, "rating"):
        return None
    good = plain(offer.rating.good_percent / 100) if _tells(offer, "good_rate") else None
    return {"score": plain(offer.rating.score), "good_rate": good, "reviews": offer.rating.reviews}


def _flags(offer: Offer) -> Json:
    told, odd = _tells(offer, "flags"), offer.traits
    return {
        "cross_border": odd.cross_border if told else None,
        "private_price": offer.kind.pricing is Pricing.HIDDEN if told else None,
        "presale": odd.presale if told else None,
        "customised": odd.customised if told else None,
        "promotion": None if offer.kind.pricing is Pricing.HIDDEN else offer.kind.promotion,
    }


def _dates(offer: Offer) -> Json:
    told = _tells(offer, "dates")
    return {
        "created_at": _zulu(offer.created_at) if told else None,
        "posted_at": _zulu(offer.posted_at) if told else None,
        "modified_at": _zulu(offer.modified_at) if told else None,
    }


def _zulu(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
