"""Shopify's product CSV (Products > Import): a row a variant, more rows for more pictures.

Columns as in the file that Shopify exports itself. Everything is a draft, so that nothing is on
sale by accident; an offer that shows no price is left out, for Shopify would sell it for nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from app.export.base import Format, Wanted
from app.export.tabular import CsvFile
from app.export.texts import cell, clean, guarded
from app.export.values import Per, Pricing, Record, Sink, Written, price_of
from app.export.words import description
from app.items import OfferItem, Sku

HEADS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name",
    "Option3 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service",
    "Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable",
    "Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "Gift Card", "SEO Title",
    "SEO Description", "Variant Image", "Variant Weight Unit", "Variant Tax Code", "Cost per item",
    "Status",
)  # fmt: skip
MOST_OPTIONS, MOST_VARIANTS, MOST_IMAGES = 3, 2048, 250
LONGEST_TITLE, LONGEST_OPTION = 255, 255

Row = dict[str, str]


class _Shopify:
    def __init__(self, sink: Sink, wanted: Wanted) -> None:
        self._pricing = wanted.pricing
        self._file = CsvFile(sink, HEADS, marked=False)

    def write(self, records: Sequence[Record]) -> Written:
        rows = left_out = 0
        for record in records:
            told = _product(record, self._pricing)
            left_out += not told
            rows += len(told)
            self._file.write([row.get(head, "") for head in HEADS] for row in told)
        return Written(rows=rows, left_out=left_out)

    def close(self) -> None:
        self._file.close()


def _product(record: Record, pricing: Pricing) -> list[Row]:
    """The rows of an offer; none if it shows no price."""
    item = record.item
    skus: Sequence[Sku | None] = item.skus[:MOST_VARIANTS] or (None,)
    variants = [row for sku in skus if (row := _variant(item, sku, pricing))]
    if not variants:
        return []
    images = list(_images(item))
    rows = [
        {"Handle": f"1688-{item.offer_id}"} | (variant or {}) | (image or {})
        for variant, image in zip_longest(variants, images)
    ]
    rows[0] |= _whole(record)
    return rows


def _whole(record: Record) -> Row:
    """What stands in a product's first row only."""
    item = record.item
    supplier, category = item.supplier, item.category
    labels = [clean(word).replace(",", " ") for word in (*record.tags, *record.keywords)]
    return {
        "Title": guarded(item.title[:LONGEST_TITLE]),
        "Body (HTML)": guarded(description(item)),
        "Vendor": guarded((supplier.company_name if supplier else None) or "1688"),
        "Type": guarded((category.leaf_name if category else None) or ""),
        "Tags": guarded(", ".join(dict.fromkeys(labels))),
        "Published": "FALSE",
        "Gift Card": "FALSE",
        "Status": "draft",
    } | _option_names(item)


def _option_names(item: OfferItem) -> Row:
    names = [axis.name for axis in item.sku_axes] or list(item.skus[0].options if item.skus else ())
    if not names:
        return {"Option1 Name": "Title"}
    shown = [*names[: MOST_OPTIONS - 1], " / ".join(names[MOST_OPTIONS - 1 :])]
    return _options("Name", [name for name in shown if name])


def _options(what: str, texts: Sequence[str]) -> Row:
    return {
        f"Option{place} {what}": guarded(text[:LONGEST_OPTION])
        for place, text in enumerate(texts, start=1)
    }


def _variant(item: OfferItem, sku: Sku | None, pricing: Pricing) -> Row | None:
    price = price_of(item, sku)
    if price is None:
        return None
    chosen = list(sku.options.values()) if sku else []
    if len(chosen) > MOST_OPTIONS:
        chosen = [*chosen[: MOST_OPTIONS - 1], " / ".join(chosen[MOST_OPTIONS - 1 :])]
    stock = sku.stock if sku else item.stock
    before = sku.list_price if sku else item.list_price_min
    weight = (sku.weight_kg if sku else None) or (item.freight and item.freight.unit_weight_kg)
    return _options("Value", chosen or ["Default Title"]) | {
        "Variant SKU": f"{item.offer_id}-{guarded(sku.sku_id)}" if sku else item.offer_id,
        "Variant Grams": str(round(weight * 1000)) if weight else "",
        "Variant Inventory Tracker": "" if stock is None else "shopify",
        "Variant Inventory Qty": cell(stock),
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": cell(pricing.asked(price), is_money=True),
        "Variant Compare At Price": cell(pricing.asked(before), is_money=True)
        if before and before > price
        else "",
        "Variant Requires Shipping": "TRUE",
        "Variant Taxable": "TRUE",
        "Variant Image": guarded(sku.image_url or "") if sku else "",
        "Variant Weight Unit": "g",
        "Cost per item": cell(pricing.cost(price), is_money=True),
    }


def _images(item: OfferItem) -> Iterator[Row]:
    for place, url in enumerate(item.images[:MOST_IMAGES], start=1):
        yield {
            "Image Src": guarded(url),
            "Image Position": str(place),
            "Image Alt Text": guarded(item.title[:LONGEST_TITLE]),
        }


FORMAT = Format(
    name="shopify",
    suffix=".csv",
    help="Shopify's product CSV, as drafts",
    is_text=True,
    open=_Shopify,
    per=(Per.PRODUCT,),
)
