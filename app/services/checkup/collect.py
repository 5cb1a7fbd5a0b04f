"""All checks, one after another; one that breaks down is a finding and keeps no other from its."""

from collections.abc import Iterator

from app.services.checkup import database, engine, machine, profiles, queue
from app.services.checkup.findings import Check, Finding, Means, failed

QUICK: dict[str, Check] = {
    "database": database.database,
    "redis": queue.redis,
    "folders": machine.folders,
    "disk": machine.disk,
    "memory": machine.memory,
    "tokens": machine.tokens,
    "profiles": profiles.profiles,
}
"""Those that take no seconds; a page may show them when it is asked for."""
ENGINE: dict[str, Check] = {"engine": engine.engine, "identity": engine.identity_of_engine}
"""Those that start a browser."""


def findings(means: Means, *, browser: bool = True) -> list[Finding]:
    """Everything there is to say; without `browser` no engine is started."""
    checks = {**ENGINE, **QUICK} if browser else QUICK
    return [one for name, check in checks.items() for one in _guarded(name, check, means)]


def _guarded(name: str, check: Check, means: Means) -> Iterator[Finding]:
    try:
        yield from check(means)
    except Exception as error:  # noqa: BLE001 - a checkup reports every failure
        yield failed(name, error)
