"""What the tests of the whole flow share: a local 1688, a real browser, a way to drain a run."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.archive.archive import Archive
from app.drain import Drain
from app.pace.values import Pace
from app.profiles.jar import Jar
from app.refs import read_refs
from app.replica.serve import Replica, running
from app.runs.counts import Counts, counts
from app.runs.opening import open_run
from app.runtime import Event, Evidence, Loading, Manners, Runtime
from browsers.crowd import Crowd
from browsers.limits import Limits
from browsers.pool import BrowserPool
from browsers.throttle import Move
from browsers.values import Launch
from browsers.waiting import Patience


@pytest.fixture(scope="session")
def site() -> Iterator[Replica]:
    """A local 1688 without faults."""
    with running(offers=60, seed=7, padded=False) as replica:
        yield replica


FREE = Pace(
    gap=(0.0, 0.0),
    list_gap=(0.0, 0.0),
    per_day=None,
    egress_per_day=None,
    quiet=None,
    zone=UTC,
    floor=0.0,
)
"""A replica needs no rest."""


@dataclass(kw_only=True)
class Desk:
    """One process's means to work on runs, with its own browser for each drain."""

    engine: Engine
    folder: Path
    loading: Loading = Loading.LEAN
    pace: Pace = FREE
    rests: tuple[timedelta, ...] = (timedelta(minutes=15),)
    slots: int = 4
    dwell: float = 0.1
    """Everything that is done on a page is done, in a tenth of the time."""
    deadline: float = 20.0
    lease_seconds: float = 6.0
    memory_limit_mb: int = 2048
    patience: Patience | None = None
    crowd: Crowd | None = None
    moves: list[Move] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self, urls: list[str], *, attempts: int = 3) -> int:
        run = open_run(self.engine, read_refs(urls), kind="test", attempts=attempts)
        return run.id

    async def drain(
        self, replica: Replica, run_id: int, meanwhile: Callable[..., object] | None = None
    ) -> Counts:
        """Work on a run to its end; `meanwhile(drain, pool)` runs beside it."""
        launch = Launch(replica=replica.address, memory_limit_mb=self.memory_limit_mb)
        limits = Limits(self.slots, told=self.moves.append, crowd=self.crowd)
        pool = BrowserPool(launch, size=self.slots, limits=limits, patience=self.patience)
        await pool.open()
        try:
            with ThreadPoolExecutor(2) as books, closing(self.archive()) as archive:
                drain = Drain(self.runtime(pool, books, archive), run_id)
                work = asyncio.create_task(drain.run())
                if meanwhile:
                    await meanwhile(drain, pool)
                await work
        finally:
            await pool.close()
        return counts(self.engine, run_id)

    def archive(self) -> Archive:
        """An archive of the desk's own, as a process opens one."""
        return Archive(self.folder / "archive", self.engine)

    def tell(self, event: Event) -> None:
        self.events.append(event)
        self.told.set()

    async def until(self, number: int) -> None:
        """Wait for that many events."""
        while len(self.events) < number:
            self.told.clear()
            await self.told.wait()

    def runtime(self, pool: BrowserPool, books: ThreadPoolExecutor, archive: Archive) -> Runtime:
        return Runtime(
            engine=self.engine,
            pool=pool,
            slots=self.slots,
            books=books,
            evidence=Evidence(folder=self.folder / "evidence"),
            manners=Manners(
                pace=self.pace,
                profiles={},
                jar=Jar(self.folder / "profiles"),
                rests=self.rests,
                realm="replica:",
            ),
            owner="test",
            loading=self.loading,
            dwell=self.dwell,
            deadline=self.deadline,
            lease_seconds=self.lease_seconds,
            archive=archive,
            tell=self.tell,
        )


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    """A desk on each kind of database."""
    return Desk(engine=engine, folder=tmp_path)


@pytest.fixture
def lite_desk(sqlite_engine: Engine, tmp_path: Path) -> Desk:
    """A desk on SQLite alone, where the kind of database says nothing new."""
    return Desk(engine=sqlite_engine, folder=tmp_path)
