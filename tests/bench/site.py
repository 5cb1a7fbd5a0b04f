"""The local 1688 of a measurement: pages of real weight, made before anything is measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.replica.serve import Replica, running
from browsers import traffic
from browsers.engine import find_engine
from browsers.launch import sandboxed
from tests.bench.programs import Setting

ERA = "context"
"""Today's layout, the heaviest: 320 KB of markup, 71 KB on the way."""
SHOWN = ("live", "sold_out")
HELD = 850
"""Offers whose packed pages the local 1688 keeps in memory; beyond it, it would make them anew."""


@contextmanager
def opened(offers: int, seconds: float, peers: Path) -> Iterator[Setting]:
    """A local 1688 that has made all its pages. Raises EngineMissing."""
    engine = find_engine(None)
    with running(offers=min(offers, HELD), eras=[ERA], seed=7) as site:
        listed = [one for one in site.listed() if one["standing"] in SHOWN]
        for one in listed:
            site.ask(f"/offer/{one['offer_id']}.html", host="detail.1688.com")
        yield Setting(
            site=site,
            engine=str(engine.path),
            flags=_flags(site),
            urls=[one["url"] for one in listed],
            expected={one["offer_id"]: site.expected(one["offer_id"]) for one in listed},
            peers=peers,
            seconds=seconds,
        )


def _flags(site: Replica) -> list[str]:
    """How any engine finds the local 1688 under the real names, and trusts it."""
    return [
        *traffic.arguments(site.address, None),
        f"--ignore-certificate-errors-spki-list={site.pin}",
        *([] if sandboxed() else ["--no-sandbox"]),
    ]
