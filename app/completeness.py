"""How complete an offer is: the share of what somebody who sells it on needs that its page tells.

Pure: an item in, a number out. It says nothing of whether the values are right; `pwsync accuracy`
does that.
"""

from collections.abc import Callable

from app.items import OfferItem

ENOUGH_PICTURES = 3
ENOUGH_ATTRIBUTES = 5


def _has_weight(item: OfferItem) -> bool:
    freight = item.freight
    by_sku = any(sku.weight_kg is not None for sku in item.skus)
    return by_sku or (freight is not None and freight.unit_weight_kg is not None)


PARTS: tuple[tuple[str, Callable[[OfferItem], bool]], ...] = (
    ("price", lambda item: item.price_min is not None),
    ("stock", lambda item: item.stock is not None),
    ("minimum order", lambda item: item.min_order_quantity is not None),
    (f"{ENOUGH_PICTURES} pictures", lambda item: len(item.images) >= ENOUGH_PICTURES),
    (f"{ENOUGH_ATTRIBUTES} attributes", lambda item: len(item.attributes) >= ENOUGH_ATTRIBUTES),
    ("category", lambda item: item.category is not None and item.category.leaf_id is not None),
    ("seller", lambda item: item.supplier is not None and item.supplier.member_id is not None),
    ("origin", lambda item: item.freight is not None and bool(item.freight.ship_from)),
    ("weight", _has_weight),
    ("description", lambda item: item.description_url is not None),
)
"""(what, whether the item tells it); each counts alike."""


def missing(item: OfferItem) -> list[str]:
    """What the page does not tell, in the order of the table."""
    return [name for name, is_told in PARTS if not is_told(item)]


def completeness(item: OfferItem) -> int:
    """0 to 100."""
    return round(100 * (1 - len(missing(item)) / len(PARTS)))
