"""The business model in the desktop page's state: the branch that tells most."""

from app.replica.faces import description_url, money, shop_url
from app.replica.pages.context_modules import (
    fee_kind,
    freight_fields,
    price_model,
    rating_fields,
    shop_card,
    video_fields,
    without_promotion,
)
from app.replica.pages.state import (
    Json,
    axes,
    channel,
    hidden,
    lead_time_model,
    mix_model,
    model_signs,
    offer_signs,
    pack_sizes,
    picture_forms,
    price_scale,
    services,
    sku_entry,
    sku_pictures,
)
from app.replica.values import Offer

_TRADE = "$.result.global.globalData.model.tradeModel."


def model(offer: Offer) -> Json:
    freight: Json = freight_fields(offer, fee=fee_kind(offer))
    if offer.traits.refs and offer.skus:
        freight = {"$ref": "$.result.data.shippingServices.fields.freightInfo"}
    return {
        "buyerModel": {
            "buyerSign": {"visitorPicAuth": True, "visitorPriceAuth": not hidden(offer)}
        },
        "channelType": channel(offer),
        "detailBusiness": {
            "shopBaseInfo": shop_card(offer),
            "rateInfo": rating_fields(offer),
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
        "wirelessVideo": video_fields(offer, flat=False),
    }
    return detail | ({"skuProps": axes(offer)} if offer.axes else {})


def _trade(offer: Offer) -> Json:
    originals: list[Json] = [sku_entry(offer, sku, original=True) for sku in offer.skus]
    if offer.traits.refs and not offer.kind.promotion:
        originals = [{"$ref": f"{_TRADE}skuMap[{place}]"} for place in range(len(offer.skus))]
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
        "offerPriceModel": price_model(offer),
        "priceDisplay": price_scale(offer),
        "skuMap": [_model_sku(sku_entry(offer, sku)) for sku in offer.skus],
        "tradeWithoutPromotion": without_promotion(offer, originals),
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
