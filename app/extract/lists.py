"""Saved search and shop answers -> offer cards, by a table of the answers' shapes.

Cards that are no offers are dropped, ads are marked. An answer that says success and brings no list
is refused: it does not mean that the shop is empty.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.cards import OfferCard
from app.extract.base import Blocked, LayoutUnknown
from app.extract.carriers import cut_object, decode, parse_state
from app.extract.fields import count, identifier, image, limit, price, share, site_url, text
from app.extract.paths import Steps, Tree, steps
from browsers.blocks import detect

_JSONP = re.compile(rb"\s*(?:mtopjsonp\w{0,40}|[A-Za-z_]\w{0,40})\s*\(\s*(?=\{)")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_AMOUNT = re.compile(r"[0-9][0-9.,]*[万亿]?\+?")
_TIER = re.compile(r"(?:≥\s*)?([0-9]{1,10})(?:\s*[~-]\s*([0-9]{1,10}))?")
_PLATFORM = "全网"
_EXPOSED = re.compile(r"(?:^|\^)(position|page_num|_p_isad)@([^^]*)")
_AD_HOST = re.compile(r"https?://(?:detailp4p|dj)\.1688\.com/")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One kind of answer: a mark that stands in it, where its list is, how a card is read."""

    mark: bytes
    places: tuple[Steps, ...]
    """Nodes that hold the list, the deepest wrapping first."""
    list_name: str
    total_name: str
    """The member that tells how many there are; "0" explains a missing list."""
    read: Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page of a list."""

    cards: list[OfferCard]
    total: int | None = None
    """How many offers the list says it has."""


def read(document: bytes) -> list[OfferCard] | None:
    """The cards, or None if the document is no such answer. Raises ExtractError."""
    page = read_page(document)
    return None if page is None else page.cards


def read_page(document: bytes) -> Page | None:
    """The page, or None if the document is no such answer. Raises ExtractError."""
    block = detect(url=None, status=200, document=document)
    if block:
        raise Blocked(f"{block.name}: {block.evidence}", rule=block.rule)
    source = decode(document)
    wrapped = _JSONP.match(source)
    start = wrapped.end() if wrapped else len(source) - len(source.lstrip())
    kinds = [kind for kind in ANSWERS if kind.mark in source]
    if source[start : start + 1] != b"{" or not (kinds or _is_bare_success(source)):
        return None
    answer = Tree(parse_state(cut_object(source, start)))
    for kind in kinds:
        page = _page(kind, answer)
        if page is not None:
            return page
    if answer.at(("data",)) == {}:
        raise LayoutUnknown("the answer says success and brings nothing", rule="empty_answer")
    return None


def _is_bare_success(source: bytes) -> bool:
    return b'"ret"' in source and b'"SUCCESS' in source


def _page(kind: Answer, answer: Tree) -> Page | None:
    for place in kind.places:
        node = answer.at(place)
        if not isinstance(node, dict):
            continue
        records = node.get(kind.list_name)
        total = count(node.get(kind.total_name))
        if isinstance(records, list):
            cards = list(_valid(kind.read(record) for record in _of_offers(records)))
            return Page(cards=cards, total=total)
        if total == 0:
            return Page(cards=[], total=0)
    return None


def _of_offers(records: list[Any]) -> Iterator[dict[str, Any]]:
    for record in records:
        if isinstance(record, dict):
            yield record


def _valid(cards: Iterator[dict[str, Any]]) -> Iterator[OfferCard]:
    for card in cards:
        try:
            yield OfferCard.model_validate(card)
        except ValidationError:
            continue  # no offer at all, or a hint that breaks a rule: not worth the others


def _search_card(item: dict[str, Any]) -> dict[str, Any]:
    tree = Tree(item)
    exposed = dict(_EXPOSED.findall(_words(tree, "trackInfo.expoArgs.ext_expo_data")))
    link = _words(tree, "data.linkUrl")

    def told(path: str) -> Any:
        return tree.at(steps(f"data.{path}"))

    return {
        "offer_id": identifier(told("offerId")),
        "title": plain_title(told("title")),
        "price": price(told("priceInfo.price")),
        "price_kind_text": text(told("priceInfo.priceDescription")),
        "price_tiers": quantity_prices(told("shopAddition.quantityPrices")),
        "image_url": first_image(told("offerPicUrl")) or first_image(told("odPicUrl")),
        "sold": sold(told("afterPrice.text"), told("bookedCount")),
        "repurchase_rate": share(told("offerRepurchaseRate")),
        "is_ad": _AD_HOST.match(link) is not None or exposed.get("_p_isad") == "1",
        "position": limit(exposed.get("position")),
        "page": limit(exposed.get("page_num")),
        "province": text(told("province")),
        "city": text(told("city")),
        "supplier": supplier(
            member_id=identifier(told("memberId")),
            login_id=text(told("loginId")),
            company_name=text(told("shop.text")),
            shop_url=shop_address(told("shopAddition.shopLinkUrl")),
            years=limit(told("shop.tpYear")),
        ),
    }


def _shop_card(item: dict[str, Any]) -> dict[str, Any]:
    points = item.get("offerPointModelList")
    rates = [
        share(point.get("pointText"))
        for point in (points if isinstance(points, list) else ())
        if isinstance(point, dict) and point.get("pointCode") == "repurchaseRate"
    ]
    pictures = item.get("offerImages")
    picture = pictures[0] if isinstance(pictures, list) and pictures else None
    return {
        "offer_id": identifier(item.get("id")),
        "title": plain_title(item.get("subject")),
        "price": price(item.get("handPrice")) or price(item.get("offerPrice")),
        "image_url": image(picture.get("imageURI")) if isinstance(picture, dict) else None,
        "sold": sold(item.get("vagueSaleQuantity"), item.get("thirtySaleQuantity")),
        "repurchase_rate": rates[0] if rates else None,
        "supplier": supplier(member_id=identifier(item.get("memberId"))),
    }


def _words(tree: Tree, path: str) -> str:
    node = tree.at(steps(path))
    return node if isinstance(node, str) else ""


def plain_title(value: Any) -> str | None:
    """The title without the tags that highlight the keyword."""
    return text(_TAG.sub("", value)) if isinstance(value, str) else None


def first_image(value: Any) -> str | None:
    """The first of one or several addresses joined by commas."""
    return image(value.split(",")[0]) if isinstance(value, str) else None


def shop_address(value: Any) -> str | None:
    """A shop's address without what tells where a visitor came from."""
    return site_url(value.partition("?")[0]) if isinstance(value, str) else None


