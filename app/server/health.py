"""Is the server alive, and can it do its work. Answers anybody, and tells nothing but yes or no."""

import asyncio
import time
from collections.abc import Callable, Mapping

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

KEPT_SECONDS = 1.0
"""Anybody may ask; the database is asked no more often than this."""
Probe = Callable[[], object]
"""Returns if what it looks at answers, raises otherwise; has a deadline of its own."""


class Readiness:
    """Asks the probes, and remembers what they said for a moment."""

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = probes
        self._lock = asyncio.Lock()
        self._found: dict[str, bool] = {}
        self._until = 0.0

    async def look(self) -> dict[str, bool]:
        """What answers, by name."""
        async with self._lock:
            if time.monotonic() >= self._until:
                said = await asyncio.gather(*map(_answers, self._probes.values()))
                self._found = dict(zip(self._probes, said, strict=True))
                self._until = time.monotonic() + KEPT_SECONDS
            return self._found


async def _answers(probe: Probe) -> bool:
    try:
        await run_in_threadpool(probe)
    except Exception:  # noqa: BLE001 - whatever it raised, it does not answer
        return False
    return True


def health_routes(probes: Mapping[str, Probe]) -> APIRouter:
    """`/healthz` and `/readyz`."""
    routes = APIRouter(include_in_schema=False)
    readiness = Readiness(probes)

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz")
    async def readyz() -> JSONResponse:
        found = await readiness.look()
        return JSONResponse(found, status_code=200 if all(found.values()) else 503)

    return routes
