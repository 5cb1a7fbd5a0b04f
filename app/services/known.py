"""Which of the offers that somebody wants are stored already, and which were seen just lately."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select

from app import models
from app.models import table
from app.services.wanted import Wanted
from app.store.clock import now
from app.store.engine import consult

OFFER = table(models.Offer)
PORTION = 500
"""Ids in one question."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the database has of an input's offers."""

    stored: int = 0
    skipped: Mapping[str, str] = field(default_factory=dict)
    """Offers that were seen within `Wanted.skip_seen_hours`, each with the reason to skip it."""


def look(engine: Engine, wanted: Wanted) -> Known:
    """What is known of the offers; nothing of a list's, which nobody has read yet.

    Raises DatabaseUnavailable.
    """
    if wanted.intake is None:
        return Known()
    ids = [ref.offer_id for ref in wanted.intake.accepted]
    return consult(engine, lambda conn: _known(conn, ids, wanted.skip_seen_hours))


def _known(conn: Connection, ids: Sequence[str], hours: int | None) -> Known:
    since = conn.execute(select(now(-3600 * (hours or 0)))).scalar_one()
    rows = list(_rows(conn, ids))
    seen = {offer_id: at for offer_id, at in rows if hours and at >= since}
    skipped = {one: f"seen at {_told(at)}, within {hours} h" for one, at in seen.items()}
    return Known(stored=len(rows), skipped=skipped)


def _rows(conn: Connection, ids: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for start in range(0, len(ids), PORTION):
        portion = ids[start : start + PORTION]
        query = select(OFFER.c.offer_id, OFFER.c.observed_at).where(OFFER.c.offer_id.in_(portion))
        for offer_id, at in conn.execute(query):
            yield str(offer_id), at


def _told(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes")