def sold(shown: Any, in_thirty_days: Any) -> dict[str, Any] | None:
    """This offer's sales as shown (`已售1200+件`), else those of the last thirty days.

    The whole platform's (`全网…`) are somebody else's.
    """
    if isinstance(shown, str) and _PLATFORM not in shown:
        written = _AMOUNT.search(shown)
        if written:
            return {"count": count(written[0]), "text": written[0]}
    recent = count(in_thirty_days)
    return {"count": recent, "window": "30天"} if recent else None


def quantity_prices(node: Any) -> list[dict[str, Any]]:
    """`[{quantity: "1~299件" | "≥1200个", value}]`; [] unless it ascends."""
    tiers: list[dict[str, Any]] = []
    for record in node if isinstance(node, list) else ():
        span = text(record.get("quantity")) if isinstance(record, dict) else None
        found = _TIER.match(span or "")
        cost = price(record.get("value")) if found else None
        if found and cost:
            end = int(found[2]) if found[2] else None
            tiers.append({"min_quantity": int(found[1]), "max_quantity": end, "price": cost})
    starts = [tier["min_quantity"] for tier in tiers]
    return tiers if starts == sorted(set(starts)) else []


def supplier(**members: Any) -> dict[str, Any] | None:
    """The members, or None if none of them is told."""
    return members if any(value is not None for value in members.values()) else None


ANSWERS: tuple[Answer, ...] = (
    Answer(
        mark=b'"OFFER"',
        places=(("data", "data", "OFFER"), ("data", "OFFER"), ("OFFER",)),
        list_name="items",
        total_name="found",
        read=_search_card,
    ),
    Answer(
        mark=b'"offerCount"',
        places=(("data", "content"), ("content",)),
        list_name="offerList",
        total_name="offerCount",
        read=_shop_card,
    ),
    Answer(
        mark=b'"offerModuleList"',
        places=(("data",), ()),
        list_name="offerModuleList",
        total_name="totalCount",
        read=_shop_card,
    ),
)
