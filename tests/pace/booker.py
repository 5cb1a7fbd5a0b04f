"""A process that books turns until none are left: `python -m tests.pace.booker URL PACE…`.

Says `ready`, waits for a line, then prints when each of its turns is, by the database's clock.
"""

import json
import sys
from datetime import UTC, datetime, timedelta, timezone

from app.pace.turns import Gate
from app.pace.values import Closed, Turn
from app.store.engine import open_engine
from tests.pace.days import clock, pace


def book(
    url: str, *, profile: str, per_day: int, egress_per_day: int, gap: list[float], ahead: float
) -> None:
    engine = open_engine(url, pool_size=2)
    zone = timezone(timedelta(seconds=ahead))
    rations = pace(per_day=per_day, egress_per_day=egress_per_day, gap=tuple(gap), zone=zone)
    gate = Gate(engine, rations, profile=profile, per_day=per_day, egress="direct")
    clock(engine)  # connected
    tell("ready")
    sys.stdin.readline()
    while not isinstance(found := gate.book("offer"), Closed):
        if isinstance(found, Turn):
            tell(found.at.astimezone(UTC).isoformat())
    tell("closed")
    engine.dispose()


def tell(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def turns(lines: list[str]) -> list[datetime]:
    """What a booker printed, as instants."""
    return [datetime.fromisoformat(line) for line in lines if line[:2] == "20" and len(line) > 20]


if __name__ == "__main__":
    book(sys.argv[1], **json.loads(sys.argv[2]))
