"""What the tests of batches share: batches made up here, simulated instants, rows of the book."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from app import models
from app.models import table
from app.runs import states
from app.schedule import fires
from app.schedule.batches import Timetable, read_duration, read_zone
from app.schedule.sources import Batch, RefFile, Source, StaleOffers
from app.store.engine import reading
from tests.cli.conftest import pwsync, surroundings

__all__ = ["pwsync", "surroundings"]

MORNING = datetime(2026, 3, 4, 8, 0, 30, tzinfo=UTC)
FIRST = 600_000_000_001


def later(minutes: float, since: datetime = MORNING) -> datetime:
    return since + timedelta(minutes=minutes)


def timetable(cron: str, zone: str = "UTC") -> Timetable:
    return Timetable(cron=cron, zone=read_zone(zone))


def stale(older: str = "24h") -> Source:
    return StaleOffers(older=read_duration(older))


def ids(engine: Engine, run_id: int) -> Sequence[str]:
    """Offers of a run, in order."""
    item = table(models.RunItem)
    query = select(item.c.offer_id).where(item.c.run_id == run_id).order_by(item.c.position)
    with reading(engine) as conn:
        return list(conn.scalars(query))


@pytest.fixture
def refs(tmp_path: Path) -> Path:
    """A file that names three offers."""
    path = tmp_path / "refs.txt"
    path.write_text("\n".join(str(FIRST + number) for number in range(3)))
    return path


@pytest.fixture
def batch_of(refs: Path):
    """Make a batch; every five minutes, from the file, unless told otherwise."""

    def make(name: str = "often", cron: str = "*/5 * * * *", zone: str = "UTC", **more) -> Batch:
        catchup = read_duration(more.pop("catchup", "15m"))
        source = more.pop("source", RefFile(path=refs))
        return Batch(
            name=name, timetable=timetable(cron, zone), catchup=catchup, source=source, **more
        )

    return make


@pytest.fixture
def book():
    """Rows of a batch as (minutes since the morning, decision), the first one first."""

    def read(engine: Engine, name: str = "often", since: datetime = MORNING):
        rows = reversed(fires.recent(engine, name, limit=1000))
        zero = since.replace(second=0)
        return [((row.due_at - zero).total_seconds() / 60, str(row.decision)) for row in rows]

    return read


def close(engine: Engine, run_id: int | None) -> None:
    """End a run, as if it were worked off."""
    if run_id is not None:
        states.cancel(engine, run_id, "not this test's matter")
