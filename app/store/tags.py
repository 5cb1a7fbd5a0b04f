"""Tags and keywords of an offer, from what its page tells: two tables and no guessing. Pure."""

from collections.abc import Callable
from decimal import Decimal

from app.items import OfferItem, Status

MANY_SOLD = 10_000
QUICK_HOURS = 48
GOOD_REPEAT = Decimal("0.4")
LONGEST_KEYWORD = 12
KEYWORDS = 12
FACTORIES = ("factory", "cjgc")

FACTS: tuple[tuple[str, Callable[[OfferItem], object]], ...] = (
    ("包邮", lambda item: item.freight and item.freight.free),
    ("跨境", lambda item: item.flags.cross_border),
    ("定制", lambda item: item.flags.customised),
    ("预售", lambda item: item.flags.presale),
    ("促销", lambda item: item.flags.promotion),
    ("混批", lambda item: item.mix_order and item.mix_order.supported),
    ("一件起批", lambda item: item.min_order_quantity == 1),
    ("视频", lambda item: item.video),
    ("工厂", lambda item: item.supplier and item.supplier.kind in FACTORIES),
    ("热销", lambda item: item.sold and (item.sold.count or 0) >= MANY_SOLD),
    ("回头客多", lambda item: item.supplier and (item.supplier.repeat_rate or 0) >= GOOD_REPEAT),
    ("快速发货", lambda item: any(lead.hours <= QUICK_HOURS for lead in item.lead_times[:1])),
    ("售罄", lambda item: item.status is Status.SOLD_OUT),
)
"""Tag -> whether the page's own facts say so; a fact that is not told makes no tag."""
SAID = {
    "现货": ("现货",),
    "新款": ("新款", "新品"),
    "爆款": ("爆款", "网红"),
    "厂家直供": ("厂家直供", "厂家直销", "源头厂家", "工厂直销"),
    "清仓": ("清仓", "尾货", "库存处理"),
    "外贸": ("外贸", "亚马逊", "跨境专供"),
    "礼品": ("礼品", "礼物", "赠品"),
}
"""Tag -> words of which a title has one."""


def tags_of(item: OfferItem) -> tuple[str, ...]:
    """What kind of offer it is, in the order of the tables."""
    told = [tag for tag, holds in FACTS if holds(item)]
    said = [tag for tag, words in SAID.items() if any(word in item.title for word in words)]
    return tuple(dict.fromkeys([*told, *said]))


def keywords_of(item: OfferItem) -> tuple[str, ...]:
    """What a shop would file it under: its categories, then short values of its attributes.

    Values with digits in them are codes and measures, no keywords.
    """
    category = item.category
    named = [*category.path, category.leaf_name] if category else []
    values = [value for attribute in item.attributes for value in attribute.values]
    words = [word.strip() for word in [*named, *values] if word]
    kept = [word for word in words if 2 <= len(word) <= LONGEST_KEYWORD and word.isalpha()]  # noqa: PLR2004 - one letter is no word
    return tuple(dict.fromkeys(kept))[:KEYWORDS]
