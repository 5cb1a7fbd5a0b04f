"""The desktop page of 2021-2024: `window.__INIT_DATA={"data":{<component id>: …},"globalData":{…}}`.

Component ids are numbers that differ from template to template; a component may be `{}`, null, or hold
null, a list or an object.
"""

from typing import Any

from app.replica.faces import description_url, kilograms, ship_from, shop_url, sold_text
from app.replica.pages import padding
from app.replica.pages.frame import dressed
from app.replica.pages.state import (
    Json,
    channel,
    display_type,
    hidden,
    lead_time_model,
    mix_model,
    model_signs,
    offer_signs,
    order_param,
    pack_sizes,
    picture_forms,
    price_rows,
    price_scale,
    services,
    sku_model,
    sku_weights,
    write,
)
from app.replica.values import Offer

_FAMILIES = ("@ali/tdmod-", "@ali/tdmod-gyp-", "@ali/tdmod-kj-")
"""Type names vary by line of business; their ends do not."""


def document(offer: Offer, *, padded: bool = True) -> bytes:
    """The page as served, in UTF-8."""
    return dressed(offer, _PAGE, state_text(offer, padded=padded), {}, padded=padded).encode()


def state_text(offer: Offer, *, padded: bool) -> str:
    """The literal behind `window.__INIT_DATA=`; plain JSON."""
    state = _state(offer)
    text = write(state)
    return (
        write(padding.fill(state, state["seedLoadedModules"], offer.seed, len(text)))
        if padded
        else text
    )


def _state(offer: Offer) -> Json:
    loaded: list[Any] = ["@ali/rax-pkg-rax/index-es6", "@ali/rax-pkg-rax-view/index-es6"]
    return {
        "data": components(offer, desktop_components(offer), base=10811813 + offer.index % 3),
        "firstScreen": True,
        "globalData": _global(offer),
        "hasMoreModules": True,
        "modules": [],
        "pageInfo": {"meta": '{"page-biz":"dsc-pc","page-client":"pc"}'},
        "saga": {"sagaDeps": {}},
        "seed": {"combine": True, "modules": {}},
        "seedComboUris": [],
        "seedLoadedModules": loaded,
    }


def components(offer: Offer, rows: list[tuple[str, object]], *, base: int) -> Json:
    """Components under numeric ids, with empty ones of all sorts between them."""
    found: Json = {}
    for place, (name, content) in enumerate(rows):
        number = f"{base}{7000 + place * 37 + offer.index % 7}"
        found[number] = {"componentType": name, "trackInfo": {}, "data": content}
        if place % 3 == 0:
            found[f"{number}1"] = {}
    found[f"{base}9001"] = None
    found[f"{base}9002"] = {"componentType": f"{_FAMILIES[0]}od-pc-activity-stock"}
    return found


