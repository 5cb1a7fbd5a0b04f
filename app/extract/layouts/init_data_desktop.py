"""Desktop pages of 2021 to 2024: `window.__INIT_DATA` with `tdmod` components."""

from typing import Any

from app.extract import shapes
from app.extract.assemble import build
from app.extract.carriers import Page
from app.extract.components import CARRIER, MARKS, find_state, is_mobile, roots
from app.extract.fields import (
    boolean,
    count,
    fee,
    identifier,
    images,
    is_masked,
    measure,
    site_url,
    text,
    url,
)
from app.extract.layout import Layout
from app.extract.paths import Table, walk
from app.items import OfferItem

_COMPONENTS = (
    "offer-title",
    "main-pic",
    "offer-price",
    "attribute-new",
    "offer-description",
    "offer-logistics",
    "offer-service",
    "offer-cross",
    "dsc-order",
)

TABLE: Table = {
    "offer_id": (
        identifier,
        "G.tempModel.offerId",
        "G.offerBaseInfo.offerId",
        "main-pic.offerId",
    ),
    "title": (text, "G.tempModel.offerTitle", "offer-title.title", "main-pic.subject"),
    "category.leaf_id": (
        identifier,
        "G.tempModel.postCategoryId",
        "G.offerBaseInfo.catId",
    ),
    "category.top_id": (identifier, "G.tempModel.topCategoryId"),
    "unit": (text, "G.tempModel.offerUnit", "offer-title.unit", "offer-price.unit"),
    "price_display": (
        text,
        "G.orderParamModel.orderParam.skuParam.skuPriceType",
        "offer-price.priceModel.priceDisplayType",
    ),
    "price_steps": (
        shapes.price_steps,
        "offer-price.priceModel.currentPrices",
        "G.orderParamModel.orderParam.skuParam.skuRangePrices",
    ),
    "price_originals": (shapes.price_steps, "offer-price.priceModel.originalPrices"),
    "price_scale": (shapes.price_scale, "G.skuModel.skuPriceScale"),
    "price_scale_before": (
        shapes.price_scale,
        "G.skuModel.skuPriceScaleOriginal",
        "offer-price.priceModel.originalPriceDisplay",
    ),
    "price_hidden": (
        boolean,
        "G.isPricePrivate",
        "dsc-order.isPricePrivate",
        "offer-price.isPrivatePrice",
    ),
    "price_masked": (is_masked, "G.skuModel.skuPriceScale"),
    "min_order_quantity": (
        count,
        "G.orderParamModel.orderParam.beginNum",
        "offer-logistics.startAmount",
    ),
    "mix_order": (
        shapes.mix_order,
        "G.orderParamModel.orderParam.mixParam",
        "G.mixModel",
    ),
    "sku_axes": (shapes.sku_axes, "G.skuModel.skuProps"),
    "sku_rows": (
        shapes.sku_rows,
        "G.skuModel.skuInfoMap",
        "G.skuModel.skuInfoMapOriginal",
    ),
    "sku_offer": (boolean, "G.isSkuOffer", "G.offerSign.isSkuOffer", "dsc-order.isSkuOffer"),
    "sku_weights": (
        shapes.sku_weights,
        "offer-logistics.skuWeight",
        "dsc-order.freightInfo.skuWeight",
    ),
    "sku_sizes": (shapes.sku_sizes, "offer-cross.pieceWeightScale.pieceWeightScaleInfo"),
    "stock": (count, "G.orderParamModel.orderParam.canBookedAmount"),
    "sold.count": (
        count,
        "G.orderParamModel.orderParam.saledCount",
        "G.tempModel.saledCount",
    ),
    "sold_words": (shapes.sold_words, "offer-title"),
    "images": (images, "main-pic.offerImgList", "G.images"),
    "video": (shapes.video, "main-pic.video"),
    "description_url": (url, "offer-description.detailUrl"),
    "attributes": (shapes.attributes, "attribute-new"),
    "freight.ship_from": (
        text,
        "offer-logistics.location",
        "offer-logistics.freightInfo.location",
    ),
    "freight.free": (shapes.is_free, "offer-logistics"),
    "freight.fee": (fee, "offer-logistics.totalCost", "offer-logistics.postFeeValue"),
    "freight.template_id": (identifier, "offer-logistics.templateId"),
    "freight.unit_weight_kg": (measure, "offer-logistics.unitWeight", "offer-cross.unitWeight"),
    "lead_times": (
        shapes.lead_times,
        "offer-logistics.deliveryLimitTimeModel.attrs.ptsOfferStepModels",
    ),
    "services": (shapes.services, "offer-service.guaranteeList"),
    "supplier.member_id": (
        identifier,
        "G.tempModel.sellerMemberId",
        "G.offerBaseInfo.sellerMemberId",
    ),
    "supplier.login_id": (
        text,
        "G.tempModel.sellerLoginId",
        "G.offerBaseInfo.sellerLoginId",
    ),
    "supplier.user_id": (
        identifier,
        "G.tempModel.sellerUserId",
        "G.offerBaseInfo.sellerUserId",
    ),
    "supplier.company_name": (text, "G.tempModel.companyName"),
    "supplier.shop_url": (
        site_url,
        "G.offerBaseInfo.sellerWinportUrl",
        "G.tempModel.winportUrl",
    ),
    "flags.cross_border": (boolean, "G.offerModelSign.isCrossBorderOffer"),
    "flags.private_price": (
        boolean,
        "G.isPricePrivate",
        "dsc-order.isPricePrivate",
        "offer-price.isPrivatePrice",
    ),
    "flags.presale": (boolean, "G.offerSign.isPreSell", "G.offerSigns.isPreSell"),
    "flags.customised": (shapes.is_customised, "G.channelType", "dsc-order.channelType"),
}


def find(page: Page) -> Any:
    """The state, if its components are the desktop's."""
    state = find_state(page)
    return None if state is None or is_mobile(state) else state


def extract(state: Any) -> OfferItem:
    """The item in a desktop `__INIT_DATA` state."""
    return build("init_data_desktop", CARRIER, walk(TABLE, roots(state, _COMPONENTS)))


LAYOUT = Layout(name="init_data_desktop", marks=MARKS, find=find, extract=extract)
