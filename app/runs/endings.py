"""What happened lately in a run, from the attempts' rows: for those who watch from elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, and_, select

from app import models
from app.models import table
from app.runs.outcomes import name_of
from app.store.engine import reading

ATTEMPT, OFFER = table(models.Attempt), table(models.Offer)
ITEM = table(models.RunItem)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """One try that has ended."""

    name: str
    """An offer's id, or `page 3` of the run's list."""
    ending: str
    at: datetime
    seconds: float
    reason: str | None
    title: str | None
    """Of the offer, where it is stored."""


def endings_since(engine: Engine, run_id: int, moment: datetime, *, limit: int) -> list[Ended]:
    """Tries that ended after `moment`, oldest first, the latest `limit` of them."""
    query = (
        select(
            ATTEMPT.c.offer_id,
            ATTEMPT.c.ending,
            ATTEMPT.c.ended_at,
            ATTEMPT.c.started_at,
            ATTEMPT.c.reason,
            OFFER.c.title,
            ITEM.c.kind,
        )
        .join(ITEM, and_(ITEM.c.run_id == ATTEMPT.c.run_id, ITEM.c.offer_id == ATTEMPT.c.offer_id))
        .join(OFFER, OFFER.c.offer_id == ATTEMPT.c.offer_id, isouter=True)
        .where(ATTEMPT.c.run_id == run_id, ATTEMPT.c.ended_at > moment)
        .order_by(ATTEMPT.c.ended_at.desc())
        .limit(limit)
    )
    with reading(engine) as conn:
        rows = conn.execute(query).all()
    return [
        Ended(
            name=name_of(row.kind, str(row.offer_id)),
            ending=row.ending,
            at=row.ended_at,
            seconds=(row.ended_at - row.started_at).total_seconds(),
            reason=row.reason,
            title=row.title,
        )
        for row in reversed(rows)
    ]
