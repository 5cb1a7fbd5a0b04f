"""What the workers say of themselves, and what waits in Redis."""

from collections.abc import Iterator

from redis import Redis

from app.jobs import beacons, doorbell
from app.jobs.beacons import Beacon
from app.services.metrics.sample import Sample
from browsers.values import SlotState

IDLE = frozenset({SlotState.IDLE, SlotState.CLOSED})


def of_workers(connection: Redis) -> Iterator[Sample]:
    """Workers, their slots and memory, bells. Raises RedisUnavailable."""
    seen = beacons.seen(connection)
    yield Sample(name="pwsync_workers", help="Workers that are alive.", value=len(seen))
    yield from _slots(seen)
    yield from _memory(seen)
    rate = sum(one.per_minute for one in seen) / 60
    yield Sample(name="pwsync_settled_per_second", help="Items settled lately.", value=rate)
    starts = sum(one.pool.browser_starts for one in seen)
    what = "Times that the workers which are alive have started a browser."
    yield Sample(name="pwsync_browser_starts", help=what, value=starts)
    yield from _bells(connection)


def _slots(seen: list[Beacon]) -> Iterator[Sample]:
    slots = sum(one.slots for one in seen)
    yield Sample(name="pwsync_slots", help="Pages that workers can have at once.", value=slots)
    allowed = sum(one.slots if one.pool.allowed is None else one.pool.allowed for one in seen)
    what = "Those that memory, the loop and the site allow now; fewer are told in the log."
    yield Sample(name="pwsync_slots_allowed", help=what, value=allowed)
    busy = sum(slot.state not in IDLE for one in seen for slot in one.pool.slots)
    yield Sample(name="pwsync_slots_busy", help="Pages that they have now.", value=busy)


def _memory(seen: list[Beacon]) -> Iterator[Sample]:
    memory = {
        "worker": sum(one.memory_mb for one in seen),
        "browser": sum(one.pool.memory_mb or 0 for one in seen),
    }
    for role, megabytes in memory.items():
        what = "Memory in use by role: the workers' own, and their browsers' (PSS of the tree)."
        value, labels = megabytes * 2**20, (("role", role),)
        yield Sample(name="pwsync_memory_bytes", help=what, value=value, labels=labels)


def _bells(connection: "Redis") -> Iterator[Sample]:
    for queue in doorbell.queues(connection):
        with doorbell.reached(connection):
            value, labels = queue.count, (("queue", queue.name),)
        what = "RQ jobs that wait."
        yield Sample(name="pwsync_queue_jobs", help=what, value=value, labels=labels)
