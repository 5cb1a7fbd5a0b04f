"""The mobile page, m.1688.com until now: `window.__INIT_DATA` without a `;`, most components empty.

The real page sends a desktop browser on to detail.1688.com. This one does not, because the local 1688
serves it at detail.1688.com too: the tool asks for that address and must meet this shape as well.
"""

from typing import Any

from app.replica.cases import Standing
from app.replica.faces import description_url, kilograms, money, ship_from, shop_url, sold_text
from app.replica.pages import padding
from app.replica.pages.frame import dressed
from app.replica.pages.init_data import components
from app.replica.pages.state import (
    UNLIMITED,
    Json,
    channel,
    display_type,
    hidden,
    lead_time_model,
    mix_model,
    model_signs,
    offer_signs,
    order_param,
    picture_forms,
    price_rows,
    price_scale,
    services,
    sku_map,
    sku_model,
    sku_pictures,
    sku_weights,
    write,
)
from app.replica.values import Offer

STATE_CHARACTERS = 165_000
HTML_CHARACTERS = 215_000


def document(offer: Offer, *, padded: bool = True) -> bytes:
    """The page as served, in UTF-8."""
    state = state_text(offer, padded=padded)
    return dressed(offer, _PAGE, state, {}, padded=padded, wanted=HTML_CHARACTERS).encode()


def state_text(offer: Offer, *, padded: bool) -> str:
    """The literal behind `window.__INIT_DATA=`; plain JSON."""
    state = _state(offer)
    text = write(state)
    if not padded:
        return text
    return write(
        padding.fill(state, state["seedLoadedModules"], offer.seed, len(text), STATE_CHARACTERS)
    )


def _state(offer: Offer) -> Json:
    loaded: list[Any] = ["@ali/rax-pkg-rax/index-es6"]
    filled = components(offer, _components(offer), base=590893000 + offer.index % 3)
    empty: Json = {f"5908930{number}": {} for number in range(30_000, 30_034)}
    return {
        "data": empty | filled,
        "firstScreen": True,
        "globalData": _global(offer),
        "hasMoreModules": True,
        "modules": [],
        "pageInfo": {"meta": '{"page-biz":"dsc-new","page-client":"mobile"}'},
        "seed": {"combine": True, "modules": {}},
        "seedComboUris": [],
        "seedLoadedModules": loaded,
    }


def _components(offer: Offer) -> list[tuple[str, object]]:
    return [
        ("@ali/cmod-od-wap-main-pic", _pictures(offer)),
        ("@ali/cmod-odw-basic-footer", _footer(offer)),
        (
            "@ali/cmod-odw-basic-description",
            {"detailUrl": description_url(offer), "isUseNewDetail": True},
        ),
        ("@ali/cmod-od-wap-offer-attribute", {"title": "属性", "propsList": _attributes(offer)}),
        ("@ali/cmod-od-wap-offer-service", _services(offer)),
        ("@ali/cmod-od-wap-offer-logistics", _logistics(offer)),
        ("@ali/cmod-od-wap-offer-specs", {"title": "规格", "privatePrice": hidden(offer)}),
        ("@ali/cmod-od-wap-offer-title", _title(offer)),
        ("@ali/cmod-od-wap-offer-price", _price(offer)),
    ]


def _pictures(offer: Offer) -> Json:
    pictures: Json = {
        "isPrivacy": False,
        "offerImgList": list(offer.images),
        "offerId": offer.offer_id,
        "skuImages": [{"imgUrl": url, "type": "sku"} for url in sku_pictures(offer)],
    }
    if offer.video:
        pictures |= {"videoUrl": offer.video.url, "videoId": offer.video.video_id}
    return pictures


def _footer(offer: Offer) -> Json:
    return {
        "isCHTOffer": True,
        "offerId": int(offer.offer_id),
        "offerUnit": offer.product.unit,
        "userId": str(offer.supplier.user_id),
        "loginId": offer.supplier.login_id,
        "offerTitle": offer.title,
        "price": _lowest(offer),
        "saledCount": sold_text(offer.sold) if offer.sold is not None else "",
        "postCategoryId": str(offer.product.category[2][0]),
        "sellerMemberId": offer.supplier.member_id,
        "isSaleOut": offer.standing is Standing.SOLD_OUT,
    }


def _lowest(offer: Offer) -> str:
    prices = [to_pay for _, to_pay in offer.priced]
    return money(min(prices)) if prices else ""


def _attributes(offer: Offer) -> list[Json]:
    """Only what has one value: the page joins several with a comma that a name may hold itself."""
    return [
        {"name": name, "value": values[0], "show": False}
        for name, values in offer.attributes
        if len(values) == 1
    ]


def _services(offer: Offer) -> Json | None:
    rows = services(offer, codes=True)
    return {"serviceDetail": rows, "offerId": int(offer.offer_id)} if rows else None


