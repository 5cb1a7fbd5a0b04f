"""The pages of the local 1688, one file an era. `document` chooses."""

from app.replica.cases import Era
from app.replica.pages import context
from app.replica.values import Offer

_ERAS = {
    Era.CONTEXT: context.document,
}


def document(offer: Offer, *, padded: bool = True) -> bytes:
    """The offer's page in the shape of its era; `padded` gives it the weight of a real one."""
    return _ERAS[offer.era](offer, padded=padded)
