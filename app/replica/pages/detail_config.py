"""The desktop page of up to 2020, in GBK: `iDetailConfig`, `iDetailData`, and much in the markup itself.

Client templates with `{{vars.x}}` stand beside the real markup under the same class names.
"""

import json
from html import escape

from app.replica.faces import description_url, money, ship_from
from app.replica.pages.frame import dressed
from app.replica.pages.state import Json, axes, display_type, price_scale, spec
from app.replica.values import Offer, Sku

HTML_CHARACTERS = 226_000


def document(offer: Offer, *, padded: bool = True) -> bytes:
    """The page as served, in GBK."""
    supplier = offer.supplier
    marks = {
        "%COMPANY%": escape(supplier.company_name),
        "%SHOP%": supplier.shop,
        "%REFPRICE%": _reference(offer),
        "%SCORE%": _score(offer),
        "%REVIEWS%": _reviews(offer),
        "%PLACE%": _place(offer),
        "%PRICES%": _ladder(offer) if offer.tiers else _scale(offer),
        "%PICTURES%": "\n".join(_picture(offer, url) for url in offer.images),
        "%SHIPFROM%": escape(ship_from(offer)),
        "%SOLD%": _sold(offer),
        "%PURCHASE%": _purchase(offer),
        "%ATTRIBUTES%": _attributes(offer),
        "%DESCRIPTION%": description_url(offer),
        "%CATEGORY%": _category(offer),
    }
    page = dressed(offer, _PAGE, _scripts(offer), marks, padded=padded, wanted=HTML_CHARACTERS)
    return page.encode("gb18030")


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _single(text: str) -> str:
    """A string in single quotes, as `iDetailConfig` writes them."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("</", "<\\/")
    return f"'{escaped}'"


def _reference(offer: Offer) -> str:
    prices = [price for price, _ in offer.priced]
    return money(max(prices)) if prices else ""


def _scripts(offer: Offer) -> str:
    """The two literals; an offer without SKUs has no `sku` at all."""
    config = ",\n".join(f"\t'{name}':{_single(value)}" for name, value in _config(offer).items())
    sku = _sku(offer) if offer.skus else ""
    return f"var iDetailConfig = {{\n{config},\n\t'end':0,\n\t'isTopDomain':'false'\n}};\n\nvar iDetailData = {{\n{sku}\n}};"


def _config(offer: Offer) -> dict[str, str]:
    supplier, leaf = offer.supplier, offer.product.category[2]
    return {
        "pageType": "",
        "pageid": "laputa20140721212446",
        "offerid": offer.offer_id,
        "catid": str(leaf[0]),
        "isRangePriceSku": "true"
        if display_type(offer) == "rangePrice" and offer.skus
        else "false",
        "isSKUOffer": "true" if offer.skus else "false",
        "memberid": supplier.member_id,
        "loginId": supplier.login_id,
        "islogin": "false",
        "buyerUserID": "b2b-0",
        "unit": offer.product.unit,
        "priceUnit": "元",
        "refPrice": _reference(offer),
        "beginAmount": str(offer.min_order),
        "currentTime": "1545708823655",
        "companySiteLink": f"//{supplier.shop}",
        "userId": str(supplier.user_id),
    }


def _sku(offer: Offer) -> str:
    rows: list[tuple[str, str]] = [
        ("price", _quoted("" if offer.tiers else price_scale(offer, original=True))),
        ("retailPrice", '""'),
        ("canBookCount", _quoted(str(offer.stock))),
    ]
    if offer.sold is not None:
        rows.append(("saleCount", _quoted(str(offer.sold))))
    if offer.kind.promotion:
        rows += [("discount", '"0.8"'), ("discountPrice", _quoted(price_scale(offer)))]
    if offer.tiers:
        ladder = ", ".join(f"[{t.min_quantity}, {money(t.price)}]" for t in offer.tiers)
        rows += [("priceRange", f"[{ladder}]"), ("priceRangeOriginal", f"[{ladder}]")]
    plain = [{name: value for name, value in axis.items() if name != "fid"} for axis in axes(offer)]
    rows += [("skuProps", _quoted(plain)), ("skuMap", _quoted(_sku_map(offer))), ("end", "0")]
    inside = ",\n".join(f'\t        "{name}":{value}' for name, value in rows)
    return f'\t    "sku" : {{\n{inside}\n\t    }}'


def _sku_map(offer: Offer) -> Json:
    return {spec(sku): _sku_entry(sku) for sku in offer.skus}


def _sku_entry(sku: Sku) -> Json:
    entry: Json = {"specId": sku.spec_id, "skuStorageInfos": "[]"}
    if sku.price is not None and sku.discount_price is not None:
        entry |= {"price": money(sku.price), "discountPrice": money(sku.discount_price)}
    return entry | {"saleCount": sku.sold, "canBookCount": sku.stock, "skuId": sku.sku_id}


def _category(offer: Offer) -> str:
    path = [{"name": name, "id": number} for number, name in offer.product.category]
    leaf = offer.product.category[2]
    return (
        f'iDetailData.registerRenderData({{\n\tcategoryId: "{leaf[0]}",\n\tcategoryName: {_quoted(leaf[1])},\n'
        f'\tcategoryList: {_quoted(path)},\n\tsellerInf: {{\n\t\tuserId: "{offer.supplier.user_id}",\n'
        f"\t\tloginId: {_quoted(offer.supplier.login_id)}\n\t}}\n}});"
    )


def _score(offer: Offer) -> str:
    return (
        f'<meta property="og:product:score" content="{offer.rating.score}"/>'
        if offer.rating
        else ""
    )


def _reviews(offer: Offer) -> str:
    if offer.rating is None:
        return ""
    return (
        '<p class="satisfaction-number"><a href="#mod-detail-comment">'
        f'<em class="value">{offer.rating.reviews}</em>条评价</a></p>'
    )


def _place(offer: Offer) -> str:
    province, city = offer.freight.place or ("", "")
    return f"province={province};city={city}"


def _ladder(offer: Offer) -> str:
    ends: list[object] = [tier.min_quantity - 1 for tier in offer.tiers[1:]]
    cells = "\n".join(
        f"""<td class="ladder" data-range='{{"begin":"{tier.min_quantity}","end":"{end}","price":"{money(tier.price)}"}}'>"""
        f'<span class="fd-cny">&yen;</span><span class="value">{money(tier.price)}</span></td>'
        for tier, end in zip(offer.tiers, [*ends, ""], strict=True)
    )
    return f'<tr class="price"><td class="price-title">价格</td>{cells}</tr>'


def _scale(offer: Offer) -> str:
    values = "".join(
        f'<span class="fd-cny">&yen;</span><span class="value">{price}</span>'
        for price in price_scale(offer, original=True).split("-")
    )
    return f'<tr class="price"><td class="price-title">价格</td><td class="ladder-1-1"><div class="price-original-sku">{values}</div></td></tr>'


def _picture(offer: Offer, url: str) -> str:
    stem = url.removesuffix(".jpg")
    images = f'{{"preview":"{stem}.400x400.jpg","original":"{url}"}}'
    return (
        f'<li class="tab-trigger" data-imgs=\'{images}\'><div class="vertical-img"><a class="box-img" '
        f'href="https://detail.1688.com/pic/{offer.offer_id}.html"><img src="{stem}.60x60.jpg" alt="{escape(offer.title)}"/></a></div></li>'
    )


def _sold(offer: Offer) -> str:
    if offer.sold is None:
        return ""
    return (
        '<p class="bargain-number"><a rel="nofollow" href="#mod-detail-dealrecord">'
        f'<em class="value">{offer.sold}</em><span class="unit">{offer.product.unit}</span>成交</a></p>'
    )


def _purchase(offer: Offer) -> str:
    mix = offer.mix
    config = {
        "refPrice": "",
        "isMix": "true" if mix.supported else "false",
        "isUseFlow": "true",
        "flow": "general",
        "max": str(offer.stock),
        "min": str(offer.min_order),
        "mixAmount": str(mix.min_amount or "") if mix.supported else "",
        "mixNumber": str(mix.min_quantity or "") if mix.supported else "",
        "mixBegin": "1",
    }
    form = "multiple" if offer.skus else "single"
    return f"<div class=\"mod-detail-purchasing mod-detail-purchasing-{form} \" data-mod-config='{_quoted(config)}'></div>"


def _attributes(offer: Offer) -> str:
    """Only what has one value: the page joins several with a comma that a name may hold itself."""
    cells = [
        f'<td class="de-feature">{escape(name)}</td>\n<td class="de-value">{escape(values[0])}</td>'
        for name, values in offer.attributes
        if len(values) == 1
    ]
    rows = ("\n".join(cells[place : place + 3]) for place in range(0, len(cells), 3))
    return "\n".join(f"<tr>\n{row}\n</tr>" for row in rows)


_PAGE = """



