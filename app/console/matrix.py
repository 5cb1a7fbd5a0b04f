"""SKUs as rows and columns, where they are what two choices come to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.items import AxisValue, OfferItem, Sku, SkuAxis

AXES = 2
WIDEST = 12
"""Columns that a table has at most; the longer choice gives the rows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """One choice down, the other across."""

    down: SkuAxis
    across: SkuAxis
    rows: Sequence[tuple[AxisValue, Sequence[Sku | None]]]
    """A value of the first choice, and for each value of the second its SKU."""


def matrix(item: OfferItem) -> Matrix | None:
    """The SKUs of an item by its two choices; None if they are not just that."""
    if len(item.sku_axes) != AXES or not item.skus:
        return None
    down, across = sorted(item.sku_axes, key=lambda axis: len(axis.values), reverse=True)
    found = _by_choice(item.skus, down.name, across.name)
    if found is None or down.name == across.name or len(across.values) > WIDEST:
        return None
    rows = [
        (value, [found.get((value.name, other.name)) for other in across.values])
        for value in down.values
    ]
    return Matrix(down=down, across=across, rows=rows)


def _by_choice(skus: Sequence[Sku], down: str, across: str) -> Mapping[tuple[str, str], Sku] | None:
    found: dict[tuple[str, str], Sku] = {}
    for sku in skus:
        if set(sku.options) != {down, across}:
            return None
        choice = (sku.options[down], sku.options[across])
        if choice in found:
            return None
        found[choice] = sku
    return found
