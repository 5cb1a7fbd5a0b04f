"""Mobile pages (m.1688.com): `window.__INIT_DATA` with `cmod` components, most of them empty."""

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
    "offer-attribute",
    "offer-logistics",
    "offer-service",
    "basic-description",
    "basic-footer",
)

TABLE: Table = {
    "offer_id": (
        identifier,
        "G.tempModel.offerId",
        "G.offerBaseInfo.offerId",
        "main-pic.offerId",
        "basic-footer.offerId",
    ),
    "title": (text, "G.tempModel.offerTitle", "offer-title.title", "basic-footer.offerTitle"),
    "category.leaf_id": (
        identifier,
        "G.tempModel.postCategoryId",
        "basic-footer.postCategoryId",
    ),
    "category.top_id": (identifier, "G.tempModel.topCategoryId"),
    "sold_out": (boolean, "G.tempModel.saleOut", "basic-footer.isSaleOut"),
    "unit": (text, "G.tempModel.offerUnit", "offer-price.unit", "basic-footer.offerUnit"),
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
    "price_originals": (
        shapes.price_steps,
        "offer-price.priceModel.originalPrices",
        "G.orderParamModel.originalOrderParam.skuParam.skuRangePrices",
    ),
    "price_scale": (
        shapes.price_scale,
        "G.skuModel.skuPriceScale",
        "G.tempModel.price",
        "basic-footer.price",
    ),
    "price_scale_before": (shapes.price_scale, "G.skuModel.skuPriceScaleOriginal"),
    "price_hidden": (boolean, "G.isPricePrivate", "offer-price.isPrivatePrice"),
    "price_masked": (is_masked, "G.skuModel.skuPriceScale", "G.tempModel.price"),
    "min_order_quantity": (count, "G.orderParamModel.orderParam.beginNum"),
    "mix_order": (
        shapes.mix_order,
        "G.orderParamModel.orderParam.mixParam",
        "G.mixModel",
    ),
    "sku_axes": (
        shapes.sku_axes,
        "G.skuModel.skuProps",
        "G.distributeSkuModel.skuProps",
    ),
    "sku_rows": (
        shapes.sku_rows,
        "G.skuModel.skuInfoMap",
        "G.skuModel.skuInfoMapOriginal",
    ),
    "sku_offer": (boolean, "G.offerSigns.isSkuOffer", "G.isSkuOffer"),
    "sku_weights": (shapes.sku_weights, "offer-logistics.skuWeight"),
    "stock": (count, "G.orderParamModel.orderParam.canBookedAmount"),
    "sold.count": (
        count,
        "G.orderParamModel.orderParam.saledCount",
        "G.tempModel.saledCount",
        "offer-title.selledNumber",
    ),
    "sold.text": (text, "G.tempModel.saledCountStr", "basic-footer.saledCount"),
    "images": (images, "main-pic.offerImgList", "main-pic.offerImages", "G.images"),
    "video": (shapes.video, "main-pic"),
    "description_url": (url, "basic-description.detailUrl"),
    "attributes": (shapes.attributes, "offer-attribute.propsList"),
    "freight.ship_from": (text, "offer-logistics.location"),
    "freight.free": (shapes.is_free, "offer-logistics"),
    "freight.fee": (fee, "offer-logistics.postFeeValue", "offer-logistics.totalCost"),
    "freight.template_id": (identifier, "offer-logistics.templateId"),
    "freight.unit_weight_kg": (measure, "offer-logistics.unitWeight"),
    "lead_times": (
        shapes.lead_times,
        "offer-logistics.deliveryLimitTimeModel.attrs.ptsOfferStepModels",
    ),
    "services": (
        shapes.services,
        "offer-service.serviceDetail",
        "offer-logistics.protectionInfos",
    ),
    "supplier.member_id": (
        identifier,
        "G.tempModel.sellerMemberId",
        "G.offerBaseInfo.sellerMemberId",
        "basic-footer.sellerMemberId",
    ),
    "supplier.login_id": (
        text,
        "G.tempModel.sellerLoginId",
        "G.offerBaseInfo.sellerLoginId",
        "basic-footer.loginId",
    ),
    "supplier.user_id": (
        identifier,
        "G.tempModel.sellerUserId",
        "G.offerBaseInfo.sellerUserId",
        "basic-footer.userId",
    ),
    "supplier.company_name": (text, "G.tempModel.companyName", "G.shareModel.companyName"),
    "supplier.shop_url": (
        site_url,
        "G.offerBaseInfo.sellerWinportUrl",
        "G.tempModel.winportUrl",
    ),
    "flags.cross_border": (boolean, "G.offerModelSign.isCrossBorderOffer"),
    "flags.private_price": (boolean, "G.isPricePrivate", "offer-price.isPrivatePrice"),
    "flags.presale": (boolean, "G.offerSigns.isPreSell", "G.offerSign.isPreSell"),
    "flags.customised": (shapes.is_customised, "G.channelType"),
}


def find(page: Page) -> Any:
    """The state, if its components are the phone's."""
    state = find_state(page)
    return state if state is not None and is_mobile(state) else None


def extract(state: Any) -> OfferItem:
    """The item in a mobile `__INIT_DATA` state."""
    return build("init_data_mobile", CARRIER, walk(TABLE, roots(state, _COMPONENTS)))


LAYOUT = Layout(name="init_data_mobile", marks=MARKS, find=find, extract=extract)
