"""What an offer costs: from the several ways in which pages tell prices to one answer.

`rangePrice` is a ladder by quantity; `skuPrice` is a price for each SKU, and the two rows it shows
are the lowest and the highest, no ladder. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.extract.base import FieldMissing
from app.extract.shapes import Step
from app.items import PriceKind

_LADDER = "rangePrice"
Pair = tuple[Decimal, Decimal]


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """The prices as a page tells them; what it leaves out is None or empty."""

    hidden: bool = False
    display: str | None = None
    """`rangePrice` or `skuPrice`."""
    steps: Sequence[Step] = ()
    originals: Sequence[Step] = ()
    """Steps before promotion."""
    scale: Pair | None = None
    scale_before: Pair | None = None
    skus: Sequence[dict[str, Any]] = ()
    min_order: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """The price fields of an item, and which of the facts told decided them."""

    kind: PriceKind
    lowest: Decimal | None = None
    highest: Decimal | None = None
    list_lowest: Decimal | None = None
    list_highest: Decimal | None = None
    tiers: tuple[dict[str, Any], ...] = ()
    decided_by: str
    list_decided_by: str = ""

    @property
    def by_sku(self) -> bool:
        """Whether SKUs keep their own price."""
        return self.kind in {PriceKind.PER_SKU, PriceKind.SINGLE}


def settle(told: Told) -> Prices:
    """Decide how the offer is priced. Raises FieldMissing if no price is told nor hidden."""
    if told.hidden:
        return Prices(kind=PriceKind.HIDDEN, decided_by="price_hidden")
    ladder = _ladder(told)
    own = [sku["price"] for sku in told.skus if sku["price"]]
    if len(ladder) > 1:
        return _priced(told, PriceKind.TIERED, [step.price for step in ladder], ladder)
    every = own or [step.price for step in told.steps] or list(told.scale or ())
    if not every:
        raise FieldMissing("the page tells no price", rule="missing", field="price_min")
    if len(set(every)) > 1:
        return _priced(told, PriceKind.PER_SKU, every, ())
    return _priced(told, PriceKind.SINGLE, every, ladder)


def _ladder(told: Told) -> tuple[Step, ...]:
    """The steps by quantity; () where the rows are only the ends of a range."""
    if told.display != _LADDER and any(sku["price"] for sku in told.skus):
        return ()
    steps = sorted(told.steps, key=lambda step: step.quantity or 0)
    if told.display != _LADDER and len({step.quantity for step in steps}) < len(steps):
        return ()
    return tuple(steps)


def _priced(
    told: Told, kind: PriceKind, every: Sequence[Decimal], ladder: Sequence[Step]
) -> Prices:
    lowest, highest = min(every), max(every)
    before, list_decided_by = _before(told, kind, lowest, highest)
    return Prices(
        kind=kind,
        lowest=lowest,
        highest=highest,
        list_lowest=before[0] if before else None,
        list_highest=before[1] if before else None,
        tiers=tuple(_tiers(ladder, told.min_order)),
        decided_by=_decisive(told, kind),
        list_decided_by=list_decided_by,
    )


def _decisive(told: Told, kind: PriceKind) -> str:
    if kind is not PriceKind.TIERED and any(sku["price"] for sku in told.skus):
        return "sku_rows"
    return "price_steps" if told.steps else "price_scale"


def _before(
    told: Told, kind: PriceKind, lowest: Decimal, highest: Decimal
) -> tuple[Pair | None, str]:
    """Lowest and highest before promotion, from the first fact that tells of one."""
    by_sku = kind is not PriceKind.TIERED
    priced = [sku for sku in told.skus if sku["price"]] if by_sku else []
    tellers = {
        "sku_rows": [sku["list_price"] or sku["price"] for sku in priced],
        "price_steps": [step.original or step.price for step in told.steps],
        "price_originals": [step.original or step.price for step in told.originals],
        "price_scale_before": list(told.scale_before or ()),
    }
    for name, rows in tellers.items():
        if rows and (min(rows) > lowest or max(rows) > highest):
            return (min(rows), max(rows)), name
    return None, ""


def _tiers(ladder: Sequence[Step], min_order: int | None) -> list[dict[str, Any]]:
    starts = [step.quantity or min_order or 1 for step in ladder]
    ends: list[int | None] = [start - 1 for start in starts[1:]]
    return [
        {"min_quantity": start, "max_quantity": end, "price": step.price}
        for start, end, step in zip(starts, [*ends, None], ladder, strict=False)
    ]
