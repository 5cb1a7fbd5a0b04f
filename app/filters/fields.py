"""What can be asked of an offer: one row a field, with its column and how it is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from app import models
from app.filters.values import Op
from app.items import PriceKind, Status
from app.models import table

FACET, OFFER = table(models.OfferFacet), table(models.Offer)
SUPPLIER = table(models.Supplier)

ORDER = (Op.IS, Op.IS_NOT, Op.BELOW, Op.AT_MOST, Op.ABOVE, Op.AT_LEAST)


class Kind(Enum):
    """What values a field has: the word for it, an example, and the comparisons it knows."""

    TEXT = ("a text", '"连衣裙"', (Op.HAS,))
    NAME = ("a word", "杭州", (Op.HAS, Op.IS, Op.IS_NOT))
    FLAG = ("yes or no", "yes", (Op.HAS, Op.IS, Op.IS_NOT))
    NUMBER = ("a number", "19.5", (Op.HAS, *ORDER))
    COUNT = ("a whole number", "100", (Op.HAS, *ORDER))
    MOMENT = ("a date or how long ago", "7d or 2026-03-04", (Op.HAS, *ORDER))

    def __init__(self, word: str, example: str, ops: tuple[Op, ...]) -> None:
        self.word, self.example, self.ops = word, example, ops


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One thing that can be asked; `--fields` prints it."""

    name: str
    kind: Kind
    column: Any
    """Of the facet; else of a table that `through` leads to."""
    help: str
    through: Any = None
    """The column of the facet whose value is looked up in the other table's key."""
    is_normal: bool = False
    """Whether a text is kept in normal form (`app.store.words`)."""
    choices: tuple[str, ...] = ()
    nullable: bool = True


def _facet(name: str, kind: Kind, help_: str, column: str = "", **more: Any) -> Field:
    held = FACET.c[column or name]
    return Field(
        name=name, kind=kind, column=held, help=help_, nullable=bool(held.nullable), **more
    )


def _offer(name: str, kind: Kind, help_: str, column: str) -> Field:
    return Field(
        name=name,
        kind=kind,
        column=OFFER.c[column],
        help=help_,
        through=FACET.c.offer_id,
        nullable=bool(OFFER.c[column].nullable),
    )


def _supplier(name: str, kind: Kind, help_: str, column: str) -> Field:
    key = FACET.c.supplier_key
    return Field(name=name, kind=kind, column=SUPPLIER.c[column], help=help_, through=key)


FIELDS: Sequence[Field] = (
    _facet("title", Kind.TEXT, "words of the title", is_normal=True),
    _facet("category", Kind.TEXT, "a category it is in, by name", is_normal=True),
    _facet("tag", Kind.TEXT, "what kind of offer: 包邮, 现货, 工厂 …", "tags", is_normal=True),
    _facet("attribute", Kind.TEXT, "a value of its attributes", "words", is_normal=True),
    _supplier("supplier", Kind.TEXT, "the company's name, or a part of it", "company_name"),
    _supplier("member", Kind.NAME, "the supplier's member id", "member_id"),
    _facet("shop", Kind.NAME, "the supplier by its id here: m:b2b-2211", "supplier_key"),
    _supplier("kind", Kind.NAME, "what the supplier is: factory, cjgc …", "kind"),
    _supplier("years", Kind.COUNT, "years the supplier has been a member", "years"),
    _supplier("repeat", Kind.NUMBER, "share of buyers who came back, 0 to 1", "repeat_rate"),
    _facet("price", Kind.NUMBER, "the lowest price a buyer pays now, CNY", "price_min"),
    _facet("max_price", Kind.NUMBER, "the highest", "price_max"),
    _facet(
        "pricing",
        Kind.NAME,
        "how it is priced",
        "price_kind",
        choices=tuple(map(str, PriceKind)),
    ),
    _facet("moq", Kind.COUNT, "the least that can be ordered", "min_order_quantity"),
    _facet("stock", Kind.COUNT, "what the seller says to have"),
    _facet("sold", Kind.COUNT, "pieces sold, as the page tells"),
    _facet("score", Kind.NUMBER, "the offer's rating, 0 to 5"),
    _facet("reviews", Kind.COUNT, "how many have rated it"),
    _facet("completeness", Kind.COUNT, "how much of what a reseller needs is told, 0 to 100"),
    _facet("skus", Kind.COUNT, "how many SKUs it has", "sku_count"),
    _facet("status", Kind.NAME, "what the page says", choices=tuple(map(str, Status))),
    _facet("gone", Kind.NAME, "why it is no longer there", choices=("off_shelf", "deleted")),
    _facet("province", Kind.NAME, "where it ships from: 广东"),
    _facet("city", Kind.NAME, "where it ships from: 广州"),
    _facet("free_shipping", Kind.FLAG, "whether the seller pays the freight"),
    _facet("unit", Kind.NAME, "what is counted: 件"),
    _facet("language", Kind.NAME, "zh, or what the page was served in"),
    _facet("category_id", Kind.NAME, "the id of its leaf category"),
    _facet("id", Kind.COUNT, "the offer's id", "offer_id"),
    _facet("changed", Kind.MOMENT, "when it last changed", "changed_at"),
    _facet("first_seen", Kind.MOMENT, "when it was first stored", "first_seen_at"),
    _facet("posted", Kind.MOMENT, "when the seller put it up", "posted_at"),
    _offer("seen", Kind.MOMENT, "when its page was last read", "observed_at"),
    _offer("run", Kind.COUNT, "the run that read it last", "run_id"),
    _offer("version", Kind.COUNT, "1 for the first one, one more with each change", "version"),
    _offer("images", Kind.COUNT, "pictures in gallery and description", "image_count"),
    _offer("layout", Kind.NAME, "the page layout it was read from", "layout"),
)
CHINESE = {
    "标题": "title",
    "类目": "category",
    "标签": "tag",
    "属性": "attribute",
    "供应商": "supplier",
    "价格": "price",
    "起订量": "moq",
    "库存": "stock",
    "销量": "sold",
    "省份": "province",
    "城市": "city",
    "变更": "changed",
    "抓取": "seen",
}
"""Names of fields as a Chinese reader would type them."""
_NAMED = {field.name: field for field in FIELDS}
BY_NAME: Mapping[str, Field] = _NAMED | {word: _NAMED[name] for word, name in CHINESE.items()}
