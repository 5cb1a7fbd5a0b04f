"""`/metrics`: what `services.metrics` measures, in the text form of Prometheus.

Made from the ledger and the workers' beacons when it is asked for: the server has no counters of
its own, since the work is done by other programs. Like all else it needs a token (scope read);
Prometheus sends one with `authorization: credentials_file`.
"""

import threading
import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import groupby

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.responses import Response

from app.services.desk import Desk
from app.services.metrics.everything import samples
from app.services.metrics.sample import Sample

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
    about = Sample(
        name="pwsync_build", help="The version.", value=1, labels=(("version", version("pwsync")),)
    )
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families([about, *found]))
    return generate_latest(registry)


class _Families(Collector):
    """Samples by name."""

    def __init__(self, found: list[Sample]) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        for name, group in groupby(sorted(self._found, key=_name), key=_name):
            yield _family(name, list(group))


def _name(sample: Sample) -> str:
    return sample.name


def _family(name: str, group: list[Sample]) -> Metric:
    labels = [label for label, _ in group[0].labels]
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    family = kind(name, group[0].help, labels=labels)
    for one in group:
        family.add_metric([value for _, value in one.labels], one.value)
    return family


def metrics_routes() -> APIRouter:
    """`/metrics`."""
    routes = APIRouter(include_in_schema=False)
    exposition = Exposition()

    @routes.get("/metrics")
    def metrics(request: Request) -> Response:
        text = exposition.text(request.app.state.desk)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return routes
