"""Redis: whether it answers, keeps what it is told, and never forgets any of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from redis import Redis

from app.jobs.doorbell import RedisUnavailable, reached
from app.services.checkup.database import clock
from app.services.checkup.findings import Finding, Level, Means, failed

KEEPING = "redis-cli config set appendonly yes, and appendonly yes in redis.conf"
STAYING = "redis-cli config set maxmemory-policy noeviction, and the same in redis.conf"


def redis(means: Means) -> Iterator[Finding]:
    """One finding if there is none or it is down, several if it answers."""
    connection = means.desk.redis
    if connection is None:
        says = "no redis_url is set: `pwsync sync` needs none, `pwsync up` starts its own"
        yield Finding(name="redis", says=says)
        return
    try:
        with reached(connection):
            yield from _answering(connection)
    except RedisUnavailable as error:
        fix = "start it (systemctl start redis-server), or correct redis_url"
        yield failed("redis", error, f"{fix}; runs wait meanwhile, nothing is lost")


def _answering(connection: Redis) -> Iterator[Finding]:
    told = cast("Mapping[str, Any]", connection.info("everything"))
    seconds, micros = connection.time()
    present = datetime.fromtimestamp(seconds + micros / 1e6, UTC)
    yield Finding(name="redis", says=f"version {told.get('redis_version', 'unknown')} answers")
    yield _keeping(told)
    yield _staying(told)
    yield clock("redis clock", present)


def _keeping(told: Mapping[str, Any]) -> Finding:
    name = "redis keeping"
    if not told.get("aof_enabled"):
        says = "no append-only file: a restart forgets the bells until they are rung again"
        return Finding(name=name, says=says, level=Level.WARN, fix=KEEPING)
    if (status := told.get("aof_last_write_status", "ok")) != "ok":
        says = f"the append-only file cannot be written ({status})"
        fix = "make room on Redis' disk, and look into its log"
        return Finding(name=name, says=says, level=Level.FAIL, fix=fix)
    return Finding(name=name, says="append-only file")


def _staying(told: Mapping[str, Any]) -> Finding:
    policy, most = told.get("maxmemory_policy", "unknown"), int(told.get("maxmemory", 0))
    if policy == "noeviction":
        return Finding(name="redis eviction", says=str(policy))
    when = f"once it holds {most / 2**20:,.0f} MiB" if most else "as soon as a maxmemory is set"
    says = f"{policy}: jobs are thrown away {when}"
    return Finding(name="redis eviction", says=says, level=Level.FAIL, fix=STAYING)
