"""What each worker is doing now, in Redis for whoever watches: screen, console, reconciler.

Written about once a second, gone by itself when the worker is. Nothing relies on it being there.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from pydantic import TypeAdapter, ValidationError
from redis import Redis

from app.jobs.doorbell import reached
from app.runtime import Event
from browsers.values import PoolStatus

NAMES = "pwsync:beacons"
TTL_SECONDS = 15
LONGEST = 65_536
"""Bytes of one beacon that are read; a worker with 200 slots needs a third."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beacon:
    """A picture of one worker."""

    name: str
    host: str
    pid: int
    state: str
    """`idle`, `working`, `stopping`, or `alone`: working without Redis."""
    run_id: int | None = None
    slots: int = 0
    """Pages it can have at once, open or not."""
    pool: PoolStatus = field(default_factory=PoolStatus)
    per_minute: float = 0.0
    """Items settled in the last minute."""
    words: Mapping[str, int] = field(default_factory=dict)
    """How items ended here since the worker began: outcomes, `retry`, `fenced`, `blocked`."""
    memory_mb: int = 0
    """Of the worker's own process; the browser's is `pool.memory_mb`."""
    events: tuple[Event, ...] = ()
    """The latest, newest last. Their text may come from a page."""


_BEACON = TypeAdapter(Beacon)


def shine(connection: "Redis", name: str, beacon: Beacon) -> None:
    """Show a worker for the next quarter of a minute. Raises RedisUnavailable."""
    value = _BEACON.dump_json(_turned(beacon))
    with reached(connection), connection.pipeline() as pipe:
        pipe.sadd(NAMES, name)
        pipe.set(_key(name), value, ex=TTL_SECONDS)
        pipe.execute()


def fade(connection: "Redis", name: str) -> None:
    """Take a worker's beacon away. Raises RedisUnavailable."""
    with reached(connection), connection.pipeline() as pipe:
        pipe.srem(NAMES, name)
        pipe.delete(_key(name))
        pipe.execute()


def seen(connection: "Redis") -> list[Beacon]:
    """The workers that are alive, by name. Raises RedisUnavailable."""
    with reached(connection):
        names = sorted(cast("set[bytes]", connection.smembers(NAMES)))
        if not names:
            return []
        keys = [_key(name.decode(errors="replace")) for name in names]
        values = cast("list[bytes | None]", connection.mget(keys))
        dead = [name for name, value in zip(names, values, strict=True) if value is None]
        if dead:
            connection.srem(NAMES, *dead)
    return [beacon for value in values if value and (beacon := _read(value))]


def _read(value: bytes) -> Beacon | None:
    try:
        return _turned(_BEACON.validate_json(value[:LONGEST]))
    except ValidationError:
        return None  # of another version, or somebody else's


def _turned(beacon: Beacon) -> Beacon:
    """Moments of this process's clock as seconds ago, and back again on the reader's clock."""
    present = time.monotonic()
    slots = tuple(replace(slot, since=present - slot.since) for slot in beacon.pool.slots)
    return replace(beacon, pool=replace(beacon.pool, slots=slots))


def _key(name: str) -> str:
    return f"pwsync:beacon:{name}"
