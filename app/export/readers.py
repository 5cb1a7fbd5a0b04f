"""How what a column tells is read from an offer, where it is no plain field. Pure.

Each takes a line and returns None for what is not known.
"""

from collections.abc import Iterable
from pathlib import Path

from app.completeness import completeness
from app.export.values import Line, price_of
from app.items import money


def status(line: Line) -> str:
    return str(line.record.item.status)


def price_kind(line: Line) -> str:
    return str(line.record.item.price_kind)


def price(line: Line) -> object:
    """The SKU's, else that of the least quantity."""
    return price_of(line.record.item, line.sku)


def stock(line: Line) -> int | None:
    """The SKU's, else the offer's."""
    return line.sku.stock if line.sku else line.record.item.stock


def sku_count(line: Line) -> int:
    return len(line.record.item.skus)


def complete(line: Line) -> int:
    return completeness(line.record.item)


def province(line: Line) -> str | None:
    return line.record.region[0]


def city(line: Line) -> str | None:
    return line.record.region[1]


def tags(line: Line) -> str | None:
    return joined(line.record.tags)


def keywords(line: Line) -> str | None:
    return joined(line.record.keywords)


def images(line: Line) -> str | None:
    return " ".join(line.record.item.images) or None


def joined(words: Iterable[str]) -> str | None:
    return ", ".join(words) or None


def category(line: Line) -> str | None:
    category = line.record.item.category
    if category is None:
        return None
    return " > ".join(category.path) or category.leaf_name


def tiers(line: Line) -> str | None:
    tiers = line.record.item.price_tiers
    return "; ".join(f"{tier.min_quantity}+ {money(tier.price)}" for tier in tiers) or None


def attributes(line: Line) -> str | None:
    told = (f"{each.name}={','.join(each.values)}" for each in line.record.item.attributes)
    return "; ".join(told) or None


def options(line: Line) -> str | None:
    chosen = line.sku.options.items() if line.sku else ()
    return "; ".join(f"{axis}={value}" for axis, value in chosen) or None


def image(line: Line) -> str | None:
    """The picture of a row: its SKU's, else the offer's first."""
    own = line.sku.image_url if line.sku else None
    return own or next(iter(line.record.item.images), None)


def picture(line: Line) -> Path | None:
    thumbs = line.record.thumbs
    own = thumbs.get(image(line) or "")
    first = next(iter(line.record.item.images), "")
    return own or thumbs.get(first)
