"""How an offer looks in the gateway's answers: a card of a search, a record of a shop's list.

Members and their types are those of real answers (site/lists-shops-blocks-login.md §a3, §b2).
"""

import random
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from app.replica.faces import money, plain, sold_text
from app.replica.values import Offer

Json = dict[str, Any]

_ICON = "https://gw.alicdn.com/tfs/TB1example-184-56.png"
_EMPTY_PICTURE = "https://cbu01.alicdn.com/images/cn/market/trade/list/070423/nopic.gif"
_ORDINARY = {"type": "normal", "block": "NORMAL", "isP4P": False, "fmAd": False, "isBid": False}
_AD_SORTS: tuple[Json, ...] = (
    {"type": "bid", "block": "CPT", "isP4P": False, "fmAd": False, "isBid": False},
    {"type": "p4p", "block": "P4P", "isP4P": True, "fmAd": False, "isBid": False},
    {"type": "p4p", "block": "FM", "isP4P": True, "fmAd": True, "isBid": False},
    {"type": "bid", "block": "P4P", "isP4P": False, "fmAd": False, "isBid": True},
)
"""`isP4P` alone does not tell an ad: two of four sorts lack it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where in which search a card stands."""

    keyword: str
    page: int
    size: int
    position: int
    """From 1, every card counted."""


def search_card(offer: Offer, place: Place, *, ad: int | None = None) -> Json:
    """One card of a search; `ad` numbers the advertisements of a page."""
    sort = _ORDINARY if ad is None else _AD_SORTS[ad % len(_AD_SORTS)]
    bill = _bill(offer, place) if ad is not None else {}
    track = {
        "expoArgs": _exposed(offer.offer_id, place, sort, is_ad=ad is not None),
        "jumpArgs": {
            "appAbTIds": "",
            "appServerAbIds": "",
            "qrw": "0",
            "offerId": offer.offer_id,
            "type": sort["type"],
        },
        "uiTrackInfo": {"winportClick": {"args": {}}, "more": {"args": {}}},
        **bill,
    }
    return {
        "trackInfo": track,
        "cellType": "smart_ui_offer",
        "trackType": "smartUiOffer",
        "viewType": "list_cell",
        "data": {
            **_shown(offer, place.keyword),
            **_sold_by(offer),
            **sort,
            **bill,
            "blockFilled": sort["block"],
            "linkUrl": _link(offer, place, is_ad=ad is not None),
        },
    }


def query_card(place: Place) -> Json:
    """The card between the offers that is none: it proposes other searches."""
    sort = {**_ORDINARY, "block": "SAS_QUERY"}
    nothing = {"pic": _EMPTY_PICTURE, "ratio": 1}
    return {
        "trackInfo": {"expoArgs": _exposed("0", place, sort, is_ad=False)},
        "cellType": "sas_query_card",
        "trackType": "smartUiOffer",
        "viewType": "list_cell",
        "data": {
            **_FLAGS,
            **sort,
            "blockFilled": "SAS_QUERY",
            "offerId": 0,
            "sasQueryInfo": [f"{place.keyword}{word}" for word in ("批发", "现货", "厂家")],
            "linkUrl": "http://detail.m.1688.com/page/index.html?offerId=0&sortType=&pageId=",
            "offerPicUrl": _EMPTY_PICTURE,
            "odPicUrl": "",
            "bookedCount": "0",
            "list": {"cover": nothing, "titleMaxLines": "1", "modelType": "map"},
            "grid": {"cover": nothing, "titleMaxLines": "1", "modelType": "map"},
            "shopAddition": {"shopLinkUrl": "", "isQualification": False, "modelType": "map"},
            "shop": {
                "isListDisplay": "false",
                "modelType": "map",
                "loginIdOfUtf8": "",
                "tpYear": 0,
            },
            "bizType": "",
            "city": "",
            "afterPrice": {},
            "offerRepurchaseRate": "",
            "sameDesignUrl": "",
            "winPortUrl": "",
        },
    }


def _bill(offer: Offer, place: Place) -> Json:
    """Counters that the page calls when the ad is shown and clicked."""
    key = f"{offer.offer_id}{place.page:03d}{place.position:03d}"
    return {
        "eurl": f"https://dj.1688.com/ci_bb?a={key}&e=click",
        "impressionEurl": f"https://dj.1688.com/ci_king?a={key}&e=shown",
    }


