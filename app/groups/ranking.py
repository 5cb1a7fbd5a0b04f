"""What a buyer pays at a quantity, and which supplier comes first. Pure.

An unknown price is unknown, not free; a supplier who does not sell so few comes last, with what is
the least. Freight is not added: a page tells it for one piece to one place, if at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from app.items import OfferItem, PriceKind, Status


class Standing(IntEnum):
    """How far a supplier is a choice; the smaller the better."""

    BUYABLE = 0
    PRICE_UNKNOWN = 1
    TOO_FEW = 2
    """The least order is larger than the quantity."""
    NOT_SOLD = 3
    """Off the shelf, deleted or sold out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """What an offer costs at a quantity."""

    standing: Standing
    price: Decimal | None
    """Of one piece; of the cheapest SKU where SKUs differ. None: not told."""
    price_max: Decimal | None
    """Of the dearest SKU; the same where they do not differ."""
    total: Decimal | None
    """Of the quantity; None where it is not sold at that quantity or the price is not told."""
    min_order: int | None
    note: str
    """Why it is not first, or what the price depends on; empty if there is nothing to say."""


def quote(item: OfferItem, quantity: int, *, gone: str | None = None) -> Quote:
    """The price of an offer at a quantity, by its ladder and its least order."""
    min_order = least_order(item)
    price, price_max = _prices(item, max(quantity, min_order or 0))
    standing, note = _standing(item, quantity, min_order, gone=gone, is_priced=price is not None)
    if not note and price != price_max:
        note = "depends on the SKU"
    total = price * quantity if price is not None and standing is Standing.BUYABLE else None
    return Quote(
        standing=standing,
        price=price,
        price_max=price_max,
        total=total,
        min_order=min_order,
        note=note,
    )


def ranked(quotes: Iterable[tuple[str, Quote]]) -> list[tuple[str, Quote]]:
    """(offer id, quote), the cheapest first; what is no choice last, the least order rising."""
    return sorted(quotes, key=lambda each: _order(*each))


def _order(offer_id: str, one: Quote) -> tuple[int, int, Decimal, Decimal, int]:
    steps = (one.min_order or 0) if one.standing is Standing.TOO_FEW else 0
    price = Decimal("Infinity") if one.price is None else one.price
    return one.standing, steps, price, one.price_max or price, int(offer_id)


def least_order(item: OfferItem) -> int | None:
    """The larger of what the offer says and where its ladder begins; None if neither is told."""
    told = [item.min_order_quantity, item.price_tiers[0].min_quantity if item.price_tiers else None]
    return max((each for each in told if each is not None), default=None)


def _prices(item: OfferItem, quantity: int) -> tuple[Decimal | None, Decimal | None]:
    reached = [tier.price for tier in item.price_tiers if tier.min_quantity <= quantity]
    if reached:
        return reached[-1], reached[-1]
    if item.price_kind is PriceKind.HIDDEN:
        return None, None
    return item.price_min, item.price_max


def _standing(
    item: OfferItem, quantity: int, min_order: int | None, *, gone: str | None, is_priced: bool
) -> tuple[Standing, str]:
    if gone or item.status in {Status.OFF_SHELF, Status.SOLD_OUT}:
        return Standing.NOT_SOLD, (gone or item.status.value).replace("_", " ")
    if min_order is not None and min_order > quantity:
        return Standing.TOO_FEW, f"sells {min_order:,} or more"
    if not is_priced:
        return Standing.PRICE_UNKNOWN, "the price is not shown"
    if item.stock is not None and item.stock < quantity:
        return Standing.BUYABLE, f"{item.stock:,} in stock"
    return Standing.BUYABLE, ""
