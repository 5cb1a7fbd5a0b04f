"""Desktop pages since 2025: `window.context`, the business model (M) beside the modules (D, R)."""

import re
from typing import Any

from app.extract import shapes
from app.extract.assemble import build
from app.extract.carriers import Page
from app.extract.fields import (
    boolean,
    count,
    fee,
    identifier,
    images,
    is_masked,
    measure,
    moment,
    score,
    share,
    site_url,
    text,
    url,
)
from app.extract.layout import Layout
from app.extract.paths import Root, Table, Tree, walk
from app.items import OfferItem

CARRIER = "window.context"
_ARGUMENT = re.compile(rb"\(window\.contextPath\s*,\s*(?=\{)")

_ROOTS = {
    "M": "$.result.global.globalData.model",
    "P": "$.result.global.globalData.parametersMap",
    "D": "$.result.data",
    "R": "$.result.data.Root.fields.dataJson",
}

TABLE: Table = {
    "offer_id": (
        identifier,
        "M.offerDetail.offerId",
        "M.tradeModel.offerId",
        "R.tempModel.offerId",
        "R.offerBaseInfo.offerId",
        "D.gallery.fields.offerId",
        "P.offerId",
    ),
    "title": (
        text,
        "M.offerDetail.subject",
        "D.productTitle.fields.title",
        "D.gallery.fields.subject",
        "R.tempModel.offerTitle",
    ),
    "category.leaf_id": (
        identifier,
        "M.offerDetail.leafCategoryId",
        "R.tempModel.postCategoryId",
        "R.offerBaseInfo.catId",
        "D.description.fields.leafCategoryId",
    ),
    "category.leaf_name": (text, "M.offerDetail.leafCategoryName"),
    "category.second_id": (identifier, "M.offerDetail.secondCategoryId"),
    "category.top_id": (
        identifier,
        "M.offerDetail.topCategoryId",
        "R.tempModel.topCategoryId",
    ),
    "published": (text, "M.offerDetail.status"),
    "selling": (boolean, "M.offerDetail.offerSystemAttributes.selling"),
    "created_at": (moment, "M.offerDetail.offerSystemAttributes.createDate"),
    "posted_at": (moment, "M.offerDetail.offerSystemAttributes.postDate"),
    "modified_at": (moment, "M.offerDetail.offerSystemAttributes.modifyDate"),
    "price_display": (
        text,
        "M.tradeModel.offerPriceModel.priceDisplayType",
        "D.mainPrice.fields.priceModel.priceDisplayType",
        "D.mainPrice.fields.originPriceType",
        "R.orderParamModel.orderParam.skuParam.skuPriceType",
    ),
    "price_steps": (
        shapes.price_steps,
        "M.tradeModel.offerPriceModel.currentPrices",
        "D.mainPrice.fields.priceModel.currentPrices",
        "M.tradeModel.disPriceRanges",
        "R.orderParamModel.orderParam.skuParam.skuRangePrices",
    ),
    "price_originals": (
        shapes.price_steps,
        "M.tradeModel.offerPriceModel.originalPrices",
        "D.mainPrice.fields.priceModel.originalPrices",
        "D.mainPrice.fields.originalPricesWithoutPromotion",
    ),
    "price_scale": (
        shapes.price_scale,
        "M.tradeModel.priceDisplay",
        "R.skuModel.skuPriceScale",
        "M.tradeModel.tradeWithoutPromotion",
        "D.mainPrice.fields.finalPriceModel.tradeWithoutPromotion",
    ),
    "price_scale_before": (
        shapes.price_scale,
        "M.tradeModel.offerPriceModel.originalPriceDisplay",
        "R.skuModel.skuPriceScaleOriginal",
    ),
    "price_hidden": (
        boolean,
        "D.submitOrder.fields.isPricePrivate",
        "R.isPricePrivate",
        "D.mainPrice.fields.isPrivatePrice",
    ),
    "price_masked": (is_masked, "M.tradeModel.priceDisplay", "R.skuModel.skuPriceScale"),
    "min_order_quantity": (
        count,
        "M.tradeModel.beginAmount",
        "R.orderParamModel.orderParam.beginNum",
        "D.shippingServices.fields.startAmount",
        "D.mainPrice.fields.finalPriceModel.tradeWithoutPromotion.offerBeginAmount",
    ),
    "mix_order": (
        shapes.mix_order,
        "M.tradeModel.mixModel",
        "R.orderParamModel.orderParam.mixParam",
        "R.mixModel",
    ),
    "unit": (
        text,
        "M.tradeModel.unit",
        "D.productTitle.fields.unit",
        "R.tempModel.offerUnit",
    ),
    "sku_axes": (shapes.sku_axes, "M.offerDetail.skuProps", "R.skuModel.skuProps"),
    "sku_rows": (
        shapes.sku_rows,
        "M.tradeModel.skuMap",
        "R.skuModel.skuInfoMap",
        "R.skuModel.skuInfoMapOriginal",
        "M.tradeModel.tradeWithoutPromotion.skuMapOriginal",
        "D.mainPrice.fields.finalPriceModel.tradeWithoutPromotion.skuMapOriginal",
    ),
    "sku_offer": (
        boolean,
        "M.offerDetail.offerSign.skuOffer",
        "M.offerDetail.offerSign.signs.isSkuOffer",
        "R.isSkuOffer",
    ),
    "sku_weights": (
        shapes.sku_weights,
        "M.detailDescription.freightInfo.skuWeight",
        "D.shippingServices.fields.skuWeight",
        "D.shippingServices.fields.freightInfo.skuWeight",
    ),
    "sku_sizes": (
        shapes.sku_sizes,
        "D.productPackInfo.fields.pieceWeightScale.pieceWeightScaleInfo",
        "M.detailDescription.pieceWeightScale.pieceWeightScaleInfo",
    ),
    "stock": (
        count,
        "M.tradeModel.canBookedAmount",
        "R.orderParamModel.orderParam.canBookedAmount",
    ),
    "sold.count": (
        count,
        "M.tradeModel.saleCount",
        "R.orderParamModel.orderParam.saledCount",
        "R.tempModel.saledCount",
    ),
    "sold_words": (shapes.sold_words, "D.productTitle.fields"),
    "images": (
        images,
        "M.offerDetail.mainImageList",
        "D.gallery.fields.mainImage",
        "D.gallery.fields.offerImgList",
        "R.images",
    ),
    "video": (shapes.video, "M.offerDetail.wirelessVideo", "D.gallery.fields.video"),
    "description_url": (
        url,
        "M.offerDetail.detailUrl",
        "D.description.fields.detailUrl",
    ),
    "attributes": (shapes.attributes, "M.offerDetail.featureAttributes"),
    "freight.ship_from": (
        text,
        "M.detailDescription.freightInfo.location",
        "D.shippingServices.fields.location",
    ),
    "freight.free": (
        shapes.is_free,
        "D.shippingServices.fields",
        "M.detailDescription.freightInfo",
    ),
    "freight.fee": (
        fee,
        "M.detailDescription.freightInfo.totalCost",
        "D.shippingServices.fields.totalCost",
    ),
    "freight.template_id": (
        identifier,
        "D.shippingServices.fields.templateId",
        "M.detailDescription.freightInfo.subTemplateId",
    ),
    "freight.unit_weight_kg": (
        measure,
        "M.detailDescription.freightInfo.unitWeight",
        "D.shippingServices.fields.unitWeight",
        "D.productPackInfo.fields.unitWeight",
    ),
    "lead_times": (
        shapes.lead_times,
        "M.detailBusiness.deliveryLimitTimeModel.attrs.ptsOfferStepModels",
        "D.shippingServices.fields.deliveryLimitTimeModel.attrs.ptsOfferStepModels",
    ),
    "services": (
        shapes.services,
        "D.mainServices.fields.guaranteeList",
        "M.detailDescription.protectionInfoList",
        "M.detailBusiness.buyerProtectionModel",
    ),
    "supplier.member_id": (
        identifier,
        "M.sellerModel.memberId",
        "R.tempModel.sellerMemberId",
        "R.offerBaseInfo.sellerMemberId",
    ),
    "supplier.login_id": (
        text,
        "M.sellerModel.loginId",
        "R.tempModel.sellerLoginId",
        "R.offerBaseInfo.sellerLoginId",
    ),
    "supplier.user_id": (
        identifier,
        "M.sellerModel.userId",
        "R.tempModel.sellerUserId",
        "R.offerBaseInfo.sellerUserId",
    ),
    "supplier.company_name": (
        text,
        "M.sellerModel.companyName",
        "R.tempModel.companyName",
        "M.detailBusiness.shopBaseInfo.companyName",
        "D.productTitle.fields.shopInfo.companyName",
    ),
    "supplier.shop_url": (
        site_url,
        "M.sellerModel.winportUrl",
        "M.sellerModel.sellerWinportUrlMap.defaultUrl",
        "R.offerBaseInfo.sellerWinportUrl",
        "R.tempModel.winportUrl",
    ),
    "supplier.kind": (
        identifier,
        "M.detailBusiness.shopBaseInfo.cardType",
        "D.productTitle.fields.shopInfo.cardType",
    ),
    "supplier.service_score": (
        score,
        "M.detailBusiness.shopBaseInfo.sellerSlrServiceScore",
        "D.productTitle.fields.shopInfo.sellerSlrServiceScore",
    ),
    "supplier.repeat_rate": (
        share,
        "M.detailBusiness.shopBaseInfo.byrRepeatRate3m",
        "D.productTitle.fields.shopInfo.byrRepeatRate3m",
    ),
    "rating.score": (
        score,
        "M.detailBusiness.rateInfo.goodsGrade",
        "D.productTitle.fields.rateInfo.goodsGrade",
    ),
    "rating.good_rate": (
        share,
        "M.detailBusiness.rateInfo.goodRates",
        "D.productTitle.fields.rateInfo.goodRates",
    ),
    "rating.reviews": (
        shapes.reviews,
        "M.detailBusiness.rateInfo.commonTagNodeList",
        "D.productTitle.fields.rateInfo.commonTagNodeList",
    ),
    "flags.cross_border": (
        boolean,
        "M.offerDetail.offerSign.offerModelSign.isCrossBorderOffer",
        "R.offerModelSign.isCrossBorderOffer",
    ),
    "flags.private_price": (
        boolean,
        "D.submitOrder.fields.isPricePrivate",
        "R.isPricePrivate",
        "D.mainPrice.fields.isPrivatePrice",
    ),
    "flags.presale": (
        boolean,
        "M.offerDetail.offerSign.preSell",
        "R.offerSign.isPreSell",
    ),
    "flags.customised": (
        shapes.is_customised,
        "M.channelType",
        "R.channelType",
        "D.submitOrder.fields.channelType",
    ),
}


def find(page: Page) -> Any:
    """The argument of the page's `window.context`, or None."""
    state = page.once(CARRIER, lambda: page.object_after(_ARGUMENT))
    if state is None:
        state = page.bare_state
    result = state.get("result") if isinstance(state, dict) else None
    known = isinstance(result, dict) and ("data" in result or "global" in result)
    return state if known else None


def extract(state: Any) -> OfferItem:
    """The item in a `window.context` state."""
    tree = Tree(state)
    roots = {word: Root(carrier=CARRIER, tree=tree, path=path) for word, path in _ROOTS.items()}
    facts = walk(TABLE, roots)
    # a SKU's saleCount is 0 in every page of this layout: it is not told
    for row in facts.get("sku_rows", []):
        row["sold"] = row["sold"] or None
    return build("context", CARRIER, facts)


LAYOUT = Layout(name="context", marks=(b"(window.contextPath",), find=find, extract=extract)
