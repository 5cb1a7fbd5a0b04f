"""RQ's queues and the workers that listen, as they are now; looked at without touching anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redis import Redis
from rq.registry import BaseRegistry

from app.jobs import beacons, doorbell
from app.jobs.beacons import Beacon
from app.jobs.doorbell import BellQueue, reached

STATES = ("queued", "started", "scheduled", "deferred", "finished", "failed", "canceled")


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """One queue."""

    name: str
    jobs: Mapping[str, int]
    """By state, all of `STATES`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Queues:
    """All queues, the most urgent first, and all workers that are alive, by name."""

    queues: Sequence[Waiting]
    workers: Sequence[Beacon]


def look(connection: Redis) -> Queues:
    """How they stand. Raises RedisUnavailable."""
    with reached(connection):
        found = [_waiting(queue) for queue in doorbell.queues(connection)]
    return Queues(queues=found, workers=beacons.seen(connection))


def _waiting(queue: BellQueue) -> Waiting:
    registries: Mapping[str, BaseRegistry] = {
        "started": queue.started_job_registry,
        "scheduled": queue.scheduled_job_registry,
        "deferred": queue.deferred_job_registry,
        "finished": queue.finished_job_registry,
        "failed": queue.failed_job_registry,
        "canceled": queue.canceled_job_registry,
    }
    # RQ's own count tidies up first, and its tidying is not safe against that of others
    jobs = {state: int(one.get_job_count(cleanup=False)) for state, one in registries.items()}
    return Waiting(name=queue.name, jobs={"queued": queue.count, **jobs})
