"""Records as the site's pages keep them -> the parts of an item, still as plain dicts.

One function a kind of record; layouts name them in their tables. Single values: see `fields`.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from app.extract.fields import (
    amount,
    boolean,
    count,
    grams,
    identifier,
    image,
    limit,
    measure,
    price,
    price_range,
    quantity,
    split_values,
    text,
    url,
)

_PLATFORM = "全网"
"""Sales of the same goods all over the site: not this offer's."""
_MADE_TO_ORDER = "jgdz"
_SOLD = "已售"
_ALL_REVIEWS = "全部"


class Step(NamedTuple):
    """One step of a price ladder, or one end of a price range."""

    quantity: int | None
    price: Decimal
    original: Decimal | None


def _records(node: Any) -> Iterator[dict[str, Any]]:
    for record in node if isinstance(node, list) else ():
        if isinstance(record, dict):
            yield record


def _now_and_before(record: dict[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    """What it costs now and, if that is less, what it cost before the promotion."""
    listed, discounted = price(record.get("price")), price(record.get("discountPrice"))
    now = discounted or listed
    return now, listed if now and listed and listed > now else None


def price_steps(node: Any) -> list[Step]:
    """`[{beginAmount, price, discountPrice?}]`, `[{begin, price}]` or `[[quantity, price]]`."""
    found = []
    for record in node if isinstance(node, list) else ():
        if isinstance(record, list) and len(record) > 1:
            record = {"beginAmount": record[0], "price": record[1]}  # noqa: PLW2901 - same record
        if isinstance(record, dict):
            now, before = _now_and_before(record)
            start = quantity(record.get("beginAmount", record.get("begin")))
            found += [Step(start, now, before)] if now else []
    return found


def price_scale(node: Any) -> tuple[Decimal, Decimal] | None:
    """`2.30-20.52` or `{offerMinPrice, offerMaxPrice}` -> (lowest, highest)."""
    if not isinstance(node, dict):
        return price_range(node)
    ends = [price(node.get("offerMinPrice")), price(node.get("offerMaxPrice"))]
    known = [end for end in ends if end]
    return (min(known), max(known)) if known else None


def sku_rows(node: Any) -> list[dict[str, Any]]:
    """A list of SKUs, or a map from their spec to them. `[]` is how an offer has none."""
    if isinstance(node, dict):
        return [_sku(record, spec) for spec, record in node.items() if isinstance(record, dict)]
    return [_sku(record, "") for record in _records(node)]


def _sku(record: dict[str, Any], key: str) -> dict[str, Any]:
    named = record.get("specAttrs")
    now, before = _now_and_before(record)
    return {
        "sku_id": identifier(record.get("skuId")),
        "spec_id": identifier(record.get("specId")),
        "spec": named if isinstance(named, str) and named else key,
        "price": now,
        "list_price": before,
        "stock": count(record.get("canBookCount")),
        "sold": count(record.get("saleCount")),
    }


def sku_axes(node: Any) -> list[dict[str, Any]]:
    """`[{prop, value: [{name, imageUrl?}]}]` in page order."""
    axes = []
    for record in _records(node):
        name = text(record.get("prop"))
        values = [
            {"name": value_name, "image_url": image(value.get("imageUrl"))}
            for value in _records(record.get("value"))
            if (value_name := text(value.get("name")))
        ]
        if name and values:
            axes.append({"name": name, "values": values})
    return axes


def sku_weights(node: Any) -> dict[str, Decimal]:
    """`{skuId: kilogrammes}`."""
    weights = node.items() if isinstance(node, dict) else ()
    return {str(sku_id): kilos for sku_id, value in weights if (kilos := measure(value))}


def sku_sizes(node: Any) -> dict[str, dict[str, Decimal | None]]:
    """`[{skuId, length, width, height (cm), weight (grammes)}]`."""
    sizes = {}
    for record in _records(node):
        sku_id = identifier(record.get("skuId"))
        if sku_id:
            sizes[sku_id] = {
                "weight_kg": grams(record.get("weight")),
                "length_cm": measure(record.get("length")),
                "width_cm": measure(record.get("width")),
                "height_cm": measure(record.get("height")),
            }
    return sizes


def attributes(node: Any) -> list[dict[str, Any]]:
    """`[{name, value, values?}]`; `value` joins the values with a comma."""
    found = []
    for record in _records(node):
        name, listed = text(record.get("name")), record.get("values")
        values = [v for item in listed if (v := text(item))] if isinstance(listed, list) else []
        values = values or split_values(record.get("value"))
        if name and values:
            found.append({"name": name, "values": values})
    return found


def video(node: Any) -> dict[str, Any] | None:
    """`{videoId, videoUrl | videoUrls, coverUrl}`; no video is written `{videoId: 0}`."""
    video_id = identifier(node.get("videoId")) if isinstance(node, dict) else None
    if video_id is None:
        return None
    clips = node.get("videoUrls")
    clips = clips if isinstance(clips, dict) else {}
    addresses = (url(node.get("videoUrl")), url(clips.get("android")), url(clips.get("ios")))
    return {
        "video_id": video_id,
        "url": next((address for address in addresses if address), None),
        "cover_url": image(node.get("coverUrl")),
    }


def mix_order(node: Any) -> dict[str, Any] | None:
    """Mixed wholesale; not told at all where nothing says whether it is supported."""
    if not isinstance(node, dict):
        return None
    told = (boolean(node.get(key)) for key in ("supportMix", "isSupportMix", "isMix"))
    supported = next((answer for answer in told if answer is not None), None)
    if supported is None:
        return None
    return {
        "supported": supported,
        "min_quantity": limit(node.get("mixNumber", node.get("mixNum"))),
        "min_amount": amount(node.get("mixAmount")),
    }


def sold_words(node: Any) -> dict[str, str] | None:
    """How the title shows this offer's own sales: {text, window?}."""
    if not isinstance(node, dict):
        return None
    shown, window = text(node.get("saleNum")), text(node.get("saleCountDate"))
    if shown and _PLATFORM not in (window or ""):
        return {"text": shown, "window": window} if window else {"text": shown}
    for record in _records(node.get("scrollInfo")):
        own = text(record.get("text"))
        if own and (text(record.get("prefix")) or "").startswith(_SOLD):
            return {"text": own}
    return None


def services(node: Any) -> list[dict[str, str | None]]:
    """`[{serviceCode?, serviceName}]`, each name once."""
    found: dict[str, str | None] = {}
    for record in _records(node):
        name = text(record.get("serviceName"))
        if name:
            found.setdefault(name, identifier(record.get("serviceCode")))
    return [{"code": code, "name": name} for name, code in found.items()]


def lead_times(node: Any) -> list[tuple[int | None, int]]:
    """(from quantity, hours) of `[{selectedStartQuantity?, selectedPtsOfferTagModel: {...}}]`."""
    found = []
    for record in _records(node):
        promise = record.get("selectedPtsOfferTagModel")
        hours = limit(promise.get("agreeDeliveryHours")) if isinstance(promise, dict) else None
        if hours:
            found.append((limit(record.get("selectedStartQuantity")), hours))
    return found


def reviews(node: Any) -> int | None:
    """The count of the tag that stands for all reviews."""
    for record in _records(node):
        if text(record.get("name")) == _ALL_REVIEWS:
            return count(record.get("count"))
    return None


def is_free(node: Any) -> bool | None:
    """Whether the seller pays the freight, in any of the ways a page says so."""
    if not isinstance(node, dict):
        return None
    fee = node.get("deliveryFee")
    kind = fee.get("name") if isinstance(fee, dict) else fee
    told = [boolean(node.get(key)) for key in ("freeDeliverFee", "postFree")]
    told += [kind == "FREE"] if isinstance(kind, str) else []
    known = [answer for answer in told if answer is not None]
    return any(known) if known else None


def names(node: Any) -> list[str]:
    """`[{name}]`."""
    return [name for record in _records(node) if (name := text(record.get("name")))]


def is_customised(channel: Any) -> bool | None:
    """Whether the channel the offer is sold through is that of goods made to order."""
    stated = text(channel)
    return None if stated is None else stated == _MADE_TO_ORDER
