"""Facets and grams for offers that have none: those stored by a pwsync that did not know them."""

from collections.abc import Iterator

from pydantic import ValidationError
from sqlalchemy import Connection, select

from app.store.facets import FACET, save_facet
from app.store.offers import OFFER, StoredOffer, load_many

PAGE = 200


def fill_facets(conn: Connection) -> int:
    """Write what is missing; how many offers that were. Those that have theirs are left alone.

    A row that no longer validates is passed over: it cannot be shown either; the audit names it.
    """
    done = 0
    for stored in _without(conn):
        save_facet(
            conn,
            stored.item,
            first_seen_at=stored.first_seen_at,
            changed_at=stored.changed_at,
            gone=stored.gone,
            is_new=True,
        )
        done += 1
    return done


def _without(conn: Connection) -> Iterator[StoredOffer]:
    last = "0"
    while True:
        query = (
            select(OFFER.c.offer_id)
            .join(FACET, FACET.c.offer_id == OFFER.c.offer_id, isouter=True)
            .where(OFFER.c.offer_id > last, FACET.c.offer_id.is_(None))
            .order_by(OFFER.c.offer_id)
            .limit(PAGE)
        )
        ids = list(conn.scalars(query))
        if not ids:
            return
        last = ids[-1]
        yield from _loaded(conn, ids)


def _loaded(conn: Connection, ids: list[str]) -> list[StoredOffer]:
    try:
        return load_many(conn, ids)
    except ValidationError:
        return [] if len(ids) == 1 else [one for each in ids for one in _loaded(conn, [each])]