<!DOCTYPE html>
<html lang="zh-CN">
<head>
    <meta charset="gbk"/>
    <meta http-equiv="X-UA-Compatible" content="IE=edge"/>
    <meta name="data-spm" content="a261y"/>
<title>样例_%TITLE% - 阿里巴巴</title>
<meta name="b2c_auction" content="%ID%" />
<meta property="og:type" content="product"/>
<meta property="og:title" content="%TITLE%"/>
<meta property="og:product:price" content="%REFPRICE%"/>
<meta property="og:product:orgprice" content="%REFPRICE%"/>
<meta property="og:product:currency" content="CNY"/>
%SCORE%
<meta property="og:product:nick" content="name=%COMPANY%; url= //%SHOP%"/>
<meta name="location" content="%PLACE%">
<link rel="canonical" href="https://detail.1688.com/offer/%ID%.html"/>
<style>[hidden]{display:none}</style>
%FIRST%
</head>
<body>
%BEFORE%
<script type="text/javascript">
%STATE%
    iDetailData.allTagIds = [];
iDetailData.isSourcePromotion = false;
iDetailData.registeredData = {};
iDetailData.registerRenderData = function(name, defination) {
    for (var key in name) { iDetailData.registeredData[key] = name[key]; }
};
</script>
<script type="text/javascript">
%CATEGORY%
</script>
<div id="mod-detail-title" class="mod-detail-title">
	<h1 class="d-title">%TITLE%</h1>
	<script type="text/html">{{if (vars.offerIcon)}}<div class="d-icon"><img src="{{vars.offerIcon}}" /></div>{{/if}}</script>
