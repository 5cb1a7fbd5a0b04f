"""What changed over all offers, as the server's doors tell it."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from sqlalchemy import select

from app.history.movements import NOISE, Movement, Wanted, movements
from app.services.desk import Desk
from app.store.clock import now
from app.store.engine import reading
from app.store.facts import Kind

MOST_HOURS = 24 * 366


def latest(
    desk: Desk, *, hours: int, kind: Kind | None, least: float, limit: int
) -> Sequence[Movement]:
    """The latest changes of the last hours; of one kind, or of all that mean something.

    `least`: percent by which a number must have moved, up or down.
    """
    kinds = frozenset({kind}) if kind else frozenset(Kind) - NOISE
    with reading(desk.engine) as conn:
        since = conn.execute(select(now())).scalar_one() - timedelta(hours=hours)
        wanted = Wanted(since=since, kinds=kinds, least=least)
        return tuple(islice(movements(conn, wanted), limit))
