"""The numbers of the house as a scraper wants them: no names of offers in them."""

from collections.abc import Iterator

from redis import Redis

from app.jobs.doorbell import RedisUnavailable
from app.services.desk import Desk
from app.services.metrics.guests import of_guests
from app.services.metrics.ledger import of_ledger
from app.services.metrics.machine import of_database, of_disk
from app.services.metrics.sample import Sample
from app.services.metrics.workers import of_workers
from app.store.engine import DatabaseUnavailable, reading


def samples(desk: Desk) -> list[Sample]:
    """Everything there is to measure; what does not answer is told as down, and left out."""
    return [*_of_database(desk), *_of_redis(desk.redis), *of_disk(desk.folder)]


def _of_database(desk: Desk) -> list[Sample]:
    what = "Whether the database answers."
    try:
        found = [*_told(desk), *of_guests(desk)]
    except DatabaseUnavailable:
        return [Sample(name="pwsync_database_up", help=what, value=0)]
    return [Sample(name="pwsync_database_up", help=what, value=1), *found]


def _told(desk: Desk) -> Iterator[Sample]:
    with reading(desk.engine) as conn:
        yield from of_database(conn)
        yield from of_ledger(conn)


def _of_redis(connection: Redis | None) -> list[Sample]:
    if connection is None:
        return []
    what = "Whether Redis answers."
    try:
        found = list(of_workers(connection))
    except RedisUnavailable:
        return [Sample(name="pwsync_redis_up", help=what, value=0)]
    return [Sample(name="pwsync_redis_up", help=what, value=1), *found]
