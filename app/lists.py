"""What names a list of the site - a search, a shop, a category - and how its pages are asked for.

As in `refs.py`, nothing typed or pasted is loaded: a keyword, host or id is taken out of it and the
address built anew. Addresses and calls: site/lists-shops-blocks-login.md §a-§c.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self
from urllib.parse import quote

from app.refs import Address, read_address, shown
from browsers.values import Arrow, Ask, ListRequest

LONGEST_KEYWORD = 100
LONGEST_MEMBER_ID = 128
LONGEST_ADDRESS = 4000
SEARCH = "https://s.1688.com/selloffer/offer_search.htm"
SEARCH_API = "mtop.relationrecommend.wirelessrecommend.recommend"
SHOP_API = "mtop.alibaba.alisite.cbu.server.ModuleAsyncService"
SHOP_MODULE = "Wp_pc_common_offerlist"
SEARCH_PAGE, SEARCH_MOST = 60, 2000
"""Offers on a page of a search; those that a search shows at most, whatever it found (§a3)."""
SHOP_PAGE = 30
"""Offers on a page of a shop."""

_ARROW = Arrow(
    next=".fui-arrow.fui-next:not(.fui-next-disabled)", disabled=".fui-arrow.fui-next-disabled"
)
_SITE = ".1688.com"
_MEMBER_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{LONGEST_MEMBER_ID - 1}}}")
_SHOP_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.1688\.com")
_SHOP_WORD = re.compile(r"shop[a-z0-9]{8,20}")
"""A shop's default host without the site's name; as a member id it would be an odd one."""
_CATEGORY_ID = re.compile(r"[1-9][0-9]{0,17}")
_QUERY_MEMBER = re.compile(r"(?:^|&)memberId=([^&]*)")
_BLOCK_PATH = "_____tmd_____"

_MEMBER_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (host, re.compile(path))
    for host, path in (
        ("winport.m.1688.com", r"/page/\w+\.html?"),
        ("wp.m.1688.com", r"/page/\w+\.html?"),
        ("sale.1688.com", r"/factory/card\.html?"),
        ("m.1688.com", r"/winport/(?P<member>[^/]+)\.html"),
    )
)
"""Pages that name a shop's owner, in the path or in `memberId=` (§b4, §b5)."""

_INSTEAD = "give the shop's address, https://<shop>.1688.com, or the supplier's member id"

_NOT_SHOPS: dict[str, str] = {
    **dict.fromkeys(("detail", "m"), "is an offer's page, not a shop; name the offer as REF"),
    **dict.fromkeys(("s", "search"), "is a search page, not a shop; use --keyword or --category"),
    **dict.fromkeys(
        ("dj", "detailp4p", "click", "p4p"),
        f"is an advertiser's link: loading it costs somebody; {_INSTEAD}",
    ),
    **dict.fromkeys(
        ("login", "passport", "sec"), f"is a login or verification page, not a shop; {_INSTEAD}"
    ),
    "qr": "is a short link; open it in a browser and copy where it ends",
    **dict.fromkeys(
        (
            *("air", "aliyun", "b2b", "club", "corp", "dmtracking", "err", "factory", "fuwu"),
            *("go", "h5api", "help", "i", "img", "info", "itemcdn", "me", "my", "myalibaba"),
            *("news", "open", "page", "pic", "r", "rule", "sale", "show", "stat", "tao", "trade"),
            *("view", "wap", "widgets", "winport", "work", "wp", "www", "wxb", "zhaoshang"),
        ),
        f"is a page of the site itself, not a shop; {_INSTEAD}",
    ),
}
"""First labels of the site's own hosts, which custom shop names cannot take."""


class ListKind(StrEnum):
    """What kind of list it is."""

    KEYWORD = "keyword"
    SHOP = "shop"
    CATEGORY = "category"