</div>
<div class="mod mod-detail-gallery" data-mod-config='{"offset":[-1,8],"videoId":"0","userId":"0","title":"","coverUrl":"","state":"0","mainVideoId":""}'>
<div id="dt-tab" class="tab-content"><ul class="nav nav-tabs fd-clr">
%PICTURES%
</ul></div></div>
<div class="mod-detail-price " id="mod-detail-price" data-mod-config='{}'><div class="d-content"><table>
%PRICES%
</table></div></div>
<div class="obj-parcel"><p class="delivery-detail"><span class="delivery-addr">%SHIPFROM%</span></p></div>
<script type="text/html"><p class="delivery-detail"><span class="delivery-addr">{{vars.freightLocation}}</span></p></script>
<script type="text/html">
<p class="bargain-number">30天内 <em class="value">{{vars.saleTotal}}</em><span class="unit">{{vars.unit}}</span>成交</p>
<p class="satisfaction-number"><em class="value">{{vars.rateCount}}</em>条评价</p>
</script>
<div class="d-content static-content">
%SOLD%
%REVIEWS%
</div>
%PURCHASE%
<div id="mod-detail-attributes" class="mod-detail-attributes mod-info mod" data-mod-config='{"showOn":["mod-detail-description"]}'>
<div class="obj-content"><table><tbody>
%ATTRIBUTES%
</tbody></table></div></div>
<div id="desc-lazyload-container" class="desc-lazyload-container" data-url="https://laputa.1688.com/offer/ajax/OfferDesc.do" data-tfs-url="%DESCRIPTION%" data-enable="true">加载中...</div>
%STYLES%
%LAST%
%AFTER%
</body>
</html>
"""
