"""Desktop pages up to about 2020: `iDetailConfig`, `iDetailData` and the markup, in GBK."""

import re
from collections.abc import Mapping
from typing import Any

from app.extract import shapes
from app.extract.assemble import build
from app.extract.base import Truncated
from app.extract.carriers import Page
from app.extract.fields import (
    boolean,
    count,
    identifier,
    images,
    is_masked,
    score,
    site_url,
    text,
    url,
)
from app.extract.layout import Layout
from app.extract.markup import Want, collect, records
from app.extract.paths import Root, Table, Tree, walk
from app.items import OfferItem

_CONFIG = re.compile(rb"\biDetailConfig\s*=\s*(?=\{)")
_DATA = re.compile(rb"\biDetailData\s*=\s*(?=\{)")
_REGISTERED = re.compile(rb"iDetailData\.registerRenderData\(\s*(?=\{\s*[\"']?categoryId\b)")
_NICK = re.compile(r"name\s*=\s*(.{1,200}?)\s*;\s*url\s*=\s*(\S{0,300})")

_WANTS = (
    Want(name="title", tag="h1", where=("class", "d-title")),
    Want(name="ladder", tag="td", where=("data-range", ""), take="data-range"),
    Want(name="images", tag="li", where=("class", "tab-trigger"), take="data-imgs"),
    Want(name="names", tag="td", where=("class", "de-feature")),
    Want(name="values", tag="td", where=("class", "de-value")),
    Want(
        name="description",
        tag="div",
        where=("id", "desc-lazyload-container"),
        take="data-tfs-url",
    ),
    Want(
        name="description_old",
        tag="div",
        where=("id", "desc-lazyload-container"),
        take="data-url",
    ),
    Want(
        name="purchasing",
        tag="div",
        where=("class", "mod-detail-purchasing"),
        take="data-mod-config",
    ),
    Want(
        name="gallery",
        tag="div",
        where=("class", "mod-detail-gallery"),
        take="data-mod-config",
    ),
    Want(name="ship_from", tag="span", where=("class", "delivery-addr")),
    Want(name="sold", tag="em", where=("class", "value"), within="bargain-number"),
    Want(name="reviews", tag="em", where=("class", "value"), within="satisfaction-number"),
    Want(name="og_title", tag="meta", where=("property", "og:title"), take="content"),
    Want(name="price", tag="meta", where=("property", "og:product:price"), take="content"),
    Want(name="score", tag="meta", where=("property", "og:product:score"), take="content"),
    Want(name="nick", tag="meta", where=("property", "og:product:nick"), take="content"),
)


def price_display(stated: Any) -> str | None:
    """`isRangePriceSku` in the words of the later layouts."""
    answer = boolean(stated)
    return None if answer is None else "rangePrice" if answer else "skuPrice"


def second_of_three(categories: Any) -> str | None:
    """The category between the top one and the leaf."""
    inner = categories[1:-1] if isinstance(categories, list) else []
    return identifier(inner[0].get("id")) if inner and isinstance(inner[0], dict) else None


def company(nick: Any) -> str | None:
    """The name in `name=...; url= ...`."""
    named = _NICK.search(text(nick) or "")
    return named[1] if named else None


def shop(nick: Any) -> str | None:
    """The address in `name=...; url= ...`."""
    named = _NICK.search(text(nick) or "")
    return site_url(named[2]) if named else None


TABLE: Table = {
    "offer_id": (identifier, "Config.offerid"),
    "title": (text, "Html.title", "Html.og_title"),
    "category.leaf_id": (identifier, "Registered.categoryId", "Config.catid"),
    "category.leaf_name": (text, "Registered.categoryName"),
    "category.second_id": (second_of_three, "Registered.categoryList"),
    "category.top_id": (identifier, "Registered.categoryList[0].id"),
    "category.path": (shapes.names, "Registered.categoryList"),
    "unit": (text, "Config.unit"),
    "price_display": (price_display, "Config.isRangePriceSku"),
    "price_steps": (shapes.price_steps, "Data.sku.priceRange", "Html.ladder"),
    "price_originals": (shapes.price_steps, "Data.sku.priceRangeOriginal"),
    "price_scale": (
        shapes.price_scale,
        "Data.sku.price",
        "Html.price",
        "Config.refPrice",
    ),
    "price_masked": (is_masked, "Data.sku.price", "Html.price"),
    "min_order_quantity": (count, "Config.beginAmount", "Html.purchasing.min"),
    "mix_order": (shapes.mix_order, "Html.purchasing"),
    "sku_axes": (shapes.sku_axes, "Data.sku.skuProps"),
    "sku_rows": (shapes.sku_rows, "Data.sku.skuMap"),
    "sku_offer": (boolean, "Config.isSKUOffer"),
    "stock": (count, "Data.sku.canBookCount", "Html.purchasing.max"),
    "sold.count": (count, "Data.sku.saleCount", "Html.sold"),
    "images": (images, "Html.images"),
    "video": (shapes.video, "Html.gallery"),
    "description_url": (url, "Html.description", "Html.description_old"),
    "attributes": (shapes.attributes, "Html.attributes"),
    "freight.ship_from": (text, "Html.ship_from"),
    "supplier.member_id": (identifier, "Config.memberid"),
    "supplier.login_id": (text, "Config.loginId", "Registered.sellerInf.loginId"),
    "supplier.user_id": (identifier, "Config.userId", "Registered.sellerInf.userId"),
    "supplier.company_name": (company, "Html.nick"),
    "supplier.shop_url": (site_url, "Config.companySiteLink"),
    "rating.score": (score, "Html.score"),
    "rating.reviews": (count, "Html.reviews"),
}

_CARRIERS = {
    "Config": "iDetailConfig",
    "Data": "iDetailData",
    "Registered": "iDetailData.registerRenderData",
    "Html": "html",
}
_SELECTORS = {f"Html.{want.name}": want.selector for want in _WANTS} | {
    "Html.attributes": "td.de-feature, td.de-value"
}


def find(page: Page) -> Any:
    """The page's carriers by name, or None. Raises Truncated if the page ends too early."""
    config = page.literal_after(_CONFIG)
    if config is None:
        return None
    if b"</html" not in page.source[-2000:].lower():
        raise Truncated("the page breaks off in the middle", rule="document")
    return {
        "Config": config,
        "Data": page.literal_after(_DATA),
        "Registered": page.literal_after(_REGISTERED),
        "Html": _read_markup(collect(page.text, _WANTS)),
    }


def _read_markup(found: Mapping[str, list[str]]) -> dict[str, Any]:
    first = {name: every[0] for name, every in found.items() if every}
    pairs = zip(found.get("names", ()), found.get("values", ()), strict=False)
    return {
        **first,
        "ladder": records(found.get("ladder", ())),
        "images": records(found.get("images", ())),
        "purchasing": next(iter(records(found.get("purchasing", ())[:1])), None),
        "gallery": next(iter(records(found.get("gallery", ())[:1])), None),
        "attributes": [{"name": name, "value": value} for name, value in pairs],
    }


def extract(state: Any) -> OfferItem:
    """The item in the carriers of one page."""
    roots = {
        word: Root(carrier=carrier, tree=Tree(state[word]), spelling=_SELECTORS)
        for word, carrier in _CARRIERS.items()
    }
    return build("detail_config", "iDetailConfig", walk(TABLE, roots))


LAYOUT = Layout(
    name="detail_config",
    marks=(b"iDetailConfig =", b"iDetailConfig="),
    find=find,
    extract=extract,
)
