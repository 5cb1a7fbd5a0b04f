"""Pieces of state that several eras share: SKU maps, axes, prices, pictures, weights; and writing it down.

A string that begins with `@@` and holds a number is written bare, as a key too: that is how the real
state gets `0.1850` and keys that JSON does not allow.
"""

import json
import re
from typing import Any

from app.replica.cases import Pricing, Weights
from app.replica.faces import kilograms, money
from app.replica.values import Offer, Sku

Json = dict[str, Any]

UNLIMITED = 2147483647
"""How the site writes «no such minimum»."""

_BARE = re.compile(r'"@@([0-9.]+)"')


def write(tree: object) -> str:
    """The tree as a script literal, without blanks, safe inside a script element."""
    text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    return _BARE.sub(r"\1", text).replace("</", "<\\/")


def display_type(offer: Offer) -> str:
    ladder = offer.kind.pricing in (Pricing.LADDER, Pricing.ONE_STEP)
    return "rangePrice" if ladder else "skuPrice"


def price_rows(offer: Offer, *, original: bool = False) -> list[tuple[int, str]]:
    """(from this quantity, price): the ladder's rows, or for SKU prices the lowest and the highest."""
    if offer.tiers:
        return [
            (tier.min_quantity, money(tier.price if original else tier.discount_price))
            for tier in offer.tiers
        ]
    prices = sorted({pair[0] if original else pair[1] for pair in offer.priced})
    ends = prices[:1] + prices[-1:] if len(prices) > 1 else prices
    return [(offer.min_order, money(price)) for price in ends]


def price_scale(offer: Offer, *, original: bool = False) -> str:
    """`11.00-19.50`; empty where the price is private."""
    prices = sorted(pair[0] if original else pair[1] for pair in offer.priced)
    if not prices:
        return ""
    low, high = money(prices[0]), money(prices[-1])
    return low if low == high else f"{low}-{high}"


def axes(offer: Offer) -> list[Json]:
    """`skuProps` as all eras have it."""
    return [
        {
            "fid": axis.fid,
            "prop": axis.name,
            "value": [
                {"imageUrl": value.image, "name": value.name}
                if value.image
                else {"name": value.name}
                for value in axis.values
            ],
        }
        for axis in offer.axes
    ]


def spec(sku: Sku) -> str:
    """The key of a SKU: value names joined by a literal `&gt;`; a `>` of a name stays as it is."""
    return "&gt;".join(value.name for value in sku.options)


def sku_entry(offer: Offer, sku: Sku, *, original: bool = False) -> Json:
    """One SKU as `skuInfoMap` holds it; without prices where the ladder or nobody tells them."""
    entry: Json = {"specId": sku.spec_id, "specAttrs": spec(sku)}
    if sku.price is not None and sku.discount_price is not None:
        entry["price"] = money(sku.price)
        entry["discountPrice"] = money(sku.price if original else sku.discount_price)
    entry |= {"saleCount": sku.sold, "canBookCount": sku.stock, "skuId": sku.sku_id}
    return entry | {"isPromotionSku": offer.kind.promotion and not original}


def sku_map(offer: Offer, *, original: bool = False) -> Json | list[Json]:
    """`skuInfoMap`: a dict by spec; an empty LIST for an offer without SKUs."""
    return {spec(s): sku_entry(offer, s, original=original) for s in offer.skus} or []


def sku_model(offer: Offer) -> Json:
    """`skuModel` of the desktop eras."""
    if not offer.skus:
        return {"skuInfoMap": [], "skuPriceScale": price_scale(offer)}
    return {
        "skuProps": axes(offer),
        "skuInfoMap": sku_map(offer),
        "skuPriceScale": price_scale(offer),
        "skuInfoMapOriginal": sku_map(offer, original=True),
        "skuPriceScaleOriginal": price_scale(offer, original=True),
    }


def sku_weights(offer: Offer, *, bare: bool) -> Json:
    """Kilograms by SKU id. `bare` writes keys that are not JSON."""
    if offer.traits.weights is Weights.GRAMS:
        return {}
    mark = "@@" if bare else ""
    return {f"{mark}{s.sku_id}": f"@@{kilograms(s.grams)}" for s in reversed(offer.skus)}


def pack_sizes(offer: Offer) -> Json:
    """`pieceWeightScale`: grams and centimetres by SKU; all 0 where the seller filled in nothing."""
    if offer.traits.weights is Weights.KILOGRAMS or not offer.skus:
        return {"pieceWeightScaleInfo": [], "columnList": []}
    names = [("fid", "sku1"), ("fid", "sku2"), ("fid", "sku3")][: len(offer.axes)]
    columns = [
        {"fid": axis.fid, "precision": 0, "name": name, "label": axis.name}
        for axis, (_, name) in zip(offer.axes, names, strict=True)
    ]
    measures = (
        ("length", "长(cm)"),
        ("width", "宽(cm)"),
        ("height", "高(cm)"),
        ("weight", "重量(g)"),
    )
    rows = [_pack_row(sku) for sku in reversed(offer.skus)]
    return {
        "pieceWeightScaleInfo": rows,
        "columnList": columns
        + [{"precision": 2, "name": n, "label": label} for n, label in measures],
    }


