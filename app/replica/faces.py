"""How the values of an offer look when shown: digits, texts, addresses. Shared by pages and expected items."""

from decimal import Decimal

from app.replica.cases import Era
from app.replica.values import Offer

_PLACES: dict[Era, str] = {
    Era.CONTEXT: "{0}省{1}市",
    Era.INIT_DESKTOP: "{0}省{1}市",
    Era.INIT_MOBILE: "{0}{1}",
    Era.DETAIL_CONFIG: "{0} {1}",
}


def money(amount: Decimal) -> str:
    """Two digits behind the point, as prices are served."""
    return f"{amount:.2f}"


def plain(number: Decimal) -> str:
    """The shortest plain digits: `0.185`, `30`."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def kilograms(grams: int) -> str:
    """Grams as kilograms with four digits behind the point, as the state serves them: `0.1850`."""
    return f"{Decimal(grams) / 1000:.4f}"


def sold_text(count: int) -> str:
    """The rounded count beside the title: `3.5万+`, `400+`."""
    if count >= 10_000:  # noqa: PLR2004 - from here on the site counts in ten thousands
        return f"{plain(Decimal(count // 1000) / 10)}万+"
    return f"{count // 100 * 100}+"


def ship_from(offer: Offer) -> str:
    """The place in the form of the offer's era; empty where the seller gave none."""
    return _PLACES[offer.era].format(*offer.freight.place) if offer.freight.place else ""


def shop_url(offer: Offer) -> str:
    """Where the page links the shop; the mobile page links a form of its own."""
    if offer.era is Era.INIT_MOBILE:
        return f"https://winport.m.1688.com/page/index.html?memberId={offer.supplier.member_id}"
    return f"https://{offer.supplier.shop}"


def description_url(offer: Offer) -> str:
    """Where the description script is. Old pages have it elsewhere; one in three has the newer form."""
    if offer.era is Era.DETAIL_CONFIG:
        return f"https://img.alicdn.com/tfscom/TB1x{offer.offer_id}XXbXVXa"
    if offer.index % 3 == 2:  # noqa: PLR2004 - one in three
        return f"https://itemcdn.tmall.com/desc/icoss!{offer.offer_id}!{offer.index}?var=desc"
    return f"https://itemcdn.tmall.com/1688offer/icoss{offer.offer_id}a{offer.index:06x}"
