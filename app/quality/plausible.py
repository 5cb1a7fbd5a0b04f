"""Values that no seller can mean: refused, or stored and noted as doubtful. Pure.

`app.items` refuses what cannot be (a negative stock); here is what can be and hardly is. A refused
page waits in quarantine with its rule until a person releases it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.extract.base import Invalid
from app.items import OfferItem, Status

PRICE_JUMP = 20
"""Sellers halve and double; a price in another unit is 100 or 10,000 times the old one."""
HIGHEST_PRICE = 10_000_000
HIGHEST_MOQ = 1_000_000
HIGHEST_STOCK = 1_000_000_000
"""Doubtful only: 999,999 of each of a thousand SKUs is how sellers write "enough"."""
SHORTEST_TITLE = 2
"""Letters and digits, in any script."""
WIDEST_PRICES = 1000
"""Between the dearest and the cheapest SKU, a price that is there to be found by."""

Check = Callable[[OfferItem, OfferItem | None], str | None]
"""What is wrong with the item, given what was stored of it; None if nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One thing that is hardly meant."""

    name: str
    field: str
    check: Check
    refuses: bool = True
    """Else the item is stored and the doubt is noted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """A rule that an item broke, and how."""

    rule: Rule
    message: str


def _price_is_zero(item: OfferItem, _: OfferItem | None) -> str | None:
    return "the price is 0" if item.price_min == 0 else None


def _price_jumped(item: OfferItem, before: OfferItem | None) -> str | None:
    old, new = before and before.price_min, item.price_min
    if not old or not new or item.currency != (before and before.currency):
        return None
    if 1 / Decimal(PRICE_JUMP) < new / old < PRICE_JUMP:
        return None
    return f"{new} after {old}, more than {PRICE_JUMP} times as much or as little"


def _price_is_huge(item: OfferItem, _: OfferItem | None) -> str | None:
    high = item.price_max or 0
    return f"a price of {high}" if high > HIGHEST_PRICE else None


def _moq_is_huge(item: OfferItem, _: OfferItem | None) -> str | None:
    least = item.min_order_quantity or 0
    return f"at least {least:,} have to be ordered" if least > HIGHEST_MOQ else None


def _title_is_empty(item: OfferItem, _: OfferItem | None) -> str | None:
    letters = sum(char.isalnum() for char in item.title)
    return f"the title has {letters} letters" if letters < SHORTEST_TITLE else None


def _stock_is_huge(item: OfferItem, _: OfferItem | None) -> str | None:
    stock = item.stock or 0
    return f"a stock of {stock:,}" if stock > HIGHEST_STOCK else None


def _prices_are_wide(item: OfferItem, _: OfferItem | None) -> str | None:
    low, high = item.price_min, item.price_max
    wide = low and high and high / low > WIDEST_PRICES
    return f"prices from {low} to {high}" if wide else None


def _nothing_on_sale(item: OfferItem, _: OfferItem | None) -> str | None:
    empty = item.status is Status.ON_SALE and item.stock == 0
    return "on sale with a stock of 0" if empty else None


RULES: tuple[Rule, ...] = (
    Rule(name="price_zero", field="price_min", check=_price_is_zero),
    Rule(name="price_jump", field="price_min", check=_price_jumped),
    Rule(name="price_huge", field="price_max", check=_price_is_huge),
    Rule(name="moq_huge", field="min_order_quantity", check=_moq_is_huge),
    Rule(name="title_empty", field="title", check=_title_is_empty),
    Rule(name="stock_huge", field="stock", check=_stock_is_huge, refuses=False),
    Rule(name="prices_wide", field="price_max", check=_prices_are_wide, refuses=False),
    Rule(name="sold_out_on_sale", field="stock", check=_nothing_on_sale, refuses=False),
)


def doubts(item: OfferItem, before: OfferItem | None = None) -> list[Doubt]:
    """The rules that an item breaks, in their order."""
    return list(_broken(item, before))


def _broken(item: OfferItem, before: OfferItem | None) -> Iterator[Doubt]:
    for rule in RULES:
        if message := rule.check(item, before):
            yield Doubt(rule=rule, message=message)


def refuse(item: OfferItem, before: OfferItem | None = None) -> list[Doubt]:
    """The doubts about an item that is to be stored. Raises Invalid where a rule refuses it.

    A value that is stored already is refused no more: a person has released it.
    """
    found = doubts(item, before)
    for doubt in found:
        if doubt.rule.refuses and not _is_stored(item, before, doubt.rule.field):
            error = Invalid(doubt.message, rule=doubt.rule.name, field=doubt.rule.field)
            error.layout = item.layout
            raise error
    return found


def _is_stored(item: OfferItem, before: OfferItem | None, field: str) -> bool:
    return before is not None and getattr(before, field) == getattr(item, field)