class ListRefError(ValueError):
    """A text that names no list. The message says what, why, and what to type instead."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRef:
    """The name of one list."""

    kind: ListKind
    value: str
    """The keyword; the shop's host or its owner's member id; the category's number."""

    @property
    def label(self) -> str:
        """One line for screens."""
        word = "search" if self.kind is ListKind.KEYWORD else self.kind.value
        return f"{word} {self.value.removesuffix(_SITE) if self.has_host else self.value}"

    @property
    def has_host(self) -> bool:
        """Whether it is a shop known by its address, and not by its owner's member id."""
        return self.kind is ListKind.SHOP and self.value.endswith(_SITE)

    @classmethod
    def of(cls, kind: str, value: str) -> Self:
        """Read what a person typed or a run has kept. Raises ListRefError."""
        try:
            known = ListKind(kind)
        except ValueError:
            raise ListRefError(
                f"{shown(kind)} is no kind of list; use one of {', '.join(ListKind)}"
            ) from None
        return cls(kind=known, value=_READERS[known](value.strip().strip("\ufeff").strip()))


def list_of(keyword: str | None, shop: str | None, category: str | None) -> ListRef | None:
    """The list that one of the three names; None if none is given. Raises ListRefError."""
    given = {ListKind.KEYWORD: keyword, ListKind.SHOP: shop, ListKind.CATEGORY: category}
    named = [(kind, value) for kind, value in given.items() if value is not None]
    if len(named) > 1:
        raise ListRefError("give one of --keyword, --shop, --category, not several")
    return ListRef.of(*named[0]) if named else None


# What was typed


def read_keyword(text: str) -> str:
    """Words for the search box. Raises ListRefError."""
    words = " ".join(text.split())
    if not words:
        raise ListRefError("an empty keyword finds nothing; type what to search for")
    if len(words) > LONGEST_KEYWORD:
        raise ListRefError(
            f"{shown(words)} is longer than {LONGEST_KEYWORD} characters; type a shorter keyword"
        )
    odd = next((sign for sign in words if unicodedata.category(sign) in _ODD), None)
    if odd is not None:
        raise ListRefError(f"{shown(words)} holds a control or invalid character; type plain words")
    return words


_ODD = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that no search box sends."""


def read_category(text: str) -> str:
    """A category's number. Raises ListRefError."""
    if not _CATEGORY_ID.fullmatch(text):
        raise ListRefError(
            f"{shown(text)} is no category: give its number, as after categoryId= in a search's "
            "address"
        )
    return text


def read_shop(text: str) -> str:
    """A shop's host, or its owner's member id. Raises ListRefError."""
    if not text:
        raise ListRefError(f"an empty text names no shop; {_INSTEAD}")
    if len(text) > LONGEST_ADDRESS:
        raise ListRefError(f"{shown(text)} is too long for a shop; {_INSTEAD}")
    if _SHOP_WORD.fullmatch(text):
        return f"{text}{_SITE}"
    if text.isdecimal():
        raise ListRefError(f"{shown(text)} is no member id, perhaps an offer's; {_INSTEAD}")
    if _MEMBER_ID.fullmatch(text):
        return text
    address = read_address(text)
    if address is None:
        raise ListRefError(f"{shown(text)} is no plain address of a shop; {_INSTEAD}")
    return _named_by(address, text)


def _named_by(address: Address, text: str) -> str:
    """The member id or host that an address names."""
    for host, path in _MEMBER_FORMS:
        form = path.fullmatch(address.path) if address.host == host else None
        if form:
            return _member_in(form.groupdict().get("member"), address, text)
    if _BLOCK_PATH in address.path:
        raise ListRefError(f"{shown(text)} is the address of a block page; {_INSTEAD}")
    if not address.host.endswith(_SITE):
        raise ListRefError(f"{shown(text)} is not on 1688.com; {_INSTEAD}")
    first = address.host.partition(".")[0]
    if why := _NOT_SHOPS.get(first):
        raise ListRefError(f"{shown(text)} {why}")
    if not _SHOP_HOST.fullmatch(address.host):
        raise ListRefError(f"{shown(text)} names no shop; {_INSTEAD}")
    return address.host


def _member_in(in_path: str | None, address: Address, text: str) -> str:
    named = {in_path} if in_path else set(_QUERY_MEMBER.findall(address.query))
    only = named.pop() if len(named) == 1 else ""
    if not _MEMBER_ID.fullmatch(only):
        raise ListRefError(f"{shown(text)} names no member id; {_INSTEAD}")
    return only


