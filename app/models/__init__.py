"""Tables and their migrations. Importing the package defines every table; nothing connects."""

from app.models.actions import Action
from app.models.alerts import AlertFiring, AlertState
from app.models.archive import PageRecord
from app.models.base import Row, table
from app.models.batches import BatchFire
from app.models.exports import ExportOffer, ExportRun
from app.models.groups import GroupMark, GroupPair, GroupTrait, OfferGroup
from app.models.guests import ProfileRow, RobotsFile, Spending, Turn
from app.models.history import OfferChange
from app.models.images import Image, ImageSource, ImageUse
from app.models.lists import OfferCardRow
from app.models.offers import Offer, OfferImage, PriceTier, Sku, Supplier
from app.models.quality import PageTally
from app.models.runs import Attempt, Quarantine, RejectedLine, Run, RunItem, RunSum
from app.models.search import OfferFacet, OfferGram

__all__ = [
    "Action",
    "AlertFiring",
    "AlertState",
    "Attempt",
    "BatchFire",
    "ExportOffer",
    "ExportRun",
    "GroupMark",
    "GroupPair",
    "GroupTrait",
    "Image",
    "ImageSource",
    "ImageUse",
    "Offer",
    "OfferCardRow",
    "OfferChange",
    "OfferFacet",
    "OfferGram",
    "OfferGroup",
    "OfferImage",
    "PageRecord",
    "PageTally",
    "PriceTier",
    "ProfileRow",
    "Quarantine",
    "RejectedLine",
    "RobotsFile",
    "Row",
    "Run",
    "RunItem",
    "RunSum",
    "Sku",
    "Spending",
    "Supplier",
    "Turn",
    "table",
]