def _pack_row(sku: Sku) -> Json:
    length, width, height = (float(side) for side in sku.size_cm or (0, 0, 0))
    names = {f"sku{place}": value.name for place, value in enumerate(sku.options, 1)}
    return {
        **names,
        "volume": round(length * width * height, 3),
        "length": length,
        "width": width,
        "weight": sku.grams,
        "skuId": sku.sku_id,
        "height": height,
    }


def picture_forms(url: str) -> Json:
    """One picture with its derived addresses; the size stands before the ending."""
    stem, _, ending = url.rpartition(".")
    return {
        "size220x220ImageURI": f"{stem}.220x220.{ending}",
        "imageURI": url.removeprefix("https://cbu01.alicdn.com/"),
        "searchImageURI": f"{stem}.search.{ending}",
        "summImageURI": f"{stem}.summ.{ending}",
        "size310x310ImageURI": f"{stem}.310x310.{ending}",
        "fullPathImageURI": url,
    }


def sku_pictures(offer: Offer) -> list[str]:
    return [value.image for axis in offer.axes for value in axis.values if value.image]


def lead_time_model(offer: Offer) -> Json:
    """`deliveryLimitTimeModel` with its quantity steps."""
    first = offer.lead_times[0][1]
    return {
        "attrs": {
            "offerUnit": offer.product.unit,
            "ptsOfferStepModels": [
                {
                    "selectedStartQuantity": start,
                    "selectedPtsOfferTagModel": {
                        "serviceCode": "ssbxsfh",
                        "serviceName": f"{hours}小时发货",
                        "required": False,
                        "agreeDeliveryHours": hours,
                        "selected": False,
                    },
                    "selected": False,
                }
                for start, hours in offer.lead_times
            ],
        },
        "limitTimeDay": first // 24,
        "offerId": int(offer.offer_id),
        "limitTimeDesc": f"承诺{first}小时发货",
        "expectTimeDesc": "",
    }


def services(offer: Offer, *, codes: bool) -> list[Json] | None:
    """`guaranteeList`; null where the seller promises nothing."""
    rows = [
        {"serviceName": name, "description": f"样例说明：{name}", "textColor": "#222222"}
        | ({"serviceCode": code} if codes else {})
        for code, name in offer.services
    ]
    return rows or None


def mix_model(offer: Offer) -> Json:
    """`mixModel`: whether goods of one shop may be ordered together, and from how much on."""
    mix = offer.mix
    model: Json = {"isSupportMix": mix.supported, "mixOneForSale": False}
    if mix.supported:
        model |= {
            "mixNumber": mix.min_quantity or UNLIMITED,
            "mixAmount": mix.min_amount or UNLIMITED,
        }
    return model


def order_param(offer: Offer) -> Json:
    """`orderParamModel.orderParam`; `beginAmount` is a STRING here."""
    rows = price_rows(offer)
    param: Json = {
        "beginNum": offer.min_order,
        "canBookedAmount": offer.stock,
        "skuParam": {
            "skuPriceType": display_type(offer),
            "skuRangePrices": [
                {"price": price, "beginAmount": str(start)} for start, price in rows
            ],
        },
        "flow": "general",
        "addCartParam": {"cartType": ""},
    }
    if offer.sold is not None:
        param["saledCount"] = offer.sold
    if offer.mix.supported:
        param["mixParam"] = {
            "mixNum": offer.mix.min_quantity or UNLIMITED,
            "mixAmount": offer.mix.min_amount or UNLIMITED,
            "shopMixNum": UNLIMITED,
            "mixBegin": 0,
            "supportMix": True,
        }
    return param


def offer_signs(offer: Offer) -> Json:
    """`offerSign` / `offerSigns`: the small flags."""
    return {
        "isSkuOffer": bool(offer.skus),
        "isPreSell": offer.traits.presale,
        "isConsignMarketOffer": True,
        "isOfferSupportOnlineTrade": True,
        "isPreSaleOffer": offer.traits.presale,
        "isVirtualCategory": False,
        "isDetailForbidden": False,
    }


def model_signs(offer: Offer) -> Json:
    """`offerModelSign`: mostly things that are true, none of them a promise about fields."""
    return {
        "isBuyerProtection": True,
        "hasFreightTemplate": bool(offer.freight.template_id),
        "isCrossBorderOffer": offer.traits.cross_border,
        "isSupportVideo": True,
        "hasSendGoodsAddress": True,
        "isRangePriceSku": display_type(offer) == "rangePrice",
        "isSearchOffer": True,
    }


def channel(offer: Offer) -> str:
    """`channelType`: `jgdz` is made to order."""
    return "jgdz" if offer.traits.customised else "dsc"


def hidden(offer: Offer) -> bool:
    return offer.kind.pricing is Pricing.HIDDEN
