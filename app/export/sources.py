"""What a column can tell: one row a source, with its kind and how it is read from an offer.

`image.2`, `attribute.材质`, `option.颜色`, `option.1` and `tier.2.price` take the part after the
first dot as which one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from app.export import readers
from app.export.values import ExportError, Kind, Line

Read = Callable[[Line], Any]
MOST_NUMBERED = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One thing that can stand in a column; reads None where it is not known."""

    name: str
    kind: Kind
    read: Read
    help: str


def _source(name: str, kind: Kind, help_: str, read: Read) -> Source:
    return Source(name=name, kind=kind, read=read, help=help_)


def _item(name: str, kind: Kind, help_: str) -> Source:
    return _source(name, kind, help_, lambda line: getattr(line.record.item, name))


def _part(name: str, kind: Kind, help_: str, part: str, own: str) -> Source:
    def read(line: Line) -> Any:
        held = getattr(line.record.item, part)
        return held and getattr(held, own)

    return _source(name, kind, help_, read)


def _stored(name: str, kind: Kind, help_: str) -> Source:
    return _source(name, kind, help_, lambda line: getattr(line.record.stored, name))


def _sku(name: str, kind: Kind, help_: str) -> Source:
    return _source(
        f"sku.{name}", kind, help_, lambda line: getattr(line.sku, name) if line.sku else None
    )


def _supplier(name: str, kind: Kind, help_: str) -> Source:
    return _part(f"supplier.{name}", kind, help_, "supplier", name)


SOURCES = (
    _item("offer_id", Kind.TEXT, "the offer's id"),
    _item("url", Kind.TEXT, "its page"),
    _item("title", Kind.TEXT, "title as served"),
    _source("status", Kind.TEXT, "on_sale, off_shelf, sold_out, unknown", readers.status),
    _stored("gone", Kind.TEXT, "why it is no longer there"),
    _source("category", Kind.TEXT, "the names of its categories", readers.category),
    _part("category_id", Kind.TEXT, "id of its leaf category", "category", "leaf_id"),
    _source("price_kind", Kind.TEXT, "tiered, per_sku, single, hidden", readers.price_kind),
    _item("price_min", Kind.MONEY, "lowest price now"),
    _item("price_max", Kind.MONEY, "highest price now"),
    _item("list_price_min", Kind.MONEY, "lowest price before promotion"),
    _item("list_price_max", Kind.MONEY, "highest price before promotion"),
    _source("price", Kind.MONEY, "the SKU's, else that of the least quantity", readers.price),
    _source("price_tiers", Kind.TEXT, "the ladder: 1+ 19.50; 100+ 18.00", readers.tiers),
    _item("currency", Kind.TEXT, "CNY"),
    _item("unit", Kind.TEXT, "what is counted"),
    _item("min_order_quantity", Kind.COUNT, "the least that can be ordered"),
    _source("stock", Kind.COUNT, "the SKU's, else the offer's", readers.stock),
    _part("sold", Kind.COUNT, "pieces sold", "sold", "count"),
    _part("sold_text", Kind.TEXT, "as the page shows it", "sold", "text"),
    _part("score", Kind.NUMBER, "rating, 0 to 5", "rating", "score"),
    _part("reviews", Kind.COUNT, "how many rated it", "rating", "reviews"),
    _source("sku_count", Kind.COUNT, "how many SKUs it has", readers.sku_count),
    _supplier("company_name", Kind.TEXT, "the seller"),
    _supplier("member_id", Kind.TEXT, "the seller's member id"),
    _supplier("login_id", Kind.TEXT, "the seller's login name"),
    _supplier("shop_url", Kind.TEXT, "the seller's shop"),
    _supplier("kind", Kind.TEXT, "factory, cjgc …"),
    _supplier("repeat_rate", Kind.NUMBER, "share of buyers who came back"),
    _supplier("years", Kind.COUNT, "years of membership"),
    _source("completeness", Kind.COUNT, "how much is told, 0 to 100", readers.complete),
    _source("province", Kind.TEXT, "where it ships from", readers.province),
    _source("city", Kind.TEXT, "where it ships from", readers.city),
    _part("freight_fee", Kind.MONEY, "freight of one unit", "freight", "fee"),
    _part("free_shipping", Kind.FLAG, "whether the seller pays the freight", "freight", "free"),
    _source("tags", Kind.TEXT, "what kind of offer", readers.tags),
    _source("keywords", Kind.TEXT, "what to file it under", readers.keywords),
    _source("attributes", Kind.TEXT, "all of them: 材质=棉; …", readers.attributes),
    _source("options", Kind.TEXT, "the SKU's choices: 颜色=红; 尺码=XL", readers.options),
    _source("image", Kind.TEXT, "the SKU's picture, else the first", readers.image),
    _source("images", Kind.TEXT, "addresses of all pictures", readers.images),
    _source("picture", Kind.PICTURE, "the picture itself (xlsx)", readers.picture),
    _part("video", Kind.TEXT, "address of the video", "video", "url"),
    _sku("sku_id", Kind.TEXT, "id of the SKU"),
    _sku("spec_id", Kind.TEXT, "id of the combination"),
    _sku("price", Kind.MONEY, "the SKU's own price"),
    _sku("list_price", Kind.MONEY, "before promotion"),
    _sku("stock", Kind.COUNT, "the SKU's stock"),
    _sku("sold", Kind.COUNT, "pieces sold"),
    _sku("image_url", Kind.TEXT, "the SKU's picture"),
    _sku("weight_kg", Kind.NUMBER, "weight"),
    _sku("length_cm", Kind.NUMBER, "length"),
    _sku("width_cm", Kind.NUMBER, "width"),
    _sku("height_cm", Kind.NUMBER, "height"),
    _item("created_at", Kind.MOMENT, "when the seller made it"),
    _item("posted_at", Kind.MOMENT, "when it was put up"),
    _item("modified_at", Kind.MOMENT, "when the seller changed it"),
    _stored("first_seen_at", Kind.MOMENT, "when it was first stored"),
    _stored("changed_at", Kind.MOMENT, "when it last changed"),
    _stored("observed_at", Kind.MOMENT, "when its page was last read"),
    _stored("version", Kind.COUNT, "counts its changes"),
)
BY_NAME: Mapping[str, Source] = {source.name: source for source in SOURCES}
NUMBERED = {
    "image": "image.1, image.2 …: addresses of pictures",
    "attribute": "attribute.材质: values of one attribute",
    "option": "option.颜色 or option.1: a choice of the SKU",
    "tier": "tier.1.price, tier.1.min_quantity …: a step of the ladder",
}
"""Sources that say which one."""


