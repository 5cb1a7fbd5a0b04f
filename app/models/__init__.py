"""Tables and their migrations. Importing the package defines every table; nothing connects."""

from app.models.base import Row, table
from app.models.batches import BatchFire
from app.models.offers import Offer, OfferImage, PriceTier, Sku, Supplier
from app.models.runs import Attempt, Quarantine, RejectedLine, Run, RunItem

__all__ = [
    "Attempt",
    "BatchFire",
    "Offer",
    "OfferImage",
    "PriceTier",
    "Quarantine",
    "RejectedLine",
    "Row",
    "Run",
    "RunItem",
    "Sku",
    "Supplier",
    "table",
]
