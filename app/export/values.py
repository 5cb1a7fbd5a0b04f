"""What an export is made of: records in, rows out, and what a format is asked to do. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Protocol

from app.items import OfferItem, Sku
from app.store.offers import StoredOffer
from app.store.regions import region
from app.store.tags import keywords_of, tags_of

CENT = Decimal("0.01")


class ExportError(Exception):
    """An export that cannot be made as it was asked for; one sentence says why."""


class Per(StrEnum):
    """What a row is."""

    OFFER = "offer"
    SKU = "sku"
    PRODUCT = "product"
    """As the format wants it: a product with its variants."""


class Kind(StrEnum):
    """What a column holds, for formats that care."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    NUMBER = "number"
    MOMENT = "moment"
    FLAG = "flag"
    PICTURE = "picture"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One offer as an export sees it."""

    stored: StoredOffer
    thumbs: Mapping[str, Path] = field(default_factory=dict)
    """Small pictures that are kept, by the address they were fetched from."""

    @property
    def item(self) -> OfferItem:
        return self.stored.item

    @cached_property
    def tags(self) -> tuple[str, ...]:
        return tags_of(self.item)

    @cached_property
    def keywords(self) -> tuple[str, ...]:
        return keywords_of(self.item)

    @cached_property
    def region(self) -> tuple[str | None, str | None]:
        return region(self.item.freight.ship_from if self.item.freight else None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What a row tells of: an offer, or one of its SKUs."""

    record: Record
    sku: Sku | None = None


def lines(records: Sequence[Record], per: Per) -> list[Line]:
    """The rows of offers; per SKU, an offer without SKUs is one row of its own."""
    if per is not Per.SKU:
        return [Line(record=record) for record in records]
    return [
        Line(record=record, sku=sku) for record in records for sku in (record.item.skus or (None,))
    ]


def price_of(item: OfferItem, sku: Sku | None) -> Decimal | None:
    """What one piece costs a buyer of the least quantity, CNY; None where no price is shown."""
    if sku is not None and sku.price is not None:
        return sku.price
    if item.price_tiers:
        return item.price_tiers[0].price
    return item.price_max if sku is not None else item.price_min


@dataclass(frozen=True, kw_only=True, slots=True)
class Pricing:
    """How a price of the seller's becomes one of the shop's: times the rate, times the markup."""

    rate: Decimal = Decimal(1)
    """Of the shop's currency for one CNY."""
    markup: Decimal = Decimal(1)

    def cost(self, price: Decimal) -> Decimal:
        """What the shop pays, in its currency."""
        return (price * self.rate).quantize(CENT, ROUND_HALF_UP)

    def asked(self, price: Decimal) -> Decimal:
        """What the shop asks; never 0, for free is no price."""
        return max(CENT, (price * self.rate * self.markup).quantize(CENT, ROUND_HALF_UP))


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What became of some records."""

    rows: int
    left_out: int = 0
    """Offers that the format cannot carry, as one without a price."""


class Writer(Protocol):
    """Puts records into a file; nothing of it counts before `close`."""

    def write(self, records: Sequence[Record]) -> Written: ...

    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Sink:
    """Where a writer writes."""

    file: BinaryIO
    is_file: bool
    """Whether it is a file for a person, not a pipe; of such a one Excel wants to know the code."""
    scratch: Path
    """A folder for what is in the making; removed afterwards."""