def _link(offer: Offer, place: Place, *, is_ad: bool) -> str:
    if is_ad:
        return (
            f"https://detailp4p.1688.com/buyer/offerdetail/{offer.offer_id}.html"
            f"?cbu_ad_adgroup_id={place.page}{place.position:03d}"
        )
    return (
        f"http://detail.m.1688.com/page/index.html?offerId={offer.offer_id}"
        "&sortType=&pageId=&abBizDataType=cbuOffer&trace_log=normal"
    )


def _exposed(offer_id: str, place: Place, sort: Json, *, is_ad: bool) -> Json:
    told = {
        "sw_expo": "",
        "position": place.position,
        "object_id": offer_id,
        "object_type": "offer",
        "sub_object_type": sort["type"],
        "sub_object_block": sort["block"],
        "filter": "",
        "se_keyword": place.keyword,
        "scene": "search",
        "page_num": place.page,
        "page_size": place.size,
        "sort": "normal",
        "request_id": "0",
        "_p_isad": int(is_ad),
        "verticalProductFlag": "pcmarket",
    }
    return {
        **_UNTOLD,
        "serverTrackId": f"0_{offer_id}_{place.position}",
        "ext_expo_data": "^".join(f"{name}@{value}" for name, value in told.items()),
        "block": sort["block"],
        "blockFilled": sort["block"],
        "cellType": "sas_query_card" if sort["block"] == "SAS_QUERY" else "smart_ui_offer",
    }