def desktop_components(offer: Offer) -> list[tuple[str, object]]:
    """(type, content) in page order."""
    family = _FAMILIES[offer.index // 4 % 3]
    return [
        (f"{family}pc-od-dsc-order", _order(offer)),
        (f"{family}od-pc-attribute-new", _attributes(offer)),
        (f"{family}od-pc-offer-description", {"detailUrl": description_url(offer)}),
        (f"{family}od-pc-offer-logistics", _logistics(offer)),
        (f"{family}od-pc-offer-tab", {"sceneList": [], "offerId": int(offer.offer_id)}),
        (f"{family}od-pc-offer-title", _title(offer)),
        (f"{family}pc-od-main-pic", _pictures(offer)),
        (f"{family}od-pc-offer-service", _services(offer)),
        (f"{family}od-pc-offer-price", _price(offer)),
        (f"{family}od-pc-offer-discount", None),
        (f"{family}od-pc-offer-cross", {"unitWeight": 0, "pieceWeightScale": pack_sizes(offer)}),
        (f"{family}od-pc-activity-banner", {"bannerImage": "", "bannerUrl": ""}),
    ]


def _order(offer: Offer) -> Json:
    return {
        "businessType": "default",
        "channelType": channel(offer),
        "isPicPrivate": False,
        "isPricePrivate": hidden(offer),
        "isSkuOffer": bool(offer.skus),
        "operateItems": [{"operateType": "ORDER", "name": "立即订购"}],
        "pstatus": "remind",
        "promotionStatus": "RUNNING" if offer.kind.promotion else "NONE",
    }


def _attributes(offer: Offer) -> list[Json]:
    return [
        {"fid": 1000 + place, "name": name, "value": ",".join(values), "values": list(values)}
        for place, (name, values) in enumerate(offer.attributes)
    ]


def _unit_weight(offer: Offer) -> object:
    return f"@@{kilograms(offer.freight.unit_grams)}" if offer.freight.unit_grams else 0


def _logistics(offer: Offer) -> Json:
    freight = offer.freight
    kind = "FREE" if freight.free else "TEMPLATED"
    return {
        "logistics": "",
        "location": ship_from(offer),
        "totalCost": float(freight.fee),
        "templateId": freight.template_id,
        "deliveryFee": kind,
        "freeDeliverFee": freight.free,
        "startAmount": offer.min_order,
        "unitWeight": _unit_weight(offer),
        "skuWeight": sku_weights(offer, bare=False),
        "unit": offer.product.unit,
        "freightInfo": {
            "unitWeight": _unit_weight(offer),
            "deliveryLimit": offer.lead_times[0][1] // 24,
            "subTemplateId": freight.template_id,
            "deliveryFee": {"name": kind},
            "freeDeliverFee": freight.free,
            "location": ship_from(offer),
            "totalCost": float(freight.fee),
        },
        "deliveryLimitTimeModel": lead_time_model(offer),
        "postFeeValue": float(freight.fee),
        "postFree": freight.free,
    }


def _title(offer: Offer) -> Json:
    told = offer.sold is not None
    return {
        "title": offer.title,
        "saleNum": sold_text(offer.sold) if offer.sold is not None else "",
        "saleCountDate": "一年内" if told else "",
        "unit": offer.product.unit,
        "labels": [],
        "tagList": [],
    }


def _pictures(offer: Offer) -> Json:
    video: Json = {"videoId": 0, "state": 0}
    if offer.video:
        video = {
            "coverUrl": offer.video.cover,
            "videoId": offer.video.video_id,
            "state": 6,
            "title": "样例视频",
            "videoUrl": offer.video.url,
        }
    return {
        "offerImgList": [*offer.images, *offer.images[:2]],
        "video": video,
        "offerId": int(offer.offer_id),
        "subject": offer.title,
    }


def _services(offer: Offer) -> Json | None:
    rows = services(offer, codes=False)
    return {"guaranteeList": rows} if rows or offer.index % 2 else None


def _price(offer: Offer) -> Json:
    rows = price_rows(offer)
    first = 1 if display_type(offer) == "skuPrice" else None
    current = [
        {"price": price, "beginAmount": first if first and place == 0 else start}
        for place, (start, price) in enumerate(rows)
    ]
    model: Json = {
        "currentPrices": current,
        "priceDisplayType": display_type(offer),
        "priceLabel": "",
    }
    if offer.kind.promotion:
        model["originalPriceDisplay"] = price_scale(offer, original=True)
        model["originalPrices"] = [
            {"displayStyle": "line_price", "price": price, "beginAmount": start}
            for start, price in price_rows(offer, original=True)
        ]
    return {
        "displayType": "activity-common-sku" if offer.kind.promotion else "normal-sku",
        "priceModel": model,
        "isPrivatePrice": hidden(offer),
        "unit": offer.product.unit,
        "finalPriceModel": {"pcShowText": ""},
        "memberRightModel": {"rightQA": '[{"question":"样例问题","answer":"样例回答"}]'},
    }


def _global(offer: Offer) -> Json:
    supplier, (top, _, leaf) = offer.supplier, offer.product.category
    seller: Json = {
        "sellerUserId": supplier.user_id,
        "sellerLoginId": supplier.login_id,
        "sellerMemberId": supplier.member_id,
    }
    sold = {"saledCount": offer.sold} if offer.sold is not None else {}
    return {
        "isSkuOffer": bool(offer.skus),
        "tempModel": {
            "offerUnit": offer.product.unit,
            "offerId": int(offer.offer_id),
            "offerTitle": offer.title,
            "topCategoryId": top[0],
            "postCategoryId": leaf[0],
            "companyName": supplier.company_name,
            **seller,
            "winportUrl": shop_url(offer),
            **sold,
        },
        "channelType": channel(offer),
        "needSkuHide": False,
        "isPicPrivate": False,
        "isPricePrivate": hidden(offer),
        "orderParamModel": {"orderParam": order_param(offer)},
        "detailModel": [],
        "offerSign": offer_signs(offer),
        "images": [picture_forms(url) for url in (*offer.images, *offer.images[:3])],
        "offerModelSign": model_signs(offer),
        "mixModel": mix_model(offer),
        "skuModel": sku_model(offer),
        "offerBaseInfo": {
            **seller,
            "offerId": int(offer.offer_id),
            "buyerUserId": 0,
            "buyerLoginId": "buyer",
            "sellerWinportUrl": shop_url(offer),
            "catId": leaf[0],
        },
        "businessType": "default",
        "componentType": "page",
    }


_PAGE = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<title>%TITLE% - 阿里巴巴</title>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="data-spm" content="a261y">
<link rel="canonical" href="https://detail.1688.com/offer/%ID%.html">
<style>[hidden]{display:none}</style>
%FIRST%
</head>
<body>
<div id="root-container"><div id="root"></div></div>
%BEFORE%
<script>
    window.__GLOBAL_DATA={"isLogin":false,"channelType":"dsc","offerDomain":"{\\"offerDetail\\":{}}"}; window.__INIT_DATA=%STATE%
  </script>
<script>
     try{
        var __INIT_DATA1 = window.__INIT_DATA || {};
        var globalData1 = __INIT_DATA1.globalData || {};
     }catch(e){console.warn(e)};
</script>
%STYLES%
%LAST%
%AFTER%
</body>
</html>
"""