def _logistics(offer: Offer) -> Json:
    freight = offer.freight
    return {
        "location": ship_from(offer),
        "logistics": "选择收货地后展示运费",
        "deliveryLimitTxt": f"承诺{offer.lead_times[0][1]}小时发货",
        "deliveryLimit": offer.lead_times[0][1] // 24,
        "offerId": int(offer.offer_id),
        "amount": offer.min_order,
        "templateId": freight.template_id,
        "unitWeight": f"@@{kilograms(freight.unit_grams)}" if freight.unit_grams else 0,
        "skuWeight": sku_weights(offer, bare=False),
        "postFeeValue": float(freight.fee),
        "postFree": freight.free,
        "deliveryLimitTimeModel": lead_time_model(offer),
    }


def _title(offer: Offer) -> Json:
    sold = (
        []
        if offer.sold is None
        else [{"prefix": "已售", "text": sold_text(offer.sold), "suffix": "件"}]
    )
    wanted = {"prefix": "", "text": "300+", "suffix": "人想买"}
    title: Json = {"title": offer.title, "tagList": [], "scrollList": [*sold, wanted]}
    return title | ({} if offer.sold is None else {"selledNumber": str(offer.sold)})


def _price(offer: Offer) -> Json:
    model: Json = {
        "currentPrices": [
            {"price": price, "beginAmount": start} for start, price in price_rows(offer)
        ],
        "priceDisplayType": display_type(offer),
    }
    if offer.kind.promotion:
        model["originalPrices"] = [
            {"price": price, "beginAmount": start}
            for start, price in price_rows(offer, original=True)
        ]
    return {
        "displayType": "normal-sku",
        "priceModel": model,
        "isPrivatePrice": hidden(offer),
        "unit": offer.product.unit,
        "channel": channel(offer),
    }


def _sku_model(offer: Offer) -> Json:
    model = sku_model(offer) | {"skuPriceScale": f"￥{price_scale(offer)}"}
    return model | ({"skuInfoMapAddCar": sku_map(offer)} if offer.skus else {})


def _global(offer: Offer) -> Json:
    supplier, (top, _, leaf) = offer.supplier, offer.product.category
    original = order_param(offer)
    if not offer.mix.supported:
        original["mixParam"] = {"supportMix": False, "mixNum": UNLIMITED, "mixAmount": UNLIMITED}
    return {
        "tempModel": _temp(offer),
        "blackPage": {"offerTitle": offer.title, "priceLevel": {"title": "比同款成交价??"}},
        "channelType": channel(offer),
        "isPicPrivate": False,
        "isPricePrivate": hidden(offer),
        "orderParamModel": {
            "orderParam": order_param(offer),
            "originalOrderParam": original,
            "carOrderParam": order_param(offer),
        },
        "detailModel": {
            "titleName": "商品详情",
            "offerId": offer.offer_id,
            "detailUrl": f"https://air.1688.com/pages/od/app-desc/x/index.html?url={description_url(offer)}&offerId={offer.offer_id}",
        },
        "images": [picture_forms(url) for url in (*offer.images, *sku_pictures(offer))],
        "offerModelSign": model_signs(offer),
        "mixModel": mix_model(offer),
        "offerSigns": offer_signs(offer),
        "skuModel": _sku_model(offer),
        "offerBaseInfo": {
            "sellerUserId": supplier.user_id,
            "sellerLoginId": supplier.login_id,
            "sellerMemberId": supplier.member_id,
            "buyerLoginId": "",
            "offerId": int(offer.offer_id),
            "loginUserId": 0,
        },
        "topBarModel": {"category": [top[0], leaf[0]]},
        "businessType": "cht",
        "componentType": "page",
    }


def _temp(offer: Offer) -> Json:
    supplier, (top, _, leaf) = offer.supplier, offer.product.category
    temp: Json = {
        "winportUrl": shop_url(offer),
        "companyName": supplier.company_name,
        "saleOut": offer.standing is Standing.SOLD_OUT,
        "price": _lowest(offer),
        "offerTitle": offer.title,
        "defaultOfferImg": offer.images[0],
        "topCategoryId": str(top[0]),
        "postCategoryId": str(leaf[0]),
        "offerUnit": offer.product.unit,
        "sellerLoginId": supplier.login_id,
        "sellerUserId": str(supplier.user_id),
        "sellerMemberId": supplier.member_id,
        "offerId": offer.offer_id,
        "businessType": "cht",
    }
    if offer.sold is not None:
        temp |= {"saledCount": offer.sold, "saledCountStr": sold_text(offer.sold)}
    return temp


_PAGE = """

<!doctype html>
<html>
<head>
  <title>%TITLE%</title>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1.0, maximum-scale=1, user-scalable=no,viewport-fit=cover"/>
  <meta name="aplus-terminal" content="1">
  <meta name="format-detection" content="telephone=no" />
  <style>[hidden]{display:none}</style>
%FIRST%
</head>
<body style="padding:0; margin:0; min-height:100vh;">
  <div id="root"><!-- __ssr_data --></div>
%BEFORE%
  <script>
    window.__GLOBAL_DADA={"isLogin":false,"channelType":"dsc"}; window.__INIT_DATA=%STATE%
  </script>
  <script>
     try{
        var __INIT_DATA1 = window.__INIT_DATA || {};
        var pvTrackInfo = (__INIT_DATA1.globalData || {}).abTestInfo || {};
     }catch(e){console.warn(e)};
  </script>
%STYLES%
%LAST%
%AFTER%
</body>
</html>
"""
