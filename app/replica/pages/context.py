"""The desktop page of 2025-2026: `window.context=(function(b,d){…})(window.contextPath,{…})`.

The same facts stand in three branches of the state, as on the real page: the business model, the UI
modules by name, and the bridge to the older state under `Root`.
"""

import json
from html import escape
from typing import Any

from app.replica.faces import description_url, kilograms, money, ship_from, shop_url, sold_text
from app.replica.offers import Offer
from app.replica.pages import frame, padding
from app.replica.pages.state import (
    Json,
    axes,
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
    sku_entry,
    sku_model,
    sku_pictures,
    sku_weights,
    write,
)

_PROLOGUE = (
    'window.context=(function(b,d){var c=d.module||{};var e={};for(var a in c){if(typeof c[a]==="string")'
    "{e[a]=c[a]}}Object.assign(e,c[b]||{});Object.assign(d,{module:e});return d})(window.contextPath,"
)

_REFS = "$.result.global.globalData.model.tradeModel."


def document(offer: Offer, *, padded: bool = True) -> bytes:
    """The page as served, in UTF-8."""
    state = state_text(offer, padded=padded)
    body = _PAGE.replace("%STATE%", state).replace("%ID%", offer.offer_id)
    body = body.replace("%TITLE%", escape(offer.title)).replace(
        "%LOGIN%", _quoted(offer.supplier.login_id)
    )
    heavy = padded and max(0, padding.HTML_CHARACTERS - len(body))
    before = padding.markup(offer.seed, "before", heavy * 3 // 5) if heavy else ""
    after = padding.markup(offer.seed, "after", heavy * 2 // 5) if heavy else ""
    body = body.replace("%BEFORE%", before).replace("%AFTER%", after)
    first, last = (
        (frame.tags(frame.SCRIPTS[:2]), frame.tags(frame.SCRIPTS[2:])) if padded else ("", "")
    )
    body = body.replace("%FIRST%", first).replace("%LAST%", last)
    return body.replace("%STYLES%", frame.style_tags() if padded else "").encode()


def state_text(offer: Offer, *, padded: bool) -> str:
    """The literal behind `window.contextPath,`: JSON but for its bare numeric keys."""
    state = _state(offer)
    text = write(state)
    if padded:
        cards: list[Any] = []
        state["result"]["data"]["shopProductRecommend"]["fields"]["items"] = cards
        text = write(padding.fill(state, cards, offer.seed, len(text)))
    company = json.dumps(offer.supplier.company_name, ensure_ascii=False)
    return text.replace(
        f'"authCompanyName":{company}', f'"authCompanyName":{_quoted(offer.supplier.company_name)}'
    )


def _quoted(text: str) -> str:
    return json.dumps(text)


def _state(offer: Offer) -> Json:
    modules = _modules(offer)
    return {
        "result": {
            "data": modules,
            "endpoint": {
                "mode": "PC",
                "osVersion": "9.9.9",
                "protocolVersion": "3.0",
                "ultronage": True,
            },
            "global": {
                "globalData": {
                    "traceId": "0",
                    "parametersMap": {
                        "offerLoginId": json.dumps(offer.supplier.login_id)[1:-1],
                        "offerId": offer.offer_id,
                    },
                    "model": _model(offer),
                },
                "name": "default",
                "renderData": {},
                "version": "1.0.0",
            },
            "hierarchy": {
                "root": "Root",
                "structure": {"Root": ["screen", "bottom"], "product": list(modules)},
            },
            "reload": False,
        },
        "module": {
            f"@ali/od-{name}": "0.0.3"
            for name in ("title", "main-price", "sku-selection", "region")
        },
        "version": "0.0.44",
    }


def _module(name: str, kind: str, fields: Json, **meta: str) -> Json:
    return {
        "fields": {"uiType": kind, **fields},
        "id": name,
        "meta": meta,
        "position": "body",
        "tag": name,
        "type": kind,
    }


def _modules(offer: Offer) -> Json:
    failed = "class com.alibaba.fastjson.JSONArray cannot be cast to class com.alibaba.fastjson.JSONObject"
    rows = {
        "productPackInfo": _module("productPackInfo", "od_product_pack_info", _pack_fields(offer)),
        "screen": _module(
            "screen", "od_region", {"className": "region region-screen", "label": "主屏幕"}
        ),
        "description": _module(
            "description",
            "od_product_description",
            {"detailUrl": description_url(offer), "leafCategoryId": offer.product.category[2][0]},
        ),
        "shippingServices": _module("shippingServices", "od_shipping_services", _shipping(offer)),
        "cart": _module("cart", "od_cart_sider", {"partition": [2, 7], "label": "选款区"}),
        "mainServices": _module(
            "mainServices", "od_services", {"guaranteeList": services(offer, codes=True)}
        ),
        "submitOrder": _module("submitOrder", "od_submit_order", _submit(offer)),
        "gallery": _module("gallery", "od_picture_gallery", _gallery(offer)),
        "shopProductRecommend": _module(
            "shopProductRecommend", "od_shop_product_recommend", {"label": "推荐"}
        ),
        "Root": _module("Root", "od_region", {"isRoot": True, "dataJson": _bridge(offer)}),
        "mainPrice": _module("mainPrice", "od_main_price", _main_price(offer)),
        "productAttributes": _module(
            "productAttributes", "od_product_attributes", {}, errorMessage=failed
        ),
        "productTitle": _module("productTitle", "od_title", _title(offer)),
        "skuSelection": _module("skuSelection", "od_sku_selection", {"label": "规格选择器"}),
        "discountCoupon": _module("discountCoupon", "od_discount_coupon", {"label": "折扣优惠"}),
    }
    return rows


def _pack_fields(offer: Offer) -> Json:
    return {"unitWeight": 0, "label": "商品件重尺", "pieceWeightScale": pack_sizes(offer)}


def _freight(offer: Offer, *, fee_kind: object) -> Json:
    freight = offer.freight
    return {
        "unitWeight": f"@@{kilograms(freight.unit_grams)}" if freight.unit_grams else 0,
        "freeEndAmount": -1,
        "deliveryLimit": offer.lead_times[0][1] // 24,
        "officialLogistics": False,
        "locationDivisionCode": "440105",
        "subTemplateId": freight.template_id,
        "logisticsText": f"承诺{offer.lead_times[0][1]}小时发货",
        "deliveryFee": fee_kind,
        "freeDeliverFee": freight.free,
        "location": ship_from(offer),
        "locationCode": "32703056",
        "totalCost": float(freight.fee),
        "skuWeight": sku_weights(offer, bare=True),
    }


def _fee_kind(offer: Offer) -> str:
    return "FREE" if offer.freight.free else "TEMPLATED"


def _shipping(offer: Offer) -> Json:
    freight = offer.freight
    return {
        "unitWeight": f"@@{kilograms(freight.unit_grams)}" if freight.unit_grams else 0,
        "freeEndAmount": -1,
        "postFeeValue": float(freight.fee),
        "templateId": freight.template_id,
        "targetLocation": "选择配送地址",
        "freightInfo": _freight(offer, fee_kind={"name": _fee_kind(offer)}),
        "deliveryLimitTimeModel": lead_time_model(offer),
        "unit": offer.product.unit,
        "deliveryFee": _fee_kind(offer),
        "startAmount": offer.min_order,
        "postFree": freight.free,
        "location": ship_from(offer),
        "freeDeliverFee": freight.free,
        "totalCost": float(freight.fee),
        "skuWeight": {"$ref": "$.result.data.shippingServices.fields.freightInfo.skuWeight"},
    }


def _submit(offer: Offer) -> Json:
    return {
        "isSkuOffer": bool(offer.skus),
        "pstatus": "remind",
        "channelType": channel(offer),
        "isPicPrivate": False,
        "isPricePrivate": hidden(offer),
        "businessType": "default",
        "operateItems": [{"operateType": "ORDER", "name": "立即下单"}],
    }


def _video(offer: Offer, *, flat: bool) -> Json:
    video = offer.video
    if video is None:
        return {"videoId": 0, "state": 0}
    base: Json = {
        "coverUrl": video.cover,
        "videoId": video.video_id,
        "state": 6,
        "title": "样例视频",
    }
    urls = {"ios": video.url, "android": video.url}
    return base | ({"videoUrl": video.url} if flat else {"videoUrls": urls})


def _gallery(offer: Offer) -> Json:
    main = list(offer.images)
    return {
        "offerImgList": main + sku_pictures(offer),
        "subject": offer.title,
        "video": _video(offer, flat=True),
        "mainImage": main,
        "offerId": int(offer.offer_id),
        "label": "商品主图",
    }


def _current(offer: Offer, *, original: bool = False) -> list[Json]:
    return [
        {"price": price, "beginAmount": start}
        for start, price in price_rows(offer, original=original)
    ]


def _price_model(offer: Offer) -> Json:
    model: Json = {"currentPrices": _current(offer), "priceDisplayType": display_type(offer)}
    if offer.kind.promotion:
        model["originalPrices"] = [
            row | {"displayStyle": "line_price"} for row in _current(offer, original=True)
        ]
        model["originalPriceDisplay"] = price_scale(offer, original=True)
    return model


def _without_promotion(offer: Offer, skus: list[Json]) -> Json:
    prices = [price for price, _ in offer.priced]
    shown = (
        {"offerMinPrice": money(min(prices)), "offerMaxPrice": money(max(prices))} if prices else {}
    )
    return {
        "skuMapOriginal": skus,
        "offerBeginAmount": offer.min_order,
        "offerPriceDisplay": price_scale(offer, original=True),
        "canBookedAmountOriginal": offer.stock,
        **shown,
    }


def _main_price(offer: Offer) -> Json:
    originals = [sku_entry(offer, sku, original=True) for sku in offer.skus]
    return {
        "channel": channel(offer),
        "finalPriceModel": {
            "tradeWithoutPromotion": _without_promotion(offer, originals),
            "priceBeforeText": "券后",
        },
        "isPrivatePrice": hidden(offer),
        "originPriceType": display_type(offer),
        "priceModel": _price_model(offer),
        "displayType": "normal-sku",
        "unit": offer.product.unit,
        "originalPricesWithoutPromotion": [
            {"price": price, "beginAmount": str(start)}
            for start, price in price_rows(offer, original=True)
        ],
    }


def _title(offer: Offer) -> Json:
    rate: Json = {}
    if offer.rating:
        rate = {
            "commonTagNodeList": [
                {"name": "全部", "count": offer.rating.reviews, "type": "common"}
            ],
            "goodRates": float(offer.rating.good_percent),
            "goodsGrade": float(offer.rating.score),
            "impressionTagNodeList": [],
        }
    sold = sold_text(offer.sold) if offer.sold is not None else ""
    return {
        "shopInfo": _shop_card(offer),
        "rateInfo": rate,
        "saleCountDate": "一年内" if sold else "",
        "title": offer.title,
        "saleNum": sold,
        "unit": offer.product.unit,
        "labels": [],
        "newSaleCount": "已售",
    }


def _shop_card(offer: Offer) -> Json:
    supplier = offer.supplier
    return {
        "authCompanyName": supplier.company_name,
        "sellerSlrServiceScore": f"{supplier.service_score}分",
        "companyName": supplier.company_name,
        "cardType": supplier.kind,
        "byrRepeatRate3m": f"{supplier.repeat_percent}%",
        "isPm": True,
    }


def _bridge(offer: Offer) -> Json:
    supplier, (top, _, leaf) = offer.supplier, offer.product.category
    shown = offer.images + tuple(sku_pictures(offer))
    return {
        "isSkuOffer": bool(offer.skus),
        "channelType": channel(offer),
        "needSkuHide": False,
        "detailModel": [],
        "images": [picture_forms(url) for url in shown],
        "mixModel": mix_model(offer),
        "tempModel": {
            "offerUnit": offer.product.unit,
            "offerId": int(offer.offer_id),
            "offerTitle": offer.title,
            "defaultOfferImg": "",
            "topCategoryId": top[0],
            "postCategoryId": leaf[0],
            "companyName": supplier.company_name,
            "sellerUserId": supplier.user_id,
            "sellerLoginId": supplier.login_id,
            "sellerMemberId": supplier.member_id,
            "winportUrl": f"https://winport.m.1688.com/page/index.html?memberId={supplier.member_id}",
        },
        "isPicPrivate": False,
        "isPricePrivate": hidden(offer),
        "orderParamModel": {"orderParam": order_param(offer)},
        "offerSign": offer_signs(offer),
        "offerModelSign": model_signs(offer),
        "skuModel": sku_model(offer),
        "offerBaseInfo": {
            "sellerUserId": supplier.user_id,
            "sellerLoginId": supplier.login_id,
            "sellerMemberId": supplier.member_id,
            "offerId": int(offer.offer_id),
            "buyerUserId": 0,
            "buyerLoginId": 0,
            "sellerWinportUrl": shop_url(offer),
            "catId": leaf[0],
        },
        "businessType": "default",
        "componentType": "page",
    }


def _model(offer: Offer) -> Json:
    freight: Json = _freight(offer, fee_kind=_fee_kind(offer))
    if offer.traits.refs and offer.skus:
        freight = {"$ref": "$.result.data.shippingServices.fields.freightInfo"}
    return {
        "buyerModel": {
            "buyerSign": {"visitorPicAuth": True, "visitorPriceAuth": not hidden(offer)}
        },
        "channelType": channel(offer),
        "detailBusiness": {
            "shopBaseInfo": _shop_card(offer),
            "rateInfo": _title(offer)["rateInfo"],
            "favorCount": 9,
            "deliveryLimitTimeModel": lead_time_model(offer),
        },
        "detailDescription": {
            "dataDesc": {"payOrder30DayStr": "100+"},
            "deliveryLimit": 2,
            "freightInfo": freight,
            "pieceWeightScale": pack_sizes(offer),
            "protectionInfoList": services(offer, codes=True),
        },
        "offerDetail": _offer_detail(offer),
        "promotionModel": {"aggregatePromotionInfo": [], "endTime": 0},
        "sceneType": "default",
        "sellerModel": _seller(offer),
        "tradeModel": _trade(offer),
        "verticalType": "default",
    }


def _seller(offer: Offer) -> Json:
    supplier = offer.supplier
    return {
        "companyName": supplier.company_name,
        "loginId": supplier.login_id,
        "memberId": supplier.member_id,
        "sellerIdentity": "cht",
        "sellerSign": {"signs": {"isTp": True, "isSlsj": False}},
        "sellerWinportUrlMap": {
            "defaultUrl": shop_url(offer),
            "indexUrl": f"{shop_url(offer)}/page/index.html",
            "offerlistUrl": f"{shop_url(offer)}/page/offerlist.html",
        },
        "userId": supplier.user_id,
        "winportUrl": shop_url(offer),
    }


def _milliseconds(offer: Offer, name: str) -> int:
    return int(getattr(offer, name).timestamp()) * 1000


def _offer_detail(offer: Offer) -> Json:
    top, second, leaf = offer.product.category
    detail: Json = {
        "detailUrl": description_url(offer),
        "featureAttributes": [
            {
                "fid": 1000 + place,
                "isSpecial": False,
                "name": name,
                "value": ",".join(values),
                "values": list(values),
            }
            for place, (name, values) in enumerate(offer.attributes)
        ],
        "imageList": [picture_forms(url) for url in (*offer.images, *sku_pictures(offer))],
        "leafCategoryId": leaf[0],
        "leafCategoryName": leaf[1],
        "secondCategoryId": second[0],
        "mainImageList": [
            {"fullPathImageURI": url, "imageURI": url.removeprefix("https://cbu01.alicdn.com/")}
            for url in offer.images
        ],
        "offerId": int(offer.offer_id),
        "offerSign": {
            "detailForbidden": False,
            "offerModelSign": model_signs(offer),
            "preSaleOffer": offer.traits.presale,
            "preSell": offer.traits.presale,
            "signs": offer_signs(offer),
            "skuOffer": bool(offer.skus),
        },
        "offerSystemAttributes": {
            "approveDate": _milliseconds(offer, "posted_at"),
            "createDate": _milliseconds(offer, "created_at"),
            "expireDate": 2083999307000,
            "modifyDate": _milliseconds(offer, "modified_at"),
            "postDate": _milliseconds(offer, "posted_at"),
            "sellStarts": -28800000,
            "selling": True,
        },
        "offerType": "fashion",
        "preHeatStartTime": "1970-01-01 00:00:00",
        "skuFeatures": {},
        "status": "PUBLISHED",
        "subject": offer.title,
        "topCategoryId": top[0],
        "wirelessVideo": _video(offer, flat=False),
    }
    return detail | ({"skuProps": axes(offer)} if offer.axes else {})


def _trade(offer: Offer) -> Json:
    originals: list[Json] = [sku_entry(offer, sku, original=True) for sku in offer.skus]
    if offer.traits.refs and not offer.kind.promotion:
        originals = [{"$ref": f"{_REFS}skuMap[{place}]"} for place in range(len(offer.skus))]
    prices = [to_pay for _, to_pay in offer.priced]
    model: Json = {
        "beginAmount": offer.min_order,
        "canBookedAmount": offer.stock,
        "hasPromotion": offer.kind.promotion,
        "mixModel": {
            k.replace("isSupportMix", "supportMix"): v for k, v in mix_model(offer).items()
        },
        "offerIDatacenterSellInfo": {name: values[0] for name, values in offer.attributes[2:4]},
        "offerId": int(offer.offer_id),
        "offerPriceModel": _price_model(offer),
        "priceDisplay": price_scale(offer),
        "skuMap": [_model_sku(sku_entry(offer, sku)) for sku in offer.skus],
        "tradeWithoutPromotion": _without_promotion(offer, originals),
        "unit": offer.product.unit,
    }
    if prices:
        model |= {"minPrice": money(min(prices)), "maxPrice": money(max(prices))}
    if offer.tiers:
        model["disPriceRanges"] = _ranges(offer)
    return model | ({"saleCount": offer.sold} if offer.sold is not None else {})


def _model_sku(entry: Json) -> Json:
    return dict(sorted((k.replace("isPromotionSku", "promotionSku"), v) for k, v in entry.items()))


def _ranges(offer: Offer) -> list[Json]:
    ends = [tier.min_quantity - 1 for tier in offer.tiers[1:]] + [0]
    return [
        {
            "beginAmount": tier.min_quantity,
            "discountPrice": money(tier.discount_price),
            "endAmount": end,
            "price": money(tier.price),
        }
        for tier, end in zip(offer.tiers, ends, strict=True)
    ]


_PAGE = (
    """<!DOCTYPE html>
<html lang="zh-CN">
<head>
<base target="_blank">
<title>%TITLE% - 阿里巴巴</title>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width,initial-scale=1,user-scalable=yes">
<meta name="aplus-waiting" content="MAN">
<meta name="applicable-device" content="pc">
<meta name="od-version" content="2024">
<meta name="mobile-agent" content="format=html5;url=https://m.1688.com/offer/%ID%.html">
<link rel="preconnect" href="https://h5api.m.1688.com" />
<style>.sk-body{display:flex;width:100%}.sk-main{width:740px;height:740px}[hidden]{display:none}</style>
%FIRST%
<script>
window.odVersion = "2024";
window.FE_GLOBALS = {
    offerId: %ID%,
    offerLoginId: %LOGIN%,
    /*买家信息*/
    loginId: null,
    clientIP: "0.0.0.0",
    timestamp: new Date(1769588210093)
};
window.GL_PAGE_ID = window.FE_GLOBALS.loginId ? "PC-DEFAULT-" + odVersion : "PC-UNLOGIN-DEFAULT-" + odVersion;
window.GL_ARGS = new URLSearchParams({
    exParams: "contextName=default&offerType=fashion&sceneKey=dsc-pc&sceneType=default&channelType=dsc"
});
</script>
<link rel="canonical" href="https://detail.1688.com/offer/%ID%.html">
</head>
<body class="v-sonoma default od-version-2024 " data-spm="7663282">
<div id="header"></div>
<div id="content" class="antd-sonoma" style="min-height:100vh"><div class="sk"><div class="sk-body">
<div class="sk-main"></div><div class="sk-order"></div></div></div></div>
%BEFORE%
<!-- 核心数据 -->
<script>
window.contextPath = "/default";
"""
    + _PROLOGUE
    + """%STATE%);
</script>
<script>
try {
    var gallery = window.context.result.data.gallery.fields;
    gallery.mainImage.forEach(function (d, index) {
        new Image().src = index === 0 ? d + '_.webp' : d + '_b.jpg'
    });
    gallery.offerImgList.slice(gallery.mainImage.length).forEach(function (d) {
        new Image().src = d + '_sum.jpg';
    });
} catch(e) {}
</script>
%STYLES%
%LAST%
%AFTER%
</body>
</html>
"""
)
