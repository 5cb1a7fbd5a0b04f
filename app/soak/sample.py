"""One line of measurements of this process and what it has started. Cheap enough for every second.

A sample is a flat JSON object of numbers, but for the lists of page times and beats since the last
one, and the maps by role.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, func, select, table, text
from sqlalchemy.pool import QueuePool

from app.soak.kin import Kin
from app.soak.meters import MILLISECONDS, Pages, Pulse
from app.store.engine import StoreError, consult
from browsers.values import PoolStatus

Sample = dict[str, Any]
MIB = 1 << 20
SLOT_DIRS = "pwsync-browser-*"
"""What a browser's scratch folder is called (`browsers/scratch.py`)."""


@dataclass(kw_only=True)
class Sampler:
    """Takes samples of everything that must not grow."""

    kin: Kin
    pages: Pages
    pulse: Pulse
    pool: Callable[[], PoolStatus]
    engine: Engine
    redis: Redis | None
    scratch: Path
    """Folder of all temporary files."""
    kept: Path
    """Folder of what is kept: database, archive, logs. Grows by right."""
    _began: float = field(default_factory=time.monotonic)
    _last: tuple[int, float] = (0, 0.0)
    """Pages and seconds of work at the last sample."""

    def take(self) -> Sample:
        """The present; `sample_ms` is what looking at it took."""
        looked = time.monotonic()
        number, page_ms = self.pages.take()
        worked = self.pages.worked
        weight, pool = self.kin.weigh(), self.pool()
        before, self._last = self._last, (number, worked)
        found = {
            "pages": number,
            "seconds": round(time.monotonic() - self._began, 3),
            "worked": round(worked, 3),
            "rate": _rate(before, self._last),
            "page_ms": page_ms,
            "lag_ms": self.pulse.take(),
            "pss": weight.pss,
            "members": weight.members,
            "drivers": weight.drivers,
            "children": weight.children,
            "zombies": weight.zombies,
            "orphans": weight.orphans,
            "foreign_cpu": weight.foreign_cpu,
            "contexts": pool.contexts,
            "browser_starts": pool.browser_starts,
            **_own(),
            **self._places(),
            **self._servers(),
        }
        return found | {"sample_ms": round((time.monotonic() - looked) * MILLISECONDS)}

    def _places(self) -> dict[str, float]:
        return {
            "scratch_mb": size_of(self.scratch),
            "scratch_dirs": sum(1 for one in self.scratch.iterdir() if one.is_dir()),
            "slot_dirs": sum(1 for _ in self.scratch.glob(SLOT_DIRS)),
            "kept_mb": size_of(self.kept),
        }

    def _servers(self) -> dict[str, float | None]:
        pool = cast("QueuePool", self.engine.pool)
        return {
            "database_connections": pool.checkedin() + pool.checkedout(),
            "database_threads": threads_of(self.engine),
            "redis_mb": memory_of(self.redis),
        }


def _rate(before: tuple[int, float], now: tuple[int, float]) -> float | None:
    """Pages a second of work between two moments."""
    seconds = now[1] - before[1]
    return round((now[0] - before[0]) / seconds, 3) if seconds > 0 else None


def _own() -> dict[str, float]:
    """Of this process."""
    return {
        "fds": len(os.listdir("/proc/self/fd")) - 1,  # noqa: PTH208 - one of them is for looking
        "threads": len(os.listdir("/proc/self/task")),  # noqa: PTH208 - names only
        "heap_blocks": sys.getallocatedblocks(),
    }


def size_of(folder: Path) -> float:
    """MiB of the files in it; those that go while it is looked at count for nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH118 - many
            except OSError:
                continue
    return round(total / MIB, 2)


def threads_of(engine: Engine) -> int | None:
    """Connections that a MySQL server has to our database; None of SQLite, or while it is away."""
    if engine.dialect.name == "sqlite":
        return None
    seen = table("PROCESSLIST", schema="information_schema")
    query = select(func.count()).select_from(seen).where(text("DB = DATABASE()"))
    try:
        return consult(engine, lambda conn: conn.scalar(query))
    except StoreError:
        return None


def memory_of(redis: Redis | None) -> float | None:
    """MiB that a Redis uses; None without one, or while it is away."""
    if redis is None:
        return None
    try:
        told = redis.info("memory")
    except RedisError:
        return None
    return round(float(told["used_memory"]) / MIB, 3)
