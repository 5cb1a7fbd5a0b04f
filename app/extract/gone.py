"""How the site says that an offer is no longer there.

Seen on the page or in its final address, never inferred from what is missing. Addresses first: a
deleted offer ends at the home page, which is healthy and full of prices.
"""

import re
from urllib.parse import urlsplit

from app.extract.base import Gone
from app.refs import OfferRef, RefError

_NOT_FOUND_PATH = "/shtml/static/wrongpage.html"
_SAYS: tuple[tuple[str, str, bytes, re.Pattern[bytes]], ...] = tuple(
    (rule, what, mark.encode(), re.compile(pattern.encode()))
    for rule, what, mark, pattern in (
        (
            "off_shelf",
            "the page says that the offer is off the shelf",
            "mod-detail-offline-title",
            r'class="mod-detail-offline-title[^"]{0,100}"[^>]{0,200}>\s{0,100}商品已下架',
        ),
        (
            "off_shelf",
            "the page says that the offer has expired",
            "offerdetail_offSale_expire",
            r'data-widget-name="offerdetail_offSale_expire"',
        ),
        ("deleted", "the page is the site's 404", "404-阿里巴巴", r"<title>\s*404-阿里巴巴"),
        (
            "deleted",
            "the page says that the offer was deleted",
            '<em class="highlight">',
            r'<em class="highlight">\s*(?:查找的商品已删除|Error 404)',
        ),
    )
)
"""(rule, what it says, bytes it needs, how it is said): the bytes are looked for first, which costs
a tenth of looking for the pattern."""


def refuse_gone(url: str | None, source: bytes) -> None:
    """Raise Gone if the address (where it was seen in the end) or the page says so."""
    if url and _left_the_offer(url):
        raise Gone("the offer's address leads to a page that is no offer", rule="deleted")
    for rule, what, mark, pattern in _SAYS:
        if mark in source and pattern.search(source):
            raise Gone(what, rule=rule)


def _left_the_offer(url: str) -> bool:
    """A page of the site whose address names no offer."""
    try:
        OfferRef.parse(url)
    except RefError:
        host = urlsplit(url).hostname or ""
        return host == "1688.com" or host.endswith(".1688.com")
    return False
