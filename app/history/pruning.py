"""Forgetting old changes: whole versions of an offer, the oldest first, in short transactions.

What is stored now stays, and can be reckoned back to `Offer.recorded_from`, which moves along. What
is old is found by the index `(kind, observed_at)`: a pass reads that and nothing else, and one that
was killed goes on where it ended, since what it forgot is no more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, or_, select, update

from app import models
from app.models import table
from app.store.engine import consult, transact
from app.store.facts import Kind

OFFER, CHANGE = table(models.Offer), table(models.OfferChange)
PAGE = 500
"""Old changes that are looked at at once."""
OFFERS = 20
"""Offers of one transaction; workers that save one of them wait for it."""
ROWS = 500
"""Changes of an offer that one transaction forgets, or one version if it has more."""
KEY = (CHANGE.c.observed_at, CHANGE.c.offer_id, CHANGE.c.version, CHANGE.c.seq)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """What a pass forgot so far."""

    changes: int = 0
    transactions: int = 0


def prune(
    engine: Engine, before: datetime, tell: Callable[[Pruned], None] = lambda _: None
) -> Pruned:
    """Forget the versions of all offers that were made before a moment.

    One that was read anew and better (`reextract`) is as old as its page, but stands after newer
    ones; it stays until those go. Raises DatabaseUnavailable.
    """
    done = Pruned()
    for some in _found(engine, before):
        left: Sequence[str] = some
        while left:
            gone, left = transact(engine, partial(_forget, offer_ids=left, before=before))
            done = Pruned(changes=done.changes + gone, transactions=done.transactions + 1)
            tell(done)
    return done


def _found(engine: Engine, before: datetime) -> Iterator[list[str]]:
    """Offers with old changes, a few at a time and in the order in which rows are locked."""
    for kind in Kind:
        last: Mapping[Any, Any] | None = None
        while rows := consult(engine, partial(_old, kind=kind, before=before, last=last)):
            last = rows[-1]
            ids = sorted({row["offer_id"] for row in rows}, key=int)
            yield from (ids[start : start + OFFERS] for start in range(0, len(ids), OFFERS))


def _old(
    conn: Connection, kind: Kind, before: datetime, last: Mapping[Any, Any] | None
) -> Sequence[Mapping[Any, Any]]:
    query = select(*KEY).where(CHANGE.c.kind == kind.value, CHANGE.c.observed_at < before)
    if last is not None:
        query = query.where(CHANGE.c.observed_at >= last["observed_at"], _after(last))
    return conn.execute(query.order_by(*KEY).limit(PAGE)).mappings().all()


def _after(last: Mapping[Any, Any]) -> Any:
    at = [last[one.name] for one in KEY]
    return or_(
        *(
            and_(*(one == value for one, value in zip(KEY[:n], at, strict=False)), KEY[n] > at[n])
            for n in range(len(KEY))
        )
    )


def _forget(conn: Connection, offer_ids: Sequence[str], before: datetime) -> tuple[int, list[str]]:
    """How many changes went, and which of the offers have more that are old."""
    gone, left = 0, []
    query = select(OFFER.c.offer_id, OFFER.c.version).where(OFFER.c.offer_id.in_(offer_ids))
    for offer_id, version in conn.execute(query.order_by(OFFER.c.offer_id).with_for_update()):
        last = _last_old(conn, offer_id, version, before)
        end = _portion(conn, offer_id, last)
        gone += _drop(conn, offer_id, end)
        if end < last:
            left.append(offer_id)
    return gone, left


def _last_old(conn: Connection, offer_id: str, version: int, before: datetime) -> int:
    """The last version of which all before it are old, too."""
    kept = select(CHANGE.c.version).where(
        CHANGE.c.offer_id == offer_id, CHANGE.c.observed_at >= before
    )
    first = conn.scalar(kept.order_by(CHANGE.c.version).limit(1))
    return version if first is None else first - 1


def _portion(conn: Connection, offer_id: str, last: int) -> int:
    """The last version of those that one transaction forgets."""
    own = (CHANGE.c.offer_id == offer_id, CHANGE.c.version <= last)
    query = select(CHANGE.c.version).where(*own).order_by(CHANGE.c.version, CHANGE.c.seq)
    first, beyond = (conn.scalar(query.offset(place).limit(1)) for place in (0, ROWS))
    return last if beyond is None else max(first or 0, beyond - 1)


def _drop(conn: Connection, offer_id: str, last: int) -> int:
    own = (CHANGE.c.offer_id == offer_id, CHANGE.c.version <= last)
    gone = conn.execute(delete(CHANGE).where(*own)).rowcount
    if gone:
        conn.execute(update(OFFER).where(OFFER.c.offer_id == offer_id).values(recorded_from=last))
    return gone
