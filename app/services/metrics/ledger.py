"""What the books say of runs and offers now, and how long offers took lately.

Each question is answered from an index or bounded, so that a scrape stays cheap however large the
books are.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from app import models
from app.models import table
from app.monitor.status import percentile
from app.runs.outcomes import LEASED, QUEUED, WORKED, RunState
from app.runs.states import ALIVE
from app.services.metrics.sample import Sample
from app.store import quarantine
from app.store.clock import now

RUN, ITEM, OFFER = table(models.Run), table(models.RunItem), table(models.Offer)
ATTEMPT = table(models.Attempt)
UNFINISHED = (QUEUED, LEASED)
GOING = RUN.c.state.in_((RunState.OPEN.value, RunState.RUNNING.value))
LATELY_SECONDS = 900.0
"""What ended since is lately."""
MOST_TRIES = 2_000
"""The latest tries that durations are taken from."""
QUANTILES = (0.5, 0.95, 0.99)


def of_ledger(conn: Connection) -> Iterator[Sample]:
    """Everything that is told from the books."""
    yield from _runs(conn)
    yield from _items(conn)
    yield from _due(conn)
    yield from _tries(conn)
    yield from _stored(conn)


def _runs(conn: Connection) -> Iterator[Sample]:
    states = conn.execute(select(RUN.c.state, func.count()).group_by(RUN.c.state))
    for state, number in states:
        labels = (("state", state),)
        yield Sample(name="pwsync_runs", help="Runs by state.", value=number, labels=labels)


def _items(conn: Connection) -> Iterator[Sample]:
    alive = RUN.c.state.in_(sorted(ALIVE))
    query = select(ITEM.c.state, func.count()).join(RUN, RUN.c.id == ITEM.c.run_id).where(alive)
    for state, number in conn.execute(query.group_by(ITEM.c.state)):
        what = "Offers and list pages of unfinished runs by state or outcome."
        labels = (("state", state),)
        yield Sample(name="pwsync_run_items", help=what, value=number, labels=labels)


def _due(conn: Connection) -> Iterator[Sample]:
    due = (ITEM.c.state.in_(UNFINISHED), GOING, ITEM.c.not_before <= now())
    backlog = select(func.count()).select_from(ITEM.join(RUN, RUN.c.id == ITEM.c.run_id))
    what = "Items that could be worked on now or are: what workers are scaled by."
    value = conn.scalar(backlog.where(*due)) or 0
    yield Sample(name="pwsync_items_due", help=what, value=value)
    of_run = (ITEM.c.run_id == RUN.c.id, ITEM.c.state == QUEUED)
    first = select(func.min(ITEM.c.not_before)).where(*of_run).scalar_subquery()
    since = [each for each in conn.scalars(select(first).where(GOING)) if each is not None]
    what = "Seconds that the item waits that has been due for longest; 0 if none is."
    age = (_present(conn) - min(since)).total_seconds() if since else 0.0
    yield Sample(name="pwsync_oldest_due_seconds", help=what, value=max(0.0, age))


def _tries(conn: Connection) -> Iterator[Sample]:
    found = _lately(conn)
    for ending, number in sorted(Counter(row.ending for row in found).items()):
        what = f"Tries that ended in the last 15 minutes, by ending; {MOST_TRIES:,} at most."
        labels = (("ending", ending),)
        yield Sample(name="pwsync_tries_lately", help=what, value=number, labels=labels)
    took = [_seconds(row) for row in found if row.ending in WORKED]
    for share in QUANTILES:
        if (value := percentile(took, share)) is None:
            return
        what = "Seconds from claim to outcome of the tries of the last 15 minutes."
        labels = (("quantile", str(share)),)
        yield Sample(name="pwsync_offer_seconds", help=what, value=value, labels=labels)


def _lately(conn: Connection) -> list[Any]:
    """The latest tries of runs that go on or went on lately, by the index of each run's tries."""
    since = now(-LATELY_SECONDS)
    recent = or_(RUN.c.state.in_(sorted(ALIVE)), RUN.c.closed_at > since)
    runs = list(conn.scalars(select(RUN.c.id).where(recent)))
    query = (
        select(ATTEMPT.c.ending, ATTEMPT.c.started_at, ATTEMPT.c.ended_at)
        .where(ATTEMPT.c.run_id.in_(runs), ATTEMPT.c.ended_at > since)
        .order_by(ATTEMPT.c.ended_at.desc())
        .limit(MOST_TRIES)
    )
    return list(conn.execute(query)) if runs else []


def _seconds(row: Any) -> float:
    ended, started = row.ended_at, row.started_at
    return float((ended - started).total_seconds())


def _stored(conn: Connection) -> Iterator[Sample]:
    value = conn.scalar(select(func.count()).select_from(OFFER)) or 0
    yield Sample(name="pwsync_offers", help="Offers stored.", value=value)
    waiting = quarantine.count(conn, waiting=True)
    what = "Refused pages that wait for a person."
    yield Sample(name="pwsync_quarantine_waiting", help=what, value=waiting)


def _present(conn: Connection) -> datetime:
    present: datetime = conn.execute(select(now())).scalar_one()
    return present