_READERS: dict[ListKind, Callable[[str], str]] = {
    ListKind.KEYWORD: read_keyword,
    ListKind.SHOP: read_shop,
    ListKind.CATEGORY: read_category,
}


# How its pages are asked for


def request_for(
    ref: ListRef, *, seed: int, shop_url: str | None = None, pace: float = 1.0
) -> ListRequest:
    """What `browsers.listing` needs to go through the list.

    `shop_url` is the supplier's address, if one is known: it came from a page and is read as
    strictly as a person's. Without, a shop known by its member id is visited in its mobile form.
    """
    if ref.kind is not ListKind.SHOP:
        return ListRequest(
            url=search_url(ref),
            api=SEARCH_API,
            number=search_page,
            turn=_ARROW,
            seed=seed,
            pace=pace,
        )
    member_id = None if ref.has_host else ref.value
    return ListRequest(
        url=_shop_list(ref, shop_url),
        api=SHOP_API.lower(),
        number=shop_page,
        turn=Ask(api=SHOP_API, version="1.0", data=_asker(member_id)),
        seed=seed,
        pace=pace,
    )


def search_url(ref: ListRef) -> str:
    """The search page; keywords are GBK, since UTF-8 finds mojibake (§a1)."""
    if ref.kind is ListKind.CATEGORY:
        return f"{SEARCH}?categoryId={ref.value}"
    return f"{SEARCH}?keywords={quote(encoded(ref.value), safe='')}"


def encoded(keyword: str) -> bytes:
    """GBK, or GB18030 where GBK lacks a character; both agree on what both have."""
    try:
        return keyword.encode("gbk")
    except UnicodeEncodeError:
        return keyword.encode("gb18030")


def _shop_list(ref: ListRef, shop_url: str | None) -> str:
    host = ref.value if ref.has_host else _host_in(shop_url)
    if host:
        return f"https://{host}/page/offerlist.htm"
    return f"https://winport.m.1688.com/page/offerlist.html?memberId={ref.value}"


def _host_in(shop_url: str | None) -> str | None:
    try:
        known = ListRef.of(ListKind.SHOP, shop_url or "")
    except ListRefError:
        return None
    return known.value if known.has_host else None


def search_page(data: dict[str, Any]) -> int | None:
    """The page that a search's call asks for. The same call also brings what is no list (§a3)."""
    params = _inner(data.get("params"))
    return _positive(params.get("beginPage")) if params.get("method") == "getOfferList" else None


def shop_page(data: dict[str, Any]) -> int | None:
    """The page that a shop's call asks for; several modules of a shop use the same call (§b2)."""
    if str(data.get("componentKey")).lower() != SHOP_MODULE.lower():
        return None
    wanted = _inner(_inner(data.get("params")).get("appdata"))
    return _positive(wanted.get("pageNum"))


def _asker(member_id: str | None) -> Callable[[int, dict[str, Any] | None], dict[str, Any] | None]:
    """How a shop's page is asked for: as the page itself does, with another number."""

    def data(number: int, own: dict[str, Any] | None) -> dict[str, Any] | None:
        params = _inner(own.get("params")) if own else {}
        owner = params.get("memberId") or member_id
        if not owner:
            return None
        wanted = {**(_inner(params.get("appdata")) or _SHOP_QUESTION), "pageNum": number}
        asked = {**params, "memberId": owner, "appdata": wanted}
        return {
            "componentKey": SHOP_MODULE,
            "params": json.dumps(asked, ensure_ascii=False, separators=(",", ":")),
        }

    return data


_SHOP_QUESTION: dict[str, Any] = {
    "sortType": "wangpu_score",
    "sellerRecommendFilter": False,
    "mixFilter": False,
    "tradenumFilter": False,
    "quantityBegin": None,
    "pageNum": 1,
    "count": SHOP_PAGE,
}


def _inner(value: Any) -> dict[str, Any]:
    """An object that stands as itself or as JSON in a string; {} for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


def _positive(value: Any) -> int | None:
    """A page number, which pages write as a number or as digits."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else None
