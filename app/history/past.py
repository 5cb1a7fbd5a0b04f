"""What an offer was: reckoned back from what it is now, change by change.

There is no table of observations. A visit that finds nothing new costs no row, and a chart over
years costs one range read of the offer's own changes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, select

from app import models
from app.models import table
from app.store.changes import CHANGE, Recorded, of_offer
from app.store.differences import revert
from app.store.facts import Facts, facts_of
from app.store.memory import EVERYBODY
from app.store.offers import StoredOffer

CARD = table(models.OfferCardRow)
MOMENT = timedelta(microseconds=1)
"""The databases' clocks know none shorter."""


class VersionUnknown(Exception):
    """The offer has no such version, or its changes were not kept yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A value and since when it held."""

    at: datetime
    value: Any
    version: int
    """Of the offer, that the value came with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What a list showed of an offer; its own source, never mixed with the offer's page."""

    at: datetime
    run_id: int
    price: str | None
    price_kind: str | None
    sold: int | None
    sold_text: str | None


def known(stored: StoredOffer, view: str = EVERYBODY) -> Facts:
    """All that is known of an offer now, whichever of its pages told it."""
    return stored.memory.known(facts_of(stored.item), view)


def facts_of_version(conn: Connection, stored: StoredOffer, version: int) -> Facts:
    """What was known of an offer as of one of its versions. Raises VersionUnknown.

    What was first told later has its first value; SKUs that have gone since stand last.
    """
    if not stored.recorded_from <= version <= stored.version:
        raise VersionUnknown(
            f"offer {stored.item.offer_id} has versions {stored.recorded_from} to "
            f"{stored.version}, not {version}"
        )
    facts = known(stored)
    for number, recorded in groupby(
        of_offer(conn, stored.item.offer_id), key=lambda one: one.version
    ):
        if number <= version:
            break
        differences = [one.difference for one in recorded if one.difference.view == EVERYBODY]
        facts = revert(facts, differences[::-1])
    return facts


def version_at(conn: Connection, stored: StoredOffer, moment: datetime) -> int:
    """The version that held at a moment; the first one for any time before it."""
    for one in of_offer(conn, stored.item.offer_id):
        if one.observed_at <= moment:
            return one.version
    return stored.recorded_from


def series(
    conn: Connection, stored: StoredOffer, field: str, key: str = "", *, view: str = EVERYBODY
) -> list[Point]:
    """The values of one field over time, the oldest first; each holds until the next."""
    now = known(stored, view).get(field, {}).get(key)
    found: list[Point] = []
    for one in of_offer(conn, stored.item.offer_id, field=field, key=key):
        if one.difference.view == view:
            point = Point(at=one.observed_at, value=one.difference.after, version=one.version)
            found.append(point)
            now = one.difference.before
    if now is not None:
        since = _known_since(conn, stored)
        found.append(Point(at=since, value=now, version=stored.recorded_from))
    # a page that was read anew has the last word on its moment
    return list({one.at: one for one in reversed(found)}.values())


def _known_since(conn: Connection, stored: StoredOffer) -> datetime:
    """Since when the first recorded version is known to have held.

    Where older ones were forgotten (`pruning`), so was its beginning: it held before the next one.
    """
    if stored.recorded_from == 1:
        return stored.first_seen_at
    kept = select(func.min(CHANGE.c.observed_at)).where(CHANGE.c.offer_id == stored.item.offer_id)
    oldest = conn.scalar(kept)
    return stored.changed_at if oldest is None else oldest - MOMENT


def listed(conn: Connection, offer_id: str, since: datetime | None = None) -> Iterator[Seen]:
    """What lists showed of an offer, the latest first."""
    query = select(CARD).where(CARD.c.offer_id == offer_id).order_by(CARD.c.seen_at.desc())
    if since is not None:
        query = query.where(CARD.c.seen_at >= since)
    for row in conn.execute(query).mappings():
        yield Seen(
            at=row["seen_at"],
            run_id=row["run_id"],
            price=None if row["price"] is None else f"{row['price']:.2f}",
            price_kind=row["price_kind_text"],
            sold=row["sold_count"],
            sold_text=row["sold_text"],
        )


def percent(one: Recorded) -> float | None:
    """By how much a number has moved, -12.5 for an eighth less; None if it is none or was 0."""
    try:
        before, after = (float(side) for side in (one.difference.before, one.difference.after))
    except (TypeError, ValueError):
        return None
    return (after - before) / before * 100 if before else None
