"""The numbers of the ledger and the workers as a scraper wants them: no names of offers in them."""

from collections.abc import Iterator
from dataclasses import dataclass

from redis import Redis
from sqlalchemy import Connection, func, select

from app import models
from app.jobs import beacons, doorbell
from app.jobs.doorbell import RedisUnavailable
from app.models import table
from app.runs.outcomes import LEASED, QUEUED
from app.runs.states import ALIVE
from app.services.desk import Desk
from app.store import quarantine
from app.store.clock import now
from app.store.engine import DatabaseUnavailable, reading

RUN, ITEM, OFFER = table(models.Run), table(models.RunItem), table(models.Offer)
UNFINISHED = (QUEUED, LEASED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One number now."""

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def samples(desk: Desk) -> list[Sample]:
    """Everything there is to measure; what does not answer is told as down, and left out."""
    return [*_of_database(desk), *_of_redis(desk.redis)]


def _of_database(desk: Desk) -> list[Sample]:
    what = "Whether the database answers."
    try:
        with reading(desk.engine) as conn:
            found = [*_runs(conn), *_items(conn), *_stored(conn)]
    except DatabaseUnavailable:
        return [Sample(name="pwsync_database_up", help=what, value=0)]
    return [Sample(name="pwsync_database_up", help=what, value=1), *found]


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
    going = RUN.c.state.in_(("open", "running"))
    due = (ITEM.c.state.in_(UNFINISHED), going, ITEM.c.not_before <= now())
    backlog = select(func.count()).select_from(ITEM.join(RUN, RUN.c.id == ITEM.c.run_id))
    what = "Items that could be worked on now or are: what workers are scaled by."
    value = conn.scalar(backlog.where(*due)) or 0
    yield Sample(name="pwsync_items_due", help=what, value=value)


def _stored(conn: Connection) -> Iterator[Sample]:
    value = conn.scalar(select(func.count()).select_from(OFFER)) or 0
    yield Sample(name="pwsync_offers", help="Offers stored.", value=value)
    waiting = quarantine.count(conn, waiting=True)
    what = "Refused pages that wait for a person."
    yield Sample(name="pwsync_quarantine_waiting", help=what, value=waiting)


def _of_redis(connection: "Redis | None") -> list[Sample]:
    if connection is None:
        return []
    what = "Whether Redis answers."
    try:
        found = [*_workers(connection), *_bells(connection)]
    except RedisUnavailable:
        return [Sample(name="pwsync_redis_up", help=what, value=0)]
    return [Sample(name="pwsync_redis_up", help=what, value=1), *found]


def _workers(connection: "Redis") -> Iterator[Sample]:
    seen = beacons.seen(connection)
    yield Sample(name="pwsync_workers", help="Workers that are alive.", value=len(seen))
    slots = sum(one.slots for one in seen)
    yield Sample(name="pwsync_slots", help="Pages that workers can have at once.", value=slots)
    memory = {
        "worker": sum(one.memory_mb for one in seen),
        "browser": sum(one.pool.memory_mb or 0 for one in seen),
    }
    for role, megabytes in memory.items():
        what = "Memory in use by role."
        value, labels = megabytes * 2**20, (("role", role),)
        yield Sample(name="pwsync_memory_bytes", help=what, value=value, labels=labels)
    rate = sum(one.per_minute for one in seen) / 60
    yield Sample(name="pwsync_settled_per_second", help="Items settled lately.", value=rate)


def _bells(connection: "Redis") -> Iterator[Sample]:
    for queue in doorbell.queues(connection):
        with doorbell.reached(connection):
            value, labels = queue.count, (("queue", queue.name),)
        what = "RQ jobs that wait."
        yield Sample(name="pwsync_queue_jobs", help=what, value=value, labels=labels)
