"""One offer on a terminal: a pure function from item to renderable. All page text is escaped."""

from decimal import Decimal

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.completeness import completeness, missing
from app.items import OfferItem, PriceKind, Sku
from app.monitor.words import foreign, harmless

SKU_LINES = 30


def card(item: OfferItem, *, facts: dict[str, str], sku_lines: int = SKU_LINES) -> RenderableType:
    """The offer as panels: what it is, what it costs, its SKUs, its attributes."""
    parts: list[RenderableType] = [_facts(item, facts)]
    if item.price_tiers:
        parts.append(_tiers(item))
    if item.skus:
        parts.append(_skus(item, sku_lines))
    if item.attributes:
        parts.append(_attributes(item))
    return Panel(
        Group(*parts),
        box=box.ROUNDED,
        border_style="bright_black",
        title=foreign(f" {item.title} ", style="bold"),
        title_align="left",
    )


def money(value: Decimal | None) -> str:
    """`4.80`; a dash for the unknown."""
    return "–" if value is None else f"{value:,.2f}" if value == round(value, 2) else f"{value:,f}"


def price_range(item: OfferItem) -> str:
    """`¥ 4.80 – 9.90 / 件`, or why there is none."""
    if item.price_kind is PriceKind.HIDDEN:
        return "hidden: the seller shows it to approved buyers only"
    low, high = money(item.price_min), money(item.price_max)
    shown = low if low == high else f"{low} – {high}"
    return f"¥ {shown}" + (f" / {harmless(item.unit)}" if item.unit else "")


def _facts(item: OfferItem, facts: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bright_black", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in {**_rows(item), **facts}.items():
        if value:
            table.add_row(name, foreign(value, 400, wrap=True))
    return table


def _rows(item: OfferItem) -> dict[str, str]:
    supplier, sold = item.supplier, item.sold
    return {
        "offer": f"{item.offer_id}  {item.url}",
        "status": item.status.value.replace("_", " "),
        "price": price_range(item),
        "list price": ""
        if item.list_price_min is None
        else f"¥ {money(item.list_price_min)} – {money(item.list_price_max)}",
        "min order": ""
        if item.min_order_quantity is None
        else f"{item.min_order_quantity} {item.unit or ''}",
        "stock": "" if item.stock is None else f"{item.stock:,}",
        "sold": ""
        if sold is None
        else " ".join(filter(None, (sold.text or str(sold.count or ""), sold.window))),
        "supplier": ""
        if supplier is None
        else "  ".join(filter(None, (supplier.company_name, supplier.member_id))),
        "ships from": (item.freight.ship_from or "") if item.freight else "",
        "category": (item.category.leaf_name or item.category.leaf_id or "")
        if item.category
        else "",
        "pictures": f"{len(item.images)}" + (" and a video" if item.video else "")
        if item.images
        else "",
        "complete": _complete(item),
        "layout": item.layout,
    }


def _complete(item: OfferItem) -> str:
    lacks = missing(item)
    return f"{completeness(item)} %" + (f", without {', '.join(lacks)}" if lacks else "")


def _tiers(item: OfferItem) -> Table:
    table = Table(
        box=box.SIMPLE_HEAD, title="price by quantity", title_justify="left", title_style="bold"
    )
    table.add_column("from", justify="right")
    table.add_column("to", justify="right")
    table.add_column("¥", justify="right")
    for tier in item.price_tiers:
        upper = "" if tier.max_quantity is None else f"{tier.max_quantity:,}"
        table.add_row(f"{tier.min_quantity:,}", upper, money(tier.price))
    return table


def _skus(item: OfferItem, lines: int) -> Table:
    axes = [axis.name for axis in item.sku_axes] or list(item.skus[0].options)
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"{len(item.skus)} SKUs",
        title_justify="left",
        title_style="bold",
    )
    for axis in axes:
        table.add_column(foreign(axis))
    for name in ("¥", "stock", "sold", "kg"):
        table.add_column(name, justify="right")
    for sku in item.skus[:lines]:
        table.add_row(*(foreign(sku.options.get(axis, "")) for axis in axes), *_numbers(sku))
    if (hidden := len(item.skus) - lines) > 0:
        table.add_row(Text(f"and {hidden} more (--json shows all)", style="bright_black"))
    return table


def _numbers(sku: Sku) -> tuple[str, ...]:
    price = money(sku.price) if sku.price is not None else ""
    counts = ("" if number is None else f"{number:,}" for number in (sku.stock, sku.sold))
    return (price, *counts, "" if sku.weight_kg is None else f"{sku.weight_kg:f}")


def _attributes(item: OfferItem) -> Table:
    table = Table.grid(padding=(0, 2))
    table.title = "attributes"
    table.title_justify, table.title_style = "left", "bold"
    table.add_column(style="bright_black")
    table.add_column(overflow="fold")
    for attribute in item.attributes:
        table.add_row(
            foreign(attribute.name, 40), foreign(", ".join(attribute.values), 400, wrap=True)
        )
    return table
