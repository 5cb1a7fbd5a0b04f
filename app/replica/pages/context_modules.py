"""The UI modules of the desktop page's state, by name, and the bridge to the older state under `Root`."""

from app.replica.faces import description_url, kilograms, money, ship_from, shop_url, sold_text
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
    sku_entry,
    sku_model,
    sku_pictures,
    sku_weights,
)
from app.replica.values import Offer


def modules(offer: Offer) -> Json:
    failed = "class com.alibaba.fastjson.JSONArray cannot be cast to class com.alibaba.fastjson.JSONObject"
    return {
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


def _module(name: str, kind: str, fields: Json, **meta: str) -> Json:
    return {
        "fields": {"uiType": kind, **fields},
        "id": name,
        "meta": meta,
        "position": "body",
        "tag": name,
        "type": kind,
    }


def _pack_fields(offer: Offer) -> Json:
    return {"unitWeight": 0, "label": "商品件重尺", "pieceWeightScale": pack_sizes(offer)}


def freight_fields(offer: Offer, *, fee: object) -> Json:
    freight = offer.freight
    return {
        "unitWeight": f"@@{kilograms(freight.unit_grams)}" if freight.unit_grams else 0,
        "freeEndAmount": -1,
        "deliveryLimit": offer.lead_times[0][1] // 24,
        "officialLogistics": False,
        "locationDivisionCode": "440105",
        "subTemplateId": freight.template_id,
        "logisticsText": f"承诺{offer.lead_times[0][1]}小时发货",
        "deliveryFee": fee,
        "freeDeliverFee": freight.free,
        "location": ship_from(offer),
        "locationCode": "32703056",
        "totalCost": float(freight.fee),
        "skuWeight": sku_weights(offer, bare=True),
    }


def fee_kind(offer: Offer) -> str:
    return "FREE" if offer.freight.free else "TEMPLATED"


def _shipping(offer: Offer) -> Json:
    freight = offer.freight
    return {
        "unitWeight": f"@@{kilograms(freight.unit_grams)}" if freight.unit_grams else 0,
        "freeEndAmount": -1,
        "postFeeValue": float(freight.fee),
        "templateId": freight.template_id,
        "targetLocation": "选择配送地址",
        "freightInfo": freight_fields(offer, fee={"name": fee_kind(offer)}),
        "deliveryLimitTimeModel": lead_time_model(offer),
        "unit": offer.product.unit,
        "deliveryFee": fee_kind(offer),
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


def video_fields(offer: Offer, *, flat: bool) -> Json:
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
        "video": video_fields(offer, flat=True),
        "mainImage": main,
        "offerId": int(offer.offer_id),
        "label": "商品主图",
    }


def _current(offer: Offer, *, original: bool = False) -> list[Json]:
    return [
        {"price": price, "beginAmount": start}
        for start, price in price_rows(offer, original=original)
    ]


def price_model(offer: Offer) -> Json:
    model: Json = {"currentPrices": _current(offer), "priceDisplayType": display_type(offer)}
    if offer.kind.promotion:
        model["originalPrices"] = [
            row | {"displayStyle": "line_price"} for row in _current(offer, original=True)
        ]
        model["originalPriceDisplay"] = price_scale(offer, original=True)
    return model


def without_promotion(offer: Offer, skus: list[Json]) -> Json:
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
            "tradeWithoutPromotion": without_promotion(offer, originals),
            "priceBeforeText": "券后",
        },
        "isPrivatePrice": hidden(offer),
        "originPriceType": display_type(offer),
        "priceModel": price_model(offer),
        "displayType": "normal-sku",
        "unit": offer.product.unit,
        "originalPricesWithoutPromotion": [
            {"price": price, "beginAmount": str(start)}
            for start, price in price_rows(offer, original=True)
        ],
    }


def _title(offer: Offer) -> Json:
    sold = sold_text(offer.sold) if offer.sold is not None else ""
    return {
        "shopInfo": shop_card(offer),
        "rateInfo": rating_fields(offer),
        "saleCountDate": "一年内" if sold else "",
        "title": offer.title,
        "saleNum": sold,
        "unit": offer.product.unit,
        "labels": [],
        "newSaleCount": "已售",
    }


def rating_fields(offer: Offer) -> Json:
    """`rateInfo`; empty where nobody has rated yet."""
    if offer.rating is None:
        return {}
    return {
        "commonTagNodeList": [{"name": "全部", "count": offer.rating.reviews, "type": "common"}],
        "goodRates": float(offer.rating.good_percent),
        "goodsGrade": float(offer.rating.score),
        "impressionTagNodeList": [],
    }


def shop_card(offer: Offer) -> Json:
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
