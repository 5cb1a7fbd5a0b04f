"""Which of the site's addresses is what: host and path decide. Pure; the server answers accordingly."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What an address is."""

    CONTROL = "control"
    ROBOTS = "robots"
    PUNISH = "punish"
    LOGIN = "login"
    WORK = "work"
    """The buyer's own pages."""
    OFFER = "offer"
    OFFER_CARD = "offer_card"
    """The form of address that search results use; leads to the canonical one."""
    WRONG_PAGE = "wrong_page"
    HOME = "home"
    DESCRIPTION = "description"
    PICTURE = "picture"
    GATEWAY = "gateway"
    BEACON = "beacon"
    SCRIPT = "script"
    STYLE = "style"
    SHOP = "shop"
    SEARCH = "search"
    AD = "ad"
    """An advertiser's link or counter: asking for it costs somebody."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A request's address, understood."""

    kind: Kind
    key: str = ""
    """What the path names: an offer id, or the path itself."""


_TABLE: tuple[tuple[Kind, re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (kind, re.compile(host), re.compile(path))
    for kind, host, path in (
        (Kind.CONTROL, r"^(127\.0\.0\.1|localhost)$", r"^/__replica__/(.*)$"),
        (Kind.ROBOTS, r"", r"^(/robots\.txt)$"),
        (Kind.AD, r"^(dj|detailp4p)\.1688\.com$", r"^(.*)$"),
        (Kind.PUNISH, r"\.1688\.com$", r"^(.*)/_____tmd_____/punish$"),
        (Kind.LOGIN, r"^(login\.(1688|taobao)|havanalogin\.taobao)\.com$", r"^(.*)$"),
        (Kind.WORK, r"^(work|myalibaba)\.1688\.com$", r"^(/.*)$"),
        (Kind.OFFER, r"^(detail|m)\.1688\.com$", r"^/offer/(\d{6,18})\.html$"),
        (Kind.OFFER_CARD, r"^detail\.m\.1688\.com$", r"^(/page/index\.html?)$"),
        (Kind.WRONG_PAGE, r"^page\.1688\.com$", r"^(/shtml/static/wrongpage\.html)$"),
        (Kind.SEARCH, r"^s\.1688\.com$", r"^(/selloffer/offer_search\.htm)$"),
        (Kind.HOME, r"^www\.1688\.com$", r"^(/)$"),
        (Kind.DESCRIPTION, r"^itemcdn\.tmall\.com$", r"^(/.+)$"),
        (Kind.DESCRIPTION, r"^img\.alicdn\.com$", r"^(/tfscom/.+)$"),
        (Kind.PICTURE, r"^cbu01\.alicdn\.com$", r"^(/img/ibank/.+)$"),
        (Kind.PICTURE, r"^img\.alicdn\.com$", r"^(/imgextra/.+)$"),
        (Kind.GATEWAY, r"^h5api\.m\.1688\.com$", r"^/h5/([^/]+)/"),
        (Kind.BEACON, r"(^|\.)mmstat\.com$", r"^(.*)$"),
        (Kind.SCRIPT, r"\.alicdn\.com$", r"^(.+\.js)$"),
        (Kind.SCRIPT, r"^search\.alibabausercontent\.com$", r"^(.+\.js)$"),
        (Kind.STYLE, r"\.alicdn\.com$", r"^(.+\.css)$"),
        (Kind.SCRIPT, r"\.alicdn\.com$", r"^(/odt/web-based/.+)$"),
        (Kind.SHOP, r"^(shop\w+|winport\.m)\.1688\.com$", r"^(/.*)$"),
    )
)


def address(host: str, path: str) -> Address:
    """What stands at a host (without its port) and a path (without its query)."""
    for kind, hosts, paths in _TABLE:
        if hosts.search(host) and (found := paths.search(path)):
            return Address(kind=kind, key=found[1])
    return Address(kind=Kind.UNKNOWN, key=path)


NAMES = (
    "1688.com",
    "*.1688.com",
    "*.m.1688.com",
    "alicdn.com",
    "*.alicdn.com",
    "*.tmall.com",
    "*.taobao.com",
    "*.mmstat.com",
    "search.alibabausercontent.com",
    "localhost",
)
"""What the certificate is for."""

ROBOTS = """User-agent: *
Allow: /offer/
Disallow: /offer/page/
Disallow: /member/
Disallow: /*_____tmd_____
"""