def source(name: str) -> Source:
    """The source of a name. Raises ExportError with what comes near."""
    if name in BY_NAME:
        return BY_NAME[name]
    family, _, which = name.partition(".")
    if which and family in FAMILIES:
        return FAMILIES[family](name, which)
    from difflib import get_close_matches  # noqa: PLC0415 - for a mistake only

    near = get_close_matches(name, [*BY_NAME, *NUMBERED], n=1)
    hint = f"; {near[0]} is one" if near else ""
    raise ExportError(f"there is no source '{name}'{hint} (`pwsync export --sources` lists them)")


def _numbered(name: str, which: str) -> int:
    if not which.isascii() or not which.isdecimal() or not 1 <= int(which) <= MOST_NUMBERED:
        raise ExportError(f"'{name}': a number from 1 to {MOST_NUMBERED} is expected after the dot")
    return int(which) - 1


def _image(name: str, which: str) -> Source:
    place = _numbered(name, which)

    def read(line: Line) -> str | None:
        images = line.record.item.images
        return images[place] if place < len(images) else None

    return _source(name, Kind.TEXT, NUMBERED["image"], read)


def _attribute(name: str, which: str) -> Source:
    def read(line: Line) -> str | None:
        found = (each.values for each in line.record.item.attributes if each.name == which)
        return readers.joined(next(found, ()))

    return _source(name, Kind.TEXT, NUMBERED["attribute"], read)


def _option(name: str, which: str) -> Source:
    read = partial(_option_by_name, which)
    if which.isascii() and which.isdecimal():
        read = partial(_option_by_place, _numbered(name, which))
    return _source(name, Kind.TEXT, NUMBERED["option"], read)


def _option_by_name(which: str, line: Line) -> str | None:
    return line.sku.options.get(which) if line.sku else None


def _option_by_place(place: int, line: Line) -> str | None:
    chosen = list(line.sku.options.values()) if line.sku else []
    return chosen[place] if place < len(chosen) else None


def _tier(name: str, which: str) -> Source:
    number, _, own = which.partition(".")
    place = _numbered(name, number)
    kinds = {"price": Kind.MONEY, "min_quantity": Kind.COUNT, "max_quantity": Kind.COUNT}
    if own not in kinds:
        raise ExportError(f"'{name}': a tier has {', '.join(kinds)}")

    def read(line: Line) -> Any:
        tiers = line.record.item.price_tiers
        return getattr(tiers[place], own) if place < len(tiers) else None

    return _source(name, kinds[own], NUMBERED["tier"], read)


FAMILIES = {"image": _image, "attribute": _attribute, "option": _option, "tier": _tier}