def _shown(offer: Offer, keyword: str) -> Json:
    cover = {"pic": f"{offer.images[0].removesuffix('.jpg')}.400x400.jpg,", "ratio": 1}
    place = offer.freight.place
    return {
        **_FLAGS,
        "offerId": int(offer.offer_id),
        "title": _marked(offer, keyword),
        "titleLeftIcon": "",
        "imallBrand": "",
        "titleTags": [{"matKey": "empty", "modelType": "map"}],
        "offerPicUrl": cover["pic"],
        "odPicUrl": offer.images[0],
        "list": {"cover": cover, "titleMaxLines": "1", "modelType": "map"},
        "grid": {"cover": cover, "titleMaxLines": "1", "modelType": "map"},
        "priceInfo": _price(offer),
        "afterPrice": {"text": f"已售{sold_text(offer.sold)}件"} if offer.sold else {},
        "bookedCount": str(offer.sold // 12) if offer.sold else "0",
        "offerRepurchaseRate": f"{offer.index % 30}%" if offer.index % 5 else "",
        "province": place[0] if place else "",
        "city": f"{place[1]}市" if place else "",
        "bizType": ("生产加工", "经销批发", "")[offer.index % 3],
        "factoryInspection": offer.index % 3 == 0,
        "sameDesignUrl": f"https://s.1688.com/selloffer/similar_search.html?offerIds={offer.offer_id}",
        "tags": list(_TAGS),
        "offerTags": {"serviceTags": [name for _, name in offer.services], "promotionTags": []},
        "offerMiddle": [
            {"enable": True, "tagType": "service", "uiType": "char", "text": name}
            for _, name in offer.services
        ],
        "marketTags": [{"enable": True, "tagType": "wangwang", "uiType": "pic", "iconUrl": _ICON}],
    }


def _marked(offer: Offer, keyword: str) -> str:
    """The title with the words that were searched for made red."""
    word = keyword if keyword and keyword in offer.title else offer.product.noun[:2]
    return offer.title.replace(word, f"<font color=red>{word}</font>", 1)


def _price(offer: Offer) -> Json:
    now = [to_pay for _, to_pay in offer.priced]
    price = plain(min(now)) if now else ""
    whole, _, part = price.partition(".")
    promoted = offer.kind.promotion and bool(now)
    return {
        "price": price,
        "priceInteger": whole,
        "priceDecimal": f".{part}" if part else "",
        "priceType": "UMP" if promoted else "NORMAL",
        "priceDescription": "限时价" if promoted else "",
        "priceDescriptionColor": "#FF4000",
    }


def _sold_by(offer: Offer) -> Json:
    owner = offer.supplier
    percent = f"{int(owner.repeat_percent)}%"
    score = plain(owner.service_score)
    starts = [tier.min_quantity for tier in offer.tiers]
    spans = [f"{a}~{b - 1}" for a, b in pairwise(starts)]
    spans += [f"≥{start}" for start in starts[-1:]]
    return {
        "memberId": owner.member_id,
        "loginId": owner.login_id,
        "winPortUrl": f"https://m.1688.com/winport/{owner.member_id}.html",
        "shop": {
            "text": owner.company_name,
            "tpYear": 1 + owner.user_id % 15,
            "loginIdOfUtf8": quote(owner.login_id),
            "isDisplay": "true",
            "isListDisplay": "true",
            "modelType": "map",
        },
        "shopAddition": {
            "shopLinkUrl": f"http://{owner.shop}",
            "text": owner.company_name,
            "isDisplay": "true",
            "isQualification": False,
            "fenxiaoNewOffer": False,
            "modelType": "map",
            "tradeService": dict.fromkeys(_SCORES, score),
            "quantityPrices": [
                {"quantity": f"{span}{offer.product.unit}", "value": money(tier.discount_price)}
                for span, tier in zip(spans, offer.tiers, strict=True)
            ],
        },
        "turnHead": {"icon": _ICON, "tag": "鍥炲ご鐜�", "percent": percent},
        "afterTags": {
            "matKey": "return_rate",
            "modelType": "map",
            "title": "回头率",
            "text": percent,
        },
    }


_SCORES = (
    *("compositeNewScore", "consultationScore", "logisticsScore"),
    *("disputeScore", "returnScore", "goodsScore"),
)

_UNTOLD: Json = {
    **dict.fromkeys(("appAbTIds", "appServerAbIds", "offerPosKey", "androidAppSearchABTag"), ""),
    **dict.fromkeys(("impressionEurl", "eurl", "filterInfo", "super_origin_item_id"), ""),
    **dict.fromkeys(("qualityTag", "showWinport", "has_sellPoint"), "false"),
    **dict.fromkeys(("individualTab", "showSameDesign"), "true"),
    **dict.fromkeys(("is_indus_fenxiao", "qrw"), "0"),
    "scene": "search",
}

_TAGS: tuple[Json, ...] = (
    {"modelType": "map", "text": "退货包运费", "textColor": "#00A235"},
    {
        "modelType": "map",
        "matKey": "service",
        "text": "先采后付",
        "textSize": "12",
        "textColor": "#999999",
        "borderColor": "#C7C7C7",
    },
)

_FLAGS: Json = {
    **dict.fromkeys(("adNewUi", "businessInspection", "chtOffer", "enableSameDesign"), False),
    **dict.fromkeys(("enableSimilarDesign", "factoryInspection", "fullScreenFeedBack"), False),
    **dict.fromkeys(("isI2i", "isPower", "isQrw", "isSearchShow", "isTp", "showbPrice"), False),
    **dict.fromkeys(("isbPriceMonthMember", "picLocked", "priceLocked", "realBid"), False),
    "superFactory": False,
    **dict.fromkeys(("showSameDesign", "showWinportName"), True),
    **{name: [] for name in ("leftBottom", "leftTop", "sameSimDesigns")},
    **dict.fromkeys(("offerBottomTagPic", "offerTopTagPic"), ""),
    "feedBackPicUrl": _ICON,
    "odPicRatio": "1",
    "sessionId": "0",
    "showType": "0",
    "templateId": 0,
}
"""What is the same in (almost) every card."""


def shop_record(offer: Offer) -> Json:
    """One offer of a shop's list: every value is a string."""
    sold, rng = offer.sold or 0, random.Random(f"{offer.seed}:{offer.index}:list")
    now = [to_pay for _, to_pay in offer.priced]
    recent = str(sold // 12)
    return {
        "id": offer.offer_id,
        "memberId": offer.supplier.member_id,
        "subject": offer.title,
        "offerPrice": money(min(now)) if now else money(Decimal(0)),
        "quantityBegin": str(offer.min_order),
        "unit": offer.product.unit,
        "vagueSaleQuantity": sold_text(sold) if sold else "",
        "thirtySaleQuantity": recent,
        "bookedCount": str(rng.randrange(100)),
        "ninetySaleQuantity": str(sold // 4),
        "saleQuantity": "0",
        "offerImages": [{"imageURI": offer.images[0].partition(".com/")[2]}],
        "offerModel": {
            "categoryId1": "0",
            "bookedCount": "0",
            "agentBookedCount": "0",
            "quantitySumMonth": "0",
            "saleQuantity": "0",
        },
    }
