"""Stored offers as the server's doors list and show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from app.filters import form
from app.filters.hits import Hit, hits
from app.filters.parse import parse
from app.filters.search import SORTS, Place, count, search
from app.filters.values import EVERYTHING, All, FilterError, Query
from app.history.past import Point, series
from app.images.holdings import covers
from app.services.desk import Desk
from app.store import changes, offers
from app.store.changes import Recorded
from app.store.engine import reading
from app.store.offers import StoredOffer

MOMENTS, AMOUNTS = frozenset({"changed", "new"}), frozenset({"cheap", "dear"})
"""Orders whose places hold a moment, or an amount."""
LINES = ("price_min", "stock")
"""Fields that are shown over time."""
NOTHING: Mapping[str, str] = {}
MOST, DIGITS = 2**63 - 1, 18
"""What the databases' whole numbers and amounts can hold, or more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A page of offers."""

    hits: Sequence[Hit]
    covers: Mapping[str, str]
    """sha256 of each offer's first picture, where it was fetched."""
    next: tuple[Any, str] | None
    """Where the following page begins: a value of the order, and an offer."""
    found: int
    """How many there are, counted up to 1,000."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where the value of a field is from."""

    carrier: str
    path: str
    """Within the carrier."""
    layout: str
    version: int
    """Of the offer, in which it became what it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One offer, and what of it changed, newest first."""

    stored: StoredOffer
    changes: Sequence[Recorded]
    origins: Mapping[str, Origin]
    """Of each field that is known."""
    lines: Mapping[str, Sequence[Point]]
    """The values of each field of LINES over time, the oldest first."""


def query_of(words: str, where: str, answers: Mapping[str, str] = NOTHING) -> Query:
    """Words, a filter and answers to a form, all of which have to hold. Raises FilterError."""
    parts = (parse(words), parse(where), form.query_of(answers))
    asked = tuple(part for part in parts if part != EVERYTHING)
    if not asked:
        return EVERYTHING
    return asked[0] if len(asked) == 1 else All(parts=asked)


def place_of(sort: str, word: Any) -> Place | None:
    """The place that JSON values stand for. Raises FilterError if they are none of this order."""
    if word is None:
        return None
    try:
        value, offer_id = word
        return Place(value=_typed(sort, value), offer_id=str(_whole(offer_id)))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise FilterError("the cursor is none of this order: begin without one") from error


def _typed(sort: str, value: Any) -> Any:
    if value is None:
        return None
    if sort in MOMENTS:
        return _moment(value)
    if sort in AMOUNTS:
        return _amount(value)
    return str(_whole(value)) if sort == "id" else _whole(value)


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.astimezone(UTC)


def _amount(value: Any) -> Decimal:
    amount = Decimal(value)
    if not amount.is_finite() or abs(amount.adjusted()) > DIGITS:
        raise ValueError("no amount that is stored")
    return amount


def _whole(value: Any) -> int:
    number = int(value)
    if not -MOST <= number <= MOST:
        raise ValueError("larger than what is stored")
    return number


def listed(
    desk: Desk, query: Query, *, sort: str, limit: int, after: Place | None = None
) -> Listed:
    """A page of what a query finds. Raises FilterError."""
    if sort not in SORTS:
        raise FilterError(f"there is no order '{sort}'; known: {', '.join(SORTS)}")
    with reading(desk.engine) as conn:
        page = search(conn, query, sort=sort, limit=limit, after=after)
        found = hits(conn, page.offer_ids)
        pictures = covers(conn, page.offer_ids)
        total = len(found) if page.next is None and after is None else count(conn, query)
    more = (_plain(page.next.value), page.next.offer_id) if page.next else None
    return Listed(hits=found, covers=pictures, next=more, found=total)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def shown(desk: Desk, offer_id: str, *, latest: int = 50) -> Shown | None:
    """One offer with its latest changes; None if it is not stored."""
    with reading(desk.engine) as conn:
        stored = offers.load(conn, offer_id)
        if stored is None:
            return None
        return Shown(
            stored=stored,
            changes=tuple(islice(changes.of_offer(conn, offer_id), latest)),
            origins=_origins(stored, changes.versions_of_fields(conn, offer_id)),
            lines={name: series(conn, stored, name) for name in LINES},
        )


def _origins(stored: StoredOffer, versions: Mapping[str, int]) -> dict[str, Origin]:
    latest: dict[str, int] = {}
    for field, version in versions.items():
        name = field.partition(".")[0]
        latest[name] = max(version, latest.get(name, 0))
    item = stored.item
    return {
        name: Origin(
            carrier=one.carrier,
            path=one.path,
            layout=item.layout,
            version=latest.get(name, stored.recorded_from),
        )
        for name, one in item.provenance.items()
    }
