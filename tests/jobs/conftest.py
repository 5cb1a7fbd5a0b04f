"""Workers as they are run: processes of their own, on real Redis, MariaDB, browser and site."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine, select

from app import models
from app.jobs import beacons, doorbell
from app.jobs.beacons import Beacon
from app.models import table
from app.refs import read_refs
from app.replica.serve import Replica, running
from app.runs.audit import audit
from app.runs.counts import Counts, counts
from app.runs.opening import open_run
from app.runs.outcomes import RunState
from app.runs.states import Run
from app.store.engine import reading
from tests.redis_server import RedisServer
from tests.redis_server import running as running_redis

PROGRAM = str(Path(sys.executable).with_name("pwsync"))
ATTEMPT = table(models.Attempt)


def until(condition: Callable[[], object], seconds: float = 90.0) -> None:
    """Poll until the condition holds; the deadline is for what never comes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


@dataclass(kw_only=True)
class Crew:
    """Workers on one ledger, and what can be known of them from outside."""

    engine: Engine
    redis: RedisServer
    site: Replica
    folder: Path
    workers: list["subprocess.Popen[str]"] = field(default_factory=list)

    @cached_property
    def connection(self) -> Redis:
        return doorbell.open_client(self.redis.url)

    def open(self, offers: int = 60, *, ring: bool = True, **options: object) -> Run:
        """A run of so many offers of the site, its bell rung."""
        urls = [one["url"] for one in self.site.listed()][:offers]
        run = open_run(
            self.engine,
            read_refs(urls),
            kind="test",
            label=f"{len(urls)} offers",
            options={"replica": True, **options},
        )
        if ring:
            priority = str(options.get("priority", "default"))
            doorbell.ring(self.connection, run.id, priority=priority, label=run.label)
        return run

    def start(self, *words: str, **settings: str) -> "subprocess.Popen[str]":
        """One more worker; `settings` are PWSYNC_ variables without the prefix."""
        own = {f"PWSYNC_{name}": value for name, value in settings.items()}
        url = self.engine.url.render_as_string(hide_password=False)
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
            if name in os.environ
        }
        surroundings = kept | {
            "HOME": str(self.folder),
            "PWSYNC_DATA_DIR": str(self.folder / "data"),
            "PWSYNC_DATABASE_URL": url,
            "PWSYNC_REDIS_URL": self.redis.url,
            "PYTHONWARNINGS": "error",
            "COLUMNS": "120",
        }
        flags = ["--replica", self.site.address, "--mode", "lean"]
        if "-c" not in words:
            flags += ["-c", "2"]
        with (self.folder / f"worker-{len(self.workers)}.log").open("w") as log:
            worker = subprocess.Popen(
                [PROGRAM, "worker", *flags, *words],
                env=surroundings | own,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                text=True,
            )
        self.workers.append(worker)
        return worker

    def log(self, worker: "subprocess.Popen[str]") -> str:
        """What a worker has said so far."""
        return (self.folder / f"worker-{self.workers.index(worker)}.log").read_text()

    def beacons(self) -> list[Beacon]:
        return beacons.seen(self.connection)

    def beacon(self, worker: "subprocess.Popen[str]") -> Beacon | None:
        return next((one for one in self.beacons() if one.pid == worker.pid), None)

    def counts(self, run: Run) -> Counts:
        return counts(self.engine, run.id)

    def until_some(self, run: Run, done: int = 4) -> None:
        """Until a run is in the middle."""
        until(lambda: self.counts(run).finished >= done)
        assert self.counts(run).queued > 0, "the run was over too soon to be disturbed"

    def until_done(self, *runs: Run) -> None:
        """Until runs are finished; a worker that ended meanwhile is shown."""
        until(lambda: all(self.counts(run).run.state is RunState.DONE for run in runs))

    def tries(self, *runs: Run) -> list[tuple[int, str, str]]:
        """(run, owner, ending) of every try, in the order they began."""
        query = select(ATTEMPT.c.run_id, ATTEMPT.c.owner, ATTEMPT.c.ending)
        query = query.where(ATTEMPT.c.run_id.in_([run.id for run in runs]))
        with reading(self.engine) as conn:
            rows = conn.execute(query.order_by(ATTEMPT.c.started_at)).all()
        return [(row[0], row[1], row[2]) for row in rows]

    def stop(self, worker: "subprocess.Popen[str]", how: int = signal.SIGTERM) -> int:
        """End a worker by this signal; its exit code."""
        worker.send_signal(how)
        return worker.wait(60)

    def end(self) -> None:
        self.connection.close()
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait(30)


@pytest.fixture(scope="session")
def site() -> Iterator[Replica]:
    """A local 1688 large enough for a run to be caught in the middle."""
    with running(offers=120, seed=12, padded=False) as replica:
        yield replica


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that keeps nothing on disk and may be stopped."""
    with running_redis(tmp_path_factory.mktemp("r"), append_only=False) as server:
        yield server


@pytest.fixture
def connection(redis_server: RedisServer) -> Iterator[Redis]:
    """A client of the session's Redis, emptied."""
    redis_server.flush()
    with doorbell.connect(redis_server.url) as client:
        yield client


@pytest.fixture
def crew(
    mariadb_engine: Engine, own_redis: RedisServer, site: Replica, tmp_path: Path
) -> Iterator[Crew]:
    """Nobody yet; whoever is left at the end is killed, and the books must balance."""
    crew = Crew(engine=mariadb_engine, redis=own_redis, site=site, folder=tmp_path)
    try:
        yield crew
        assert audit(mariadb_engine) == []
        assert not any("Traceback" in crew.log(worker) for worker in crew.workers)
    finally:
        crew.end()
