"""The pages of the local 1688, one file an era. `document` chooses."""

from app.replica.cases import Era
from app.replica.pages import context, detail_config, init_data, mobile
from app.replica.values import Offer

_ERAS = {
    Era.CONTEXT: context.document,
    Era.INIT_DESKTOP: init_data.document,
    Era.INIT_MOBILE: mobile.document,
    Era.DETAIL_CONFIG: detail_config.document,
}


def document(offer: Offer, *, padded: bool = True) -> bytes:
    """The offer's page in the shape of its era; `padded` gives it the weight of a real one."""
    return _ERAS[offer.era](offer, padded=padded)
