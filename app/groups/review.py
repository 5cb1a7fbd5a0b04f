"""What a person says of two offers, kept for good; and groups as they are shown."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from app.groups import rows
from app.groups.build import Known, regroup, weigh
from app.groups.evidence import Comparison
from app.groups.ranking import Quote, quote, ranked
from app.groups.union import pair
from app.store.clock import now
from app.store.offers import StoredOffer, load_many
from app.store.upsert import upsert


class PairUnknown(Exception):
    """Two offers that cannot be judged: one is not stored, was not looked at, or both are one."""


def decide(conn: Connection, one: str, other: str, verdict: str | None) -> None:
    """Keep that two offers are one product (`accepted`) or not (`rejected`); None takes it back.

    Groups obey at once. Raises PairUnknown.
    """
    known, key = Known(), pair(one, other)
    found = weigh(conn, *key, known) if one != other else None
    if found is None:
        raise PairUnknown(
            f"{one} and {other}: name two offers that `pwsync groups build` has looked at"
        )
    upsert(conn, rows.PAIR, [rows.pair_row(key, found)])
    said = {"verdict": verdict, "decided_at": now() if verdict else None}
    own = (rows.PAIR.c.offer_id == key[0], rows.PAIR.c.other_id == key[1])
    conn.execute(update(rows.PAIR).where(*own).values(said))
    for each in key:
        regroup(conn, each, known)


@dataclass(frozen=True, kw_only=True, slots=True)
class Supply:
    """One supplier's offer of a product."""

    offer: StoredOffer
    confidence: float
    quote: Quote
    because: Comparison | None
    """How it compares with the offer that was asked about, else with the group's first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """A product with its suppliers, the cheapest at the quantity first."""

    group_id: str
    supplies: tuple[Supply, ...]

    @property
    def confidence(self) -> float:
        """That of its least sure member."""
        return min(each.confidence for each in self.supplies)


def product_of(
    conn: Connection, offer_id: str, quantity: int, *, most: int | None = None
) -> Product | None:
    """The product that an offer is of; None while nobody else is known to sell it.

    `most`: only so many of its offers, the smallest ids.
    """
    group_id = rows.groups_of(conn, [offer_id]).get(offer_id)
    return None if group_id is None else _product(conn, group_id, quantity, offer_id, most)


def products(
    conn: Connection, quantity: int, *, count: int, min_confidence: float = 0.0
) -> tuple[list[Product], int]:
    """The products with the most offers, and how many there are."""
    size, least = func.count(), func.min(rows.MEMBER.c.confidence)
    held = (
        select(rows.MEMBER.c.group_id, size.label("size"))
        .group_by(rows.MEMBER.c.group_id)
        .having(least >= min_confidence)
    )
    total = conn.scalar(select(func.count()).select_from(held.subquery())) or 0
    first = held.order_by(size.desc(), rows.MEMBER.c.group_id).limit(count)
    ids = [group_id for group_id, _ in conn.execute(first)]
    return [_product(conn, each, quantity, each) for each in ids], total


def _product(
    conn: Connection, group_id: str, quantity: int, asked: str, most: int | None = None
) -> Product:
    query = select(rows.MEMBER.c.offer_id, rows.MEMBER.c.confidence)
    own = query.where(rows.MEMBER.c.group_id == group_id).order_by(rows.MEMBER.c.offer_id)
    found = dict(conn.execute(own.limit(most)).all())
    stored = {each.item.offer_id: each for each in _loaded(conn, sorted(found, key=int))}
    quotes = {key: quote(one.item, quantity, gone=one.gone) for key, one in stored.items()}
    because = _because(conn, asked, stored)
    supplies = (
        Supply(
            offer=stored[key],
            confidence=float(found[key]),
            quote=one,
            because=because(key),
        )
        for key, one in ranked(quotes.items())
    )
    return Product(group_id=group_id, supplies=tuple(supplies))


def _loaded(conn: Connection, offer_ids: Sequence[str]) -> list[StoredOffer]:
    parts = (offer_ids[start : start + 200] for start in range(0, len(offer_ids), 200))
    return [one for part in parts for one in load_many(conn, part)]


def _because(
    conn: Connection, asked: str, offer_ids: Collection[str]
) -> Callable[[str], Comparison | None]:
    known = Known()
    known.of(conn, [asked, *offer_ids])
    return lambda other: None if other == asked else weigh(conn, asked, other, known)


def titles(conn: Connection, offer_ids: Collection[str]) -> dict[str, tuple[str, Any]]:
    """Offer -> title and company."""
    query = select(rows.OFFER.c.offer_id, rows.OFFER.c.title, rows.OFFER.c.supplier)
    found = conn.execute(query.where(rows.OFFER.c.offer_id.in_(offer_ids)))
    return {key: (title, (supplier or {}).get("company_name")) for key, title, supplier in found}
