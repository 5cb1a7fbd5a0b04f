"""What an alert waits for, and whether a page brings it. Pure.

An *event* happens with a version: a price fell, a SKU came. A *level* is crossed: the price is
below a limit; it fires when it becomes true, also at first sight, and again only after it was not.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.items import OfferItem
from app.store.differences import Difference
from app.store.facts import Kind

WORDS_LENGTH = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """What one page brought, as one view of the offer."""

    item: OfferItem | None
    """None of an offer that is gone."""
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class PriceDrop:
    """Some price fell by at least so many percent at once."""

    percent: Decimal
    is_level = False

    def __str__(self) -> str:
        return f"a price fell by {self.percent:f} % or more"

    def told(self, news: News) -> str | None:
        """The deepest fall, in words; None where none is deep enough."""
        falls = [(fall, one) for one in news.differences if (fall := _fall(one)) >= self.percent]
        if not falls:
            return None
        fall, one = max(falls, key=lambda pair: pair[0])
        return f"{_moved(one)} (-{fall:.1f} %)"


@dataclass(frozen=True, slots=True)
class Happened:
    """Differences of these kinds."""

    kinds: frozenset[Kind]
    is_level = False

    def __str__(self) -> str:
        return " or ".join(sorted(kind.replace("_", " ") for kind in self.kinds))

    def told(self, news: News) -> str | None:
        """The first of them and how many more, in words; None where there is none."""
        found = [one for one in news.differences if one.kind in self.kinds]
        if not found:
            return None
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        return f"{found[0].kind.replace('_', ' ')}: {_moved(found[0])}{more}"


@dataclass(frozen=True, slots=True)
class PriceBelow:
    """The lowest price is below a limit."""

    limit: Decimal
    is_level = True

    def __str__(self) -> str:
        return f"the price is below {self.limit:f}"

    def told(self, news: News) -> str | None:
        """The price in words where it is below, `""` where it is not, None where it is unknown."""
        price = news.item.price_min if news.item else None
        return None if price is None else f"price_min {price:f}" if price < self.limit else ""


@dataclass(frozen=True, slots=True)
class StockBelow:
    """The declared stock is below a limit."""

    limit: int
    is_level = True

    def __str__(self) -> str:
        return f"the stock is below {self.limit:,}"

    def told(self, news: News) -> str | None:
        """The stock in words where it is below, `""` where it is not, None where it is unknown."""
        stock = news.item.stock if news.item else None
        return None if stock is None else f"stock {stock:,}" if stock < self.limit else ""


Condition = PriceDrop | Happened | PriceBelow | StockBelow


@dataclass(frozen=True, kw_only=True, slots=True)
class Alert:
    """Whom to tell what about which offers."""

    name: str
    condition: Condition
    offers: frozenset[str] | None = None
    """Ids; None: not chosen by id."""
    supplier: str | None = None
    """Member id, login id or name of the company."""
    batch: str | None = None
    """Only what runs of this batch see."""
    targets: tuple[str, ...] = ()
    """Marks of the addresses that are told; the addresses themselves only couriers know."""

    @property
    def mark(self) -> str:
        """Changes with the condition: an alert with another limit has crossed nothing yet."""
        return hashlib.sha256(repr(self.condition).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What people are told. Foreign text in it is on one line, without control characters."""

    subject: str
    body: str


def message(alert: Alert, told: str, *, title: str, url: str) -> Message:
    """The message of a firing."""
    return Message(
        subject=f"{alert.name}: {words(title)}",
        body=f"{words(told)}\n{words(title)}\n{url}\n({alert.condition})",
    )


def words(text: str) -> str:
    """Foreign text on one line, without what hides or turns text."""
    plain = (" " if unicodedata.category(char)[0] in "CZ" else char for char in text)
    return "".join(plain)[:WORDS_LENGTH]


def of_view(differences: Iterable[Difference], view: str) -> list[Difference]:
    """Differences that the buyer of a view was shown: everybody's, and its own prices."""
    return [one for one in differences if one.view in ("", view)]


def _fall(one: Difference) -> Decimal:
    if one.kind is not Kind.PRICE or not one.before:
        return Decimal(0)
    before, after = Decimal(one.before), Decimal(one.after)
    return (before - after) / before * 100 if before else Decimal(0)


def _moved(one: Difference) -> str:
    name = f"{one.field} {one.key}" if one.key else one.field
    before, after = _side(one.before), _side(one.after)
    return f"{name} {before} → {after}" if before and after else f"{name} {before or after}"


def _side(told: Any) -> str:
    if isinstance(told, dict):
        told = told.get("options", told)
        return " ".join(str(value) for value in told.values())
    if isinstance(told, list):
        return ", ".join(str(each) for each in told)
    return "" if told is None else str(told)
