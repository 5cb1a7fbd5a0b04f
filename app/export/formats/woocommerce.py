"""WooCommerce's product CSV (Products > Import): a row a product, one more a variation.

Columns as its own exporter writes them. Everything is a draft; an offer that shows no price is left
out. Its importer takes the `'` before a formula off again.
"""

from collections.abc import Sequence
from decimal import Decimal

from app.export.base import Format, Wanted
from app.export.tabular import CsvFile
from app.export.texts import cell, clean, guarded
from app.export.values import Per, Pricing, Record, Sink, Written, price_of
from app.export.words import description
from app.items import OfferItem, Sku

MOST_ATTRIBUTES = 30
HEADS = (
    "ID", "Type", "SKU", "Name", "Published", "Is featured?", "Visibility in catalog",
    "Short description", "Description", "Date sale price starts", "Date sale price ends",
    "Tax status", "Tax class", "In stock?", "Stock", "Low stock amount", "Backorders allowed?",
    "Sold individually?", "Weight (kg)", "Length (cm)", "Width (cm)", "Height (cm)",
    "Allow customer reviews?", "Purchase note", "Sale price", "Regular price", "Categories", "Tags",
    "Shipping class", "Images", "Download limit", "Download expiry days", "Parent",
    "Grouped products", "Upsells", "Cross-sells", "External URL", "Button text", "Position",
    *(
        f"Attribute {number} {what}"
        for number in range(1, MOST_ATTRIBUTES + 1)
        for what in ("name", "value(s)", "visible", "global")
    ),
)  # fmt: skip
DRAFT = "-1"

Row = dict[str, str]


class _WooCommerce:
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
    variations = [row for sku in item.skus if (row := _variation(item, sku, pricing))]
    own = price_of(item, None)
    if own is None or (item.skus and not variations):
        return []
    if variations:
        return [_common(record) | {"Type": "variable"}, *variations]
    return [_common(record) | {"Type": "simple"} | _prices(own, item.list_price_min, pricing)]


def _common(record: Record) -> Row:
    item = record.item
    labels = [_listed(word) for word in (*record.tags, *record.keywords)]
    return {
        "SKU": item.offer_id,
        "Name": guarded(item.title),
        "Published": DRAFT,
        "Is featured?": "0",
        "Visibility in catalog": "visible",
        "Description": guarded(description(item)),
        "Tax status": "taxable",
        "In stock?": "0" if item.stock == 0 else "1",
        "Stock": cell(item.stock),
        "Backorders allowed?": "0",
        "Sold individually?": "0",
        "Allow customer reviews?": "1",
        "Categories": guarded(_categories(item)),
        "Tags": guarded(", ".join(dict.fromkeys(labels))),
        "Images": guarded(", ".join(url.replace(",", "%2C") for url in item.images)),
        "Position": "0",
    } | _attributes(item)


def _listed(text: str) -> str:
    """A text as one of a list that commas part."""
    return clean(text).replace("\\", "").replace(",", "\\,")


def _categories(item: OfferItem) -> str:
    category = item.category
    names = (category.path or [category.leaf_name or ""]) if category else []
    return " > ".join(_listed(name.replace(">", " ")) for name in names if name)


def _attributes(item: OfferItem) -> Row:
    """The axes first, which variations are chosen by; then what is told of the whole."""
    axes = [(axis.name, [value.name for value in axis.values]) for axis in item.sku_axes]
    named = {name for name, _ in axes}
    others = [(each.name, each.values) for each in item.attributes if each.name not in named]
    row: Row = {}
    for number, (name, values) in enumerate([*axes, *others][:MOST_ATTRIBUTES], start=1):
        row |= {
            f"Attribute {number} name": guarded(name),
            f"Attribute {number} value(s)": guarded(", ".join(map(_listed, values))),
            f"Attribute {number} visible": "1",
            f"Attribute {number} global": "0",
        }
    return row


def _variation(item: OfferItem, sku: Sku, pricing: Pricing) -> Row | None:
    price = price_of(item, sku)
    if price is None:
        return None
    row = {
        "Type": "variation",
        "SKU": f"{item.offer_id}-{guarded(sku.sku_id)}",
        "Name": guarded(item.title),
        "Published": "1",
        "Visibility in catalog": "visible",
        "Tax status": "taxable",
        "In stock?": "0" if sku.stock == 0 else "1",
        "Stock": cell(sku.stock),
        "Backorders allowed?": "0",
        "Weight (kg)": cell(sku.weight_kg),
        "Length (cm)": cell(sku.length_cm),
        "Width (cm)": cell(sku.width_cm),
        "Height (cm)": cell(sku.height_cm),
        "Images": guarded((sku.image_url or "").replace(",", "%2C")),
        "Parent": item.offer_id,
        "Position": "0",
    } | _prices(price, sku.list_price, pricing)
    axes = [axis.name for axis in item.sku_axes]
    for number, name in enumerate(axes[:MOST_ATTRIBUTES], start=1):
        row |= {
            f"Attribute {number} name": guarded(name),
            f"Attribute {number} value(s)": guarded(_listed(sku.options.get(name, ""))),
            f"Attribute {number} global": "0",
        }
    return row


def _prices(price: Decimal, before: Decimal | None, pricing: Pricing) -> Row:
    now = cell(pricing.asked(price), is_money=True)
    if before and before > price:
        return {"Sale price": now, "Regular price": cell(pricing.asked(before), is_money=True)}
    return {"Regular price": now}


FORMAT = Format(
    name="woocommerce",
    suffix=".csv",
    help="WooCommerce's product CSV, as drafts",
    is_text=True,
    open=_WooCommerce,
    per=(Per.PRODUCT,),
)
