"""Products at several suppliers as the server's doors list, show and judge them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from app.groups import listing, review, rows
from app.groups.listing import Order, Page, Place
from app.groups.review import Product
from app.groups.rows import Doubt
from app.services import trail
from app.services.desk import Desk
from app.services.trail import Deed
from app.store.engine import reading, transact

MEMBERS = 100
"""Offers of a group that are compared and shown."""
VERDICTS: Mapping[str, str | None] = {"accept": "accepted", "reject": "rejected", "forget": None}
"""What a person can say of two offers, and how it is kept."""


class GroupUnknown(LookupError):
    """There is no such group, and no offer of one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A product, and how many offers it has; of a very large one, only the first are shown."""

    product: Product
    size: int
    said: Mapping[str, str | None]
    """Offer: what a person said of it and the first offer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubts:
    """Pairs that a person should look at, the likeliest first."""

    pairs: Sequence[Doubt]
    named: Mapping[str, tuple[str, Any]]
    """Offer: title and company."""
    found: int
    """How many there are among the likeliest pairs (`listing.questions`)."""


def listed(desk: Desk, *, order: Order, limit: int, after: Place | None = None) -> Page:
    """A page of groups."""
    with reading(desk.engine) as conn:
        return listing.page(conn, order, limit, after)


def shown(desk: Desk, offer_id: str, quantity: int = 1) -> Shown:
    """The group that an offer is of, the cheapest at a quantity first. Raises GroupUnknown."""
    with reading(desk.engine) as conn:
        found = review.product_of(conn, offer_id, quantity, most=MEMBERS)
        if found is None:
            raise GroupUnknown(f"offer {offer_id} is of no group")
        size = rows.size_of(conn, found.group_id)
        offer_ids = [each.offer.item.offer_id for each in found.supplies]
        pairs = rows.pairs_with(conn, found.group_id, offer_ids)
    return Shown(product=found, size=size, said={one.pair[1]: one.verdict for one in pairs})


def doubts(desk: Desk, limit: int) -> Doubts:
    """What a person should look at."""
    with reading(desk.engine) as conn:
        pairs, found = listing.questions(conn, limit)
        named = review.titles(conn, {each for one in pairs for each in one.pair})
    return Doubts(pairs=pairs, named=named, found=found)


def decide(desk: Desk, one: str, other: str, verb: str, deed: Deed) -> None:
    """Keep what a person says of two offers, and who it was; groups obey at once.

    Raises PairUnknown.
    """
    told = replace(deed, verb=verb, target=f"pair {one} {other}")

    def work(conn: Connection) -> None:
        review.decide(conn, one, other, VERDICTS[verb])
        trail.write(conn, told)

    transact(desk.engine, work)


def groups_of(desk: Desk, offer_ids: Sequence[str]) -> dict[str, str | None]:
    """The group that each offer is of."""
    with reading(desk.engine) as conn:
        found = rows.groups_of(conn, offer_ids)
    return {each: found.get(each) for each in offer_ids}
