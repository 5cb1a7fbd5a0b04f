"""`/metrics`: what `services.metrics` measures, in the text form of Prometheus.

Made from the ledger and the workers' beacons when it is asked for: the server has no counters of
its own, since the work is done by other programs. Like all else it needs a token (scope read);
Prometheus sends one with `authorization: credentials_file`.
"""

import threading
import time
from importlib.metadata import version

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.responses import Response

from app.services.desk import Desk
from app.services.metrics import Sample, samples

KEPT_SECONDS = 5.0
"""Scrapers that come together cost one look."""


class Exposition:
    """The text, kept for a moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._text = b""
        self._until = 0.0

    def text(self, desk: Desk) -> bytes:
        """What there is to say now."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._text = exposed(samples(desk))
                self._until = time.monotonic() + KEPT_SECONDS
            return self._text


def exposed(found: list[Sample]) -> bytes:
    """Samples as Prometheus reads them."""
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    about = Sample(
        name="pwsync_build", help="The version.", value=1, labels=(("version", version("pwsync")),)
    )
    for one in [about, *found]:
        names = [name for name, _ in one.labels]
        if one.name not in gauges:
            gauges[one.name] = Gauge(one.name, one.help, names, registry=registry)
        gauge = gauges[one.name]
        (gauge.labels(**dict(one.labels)) if names else gauge).set(one.value)
    return generate_latest(registry)


def metrics_routes() -> APIRouter:
    """`/metrics`."""
    routes = APIRouter(include_in_schema=False)
    exposition = Exposition()

    @routes.get("/metrics")
    def metrics(request: Request) -> Response:
        text = exposition.text(request.app.state.desk)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return routes
