"""What a page told, as a set of marks: `images`, `title`, `title:han`, `price_min:cents`. Pure.

A mark is a field of CONTRACT §1 that holds something, and one more for the kind of its value where
kinds can be told apart. Marks are what is counted: a field that is renamed in the page takes its
marks away, a price that is written in another scale takes its cents away.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

from app.extract.base import ExtractError
from app.items import OfferItem, PriceKind, Status, Value

NOT_COUNTED = frozenset(
    {"offer_id", "url", "language", "currency", "layout", "provenance", "description_images"}
)
"""What an offer is, how we were served, and what no page tells: pictures of its description are
had by themselves, and a page that leaves them out has lost nothing."""
MOODY = ("list_price_min", "list_price_max", "skus.list_price", "flags.promotion", "price_kind:")
"""What many sellers begin or end on one day: that a known offer tells it no more says nothing."""
COUNTED = tuple(name for name in OfferItem.model_fields if name not in NOT_COUNTED)
JUMP = 5
"""A price is told in another scale if it is so many times the stored one, or so small a part."""
SCALED = ("price_min", "price_max")


def marks_of(item: OfferItem) -> frozenset[str]:
    """The marks of a page. Unknown values, empty lists and the status `unknown` tell nothing."""
    found: set[str] = set()
    for name in COUNTED:
        _mark(found, name, getattr(item, name))
    return frozenset(found)


def _mark(found: set[str], path: str, value: Any) -> None:
    """Once an offer: each page has hundreds of values, most of them in lists of the same shape."""
    if value is None or value is Status.UNKNOWN or value == {}:
        return
    if isinstance(value, Value):
        for name in type(value).model_fields:
            _mark(found, f"{path}.{name}", getattr(value, name))
    elif isinstance(value, list):
        if value:
            found.add(path)
        for each in value:
            _mark(found, path, each)
    else:
        found.add(path)
        if kind := _kind(value):
            found.add(f"{path}:{kind}")


def _kind(value: Any) -> str | None:
    match value:
        case PriceKind():
            return value.value
        case Enum():
            return None
        case Decimal():
            return "cents" if value % 1 else None
        case str():
            return "han" if any("\u4e00" <= char <= "\u9fff" for char in value) else None
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What the page of a known offer tells of what was stored from its last one."""

    kept: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()


def compare(before: OfferItem, now: OfferItem, told: frozenset[str]) -> Compared:
    """Which of the marks that `before` had are `told` again by `now`, and which are not.

    That an offer was off the shelf is no mark of it: it was noted when the offer was gone.
    Raises ValueError for another layout.
    """
    if before.layout != now.layout:
        raise ValueError(f"pages of {before.layout} and {now.layout} tell in ways of their own")
    had = told if before is now else marks_of(before)
    noted = {"status"} if before.status is Status.OFF_SHELF else set()
    had = frozenset(mark for mark in had - noted if not mark.startswith(MOODY))
    jumps = {f"{name}:scale": jumped for name, jumped in _jumps(before, now)}
    return Compared(
        kept=(had & told) | {mark for mark, jumped in jumps.items() if not jumped},
        lost=(had - told) | {mark for mark, jumped in jumps.items() if jumped},
    )


def _jumps(before: OfferItem, now: OfferItem) -> Iterator[tuple[str, bool]]:
    for name in SCALED:
        old, new = getattr(before, name), getattr(now, name)
        if old and new:
            yield name, not 1 / Decimal(JUMP) < new / old < JUMP


def seller_of(item: OfferItem) -> str:
    """A short word for whose offer it is, always the same; empty where the page does not tell."""
    known = item.supplier
    name = (known and (known.member_id or known.login_id or known.company_name)) or ""
    return hashlib.sha256(name.encode()).hexdigest()[:8] if name else ""


def place_of(field: str | None) -> str | None:
    """A field without what is each page's own: `skus.0.options.红色` is `skus.options`."""
    parts = [part for part in (field or "").split(".") if part.isascii() and part.isidentifier()]
    return ".".join(parts) or None


def refusal_of(error: ExtractError) -> str:
    """Why a page was refused, in the same words for each page that is refused so."""
    words = (error.type, error.rule, place_of(error.field))
    return " ".join(word for word in words if word)
