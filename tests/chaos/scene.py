"""The place of a storm: private servers, a local 1688, a run opened by the command, and its end."""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from app.replica.serve import Replica
from app.replica.serve import running as running_replica
from app.store.engine import open_engine
from tests import mariadb, redis_server
from tests.chaos import verdict
from tests.chaos.crew import ROOT, Crew
from tests.chaos.plan import Plan
from tests.chaos.servers import Servers
from tests.chaos.storm import Storm


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything around the workers."""

    plan: Plan
    place: Path
    database: mariadb.MariaDB
    redis: redis_server.RedisServer
    site: Replica
    url: str
    """Of the database."""
    mark: str
    """In the environment of everything that a worker starts."""

    @property
    def journal(self) -> Path:
        return self.place / "journal"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.place),
            "CHAOS_MARK": self.mark,
            "PWSYNC_DATA_DIR": str(self.place / "data"),
            "PWSYNC_DATABASE_URL": self.url,
            "PWSYNC_REDIS_URL": self.redis.url,
            "PWSYNC_SITE__REPLICA": self.site.address,
            "PWSYNC_BROWSER__MODE": "lean",
            "PWSYNC_BROWSER__CONTEXTS": str(self.plan.contexts),
            "PWSYNC_RUN__LEASE_SECONDS": str(self.plan.lease),
            "PWSYNC_RUN__DEADLINE_SECONDS": "20",
            "PWSYNC_RUN__ATTEMPTS": "6",
            "PWSYNC_RUN__JOURNAL": str(self.journal),
        }


def rage(plan: Plan, folder: Path | None = None) -> dict[str, Any]:
    """A whole storm in an empty folder, with all that it needs; its figures and the verdict."""
    with _folder(folder) as place, _scene(plan, place) as scene:
        return _storm(scene)


@contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="chaos-") as made:
            yield Path(made)


@contextmanager
def _scene(plan: Plan, place: Path) -> Iterator[Scene]:
    for name in ("db", "redis"):
        (place / name).mkdir()
    with (
        mariadb.running(place / "db") as database,
        redis_server.running(place / "redis") as redis,
        running_replica(
            offers=plan.items, seed=plan.seed, faults=plan.faults, padded=not plan.light
        ) as site,
    ):
        url = database.new_database()
        mark = uuid4().hex
        yield Scene(
            plan=plan,
            place=place,
            database=database,
            redis=redis,
            site=site,
            url=url,
            mark=mark,
        )


def _storm(scene: Scene) -> dict[str, Any]:
    run_id = _open_run(scene)
    crew = Crew(size=scene.plan.workers, environment=scene.environment, folder=scene.place)
    engine = open_engine(scene.url)
    storm = Storm(scene.plan, engine, run_id, crew)
    storm.servers = Servers(database=scene.database, redis=scene.redis, later=storm.later)
    began = time.monotonic()
    crew.start()
    try:
        ended = storm.rage()
        seconds = round(time.monotonic() - began, 1)
        storm.calm()
        left = crew.dismiss()
    finally:
        crew.end()
    figures = {"ended": ended, "seconds": seconds} | _figures(storm, crew, left)
    facts = verdict.Facts(
        run_id=run_id,
        environment=scene.environment,
        mark=scene.mark,
        journal=scene.journal,
        robbed=storm.robbed,
    )
    try:
        return figures | verdict.judge(facts, engine, scene.site, figures)
    finally:
        engine.dispose()


def _figures(storm: Storm, crew: Crew, left: dict[str, int]) -> dict[str, Any]:
    return {
        "plan": asdict(storm.plan),
        "blows": dict(sorted(storm.dealt.items())),
        "blows_left": len(storm.blows),
        "workers": {"started": crew.starts, "exits": dict(crew.exits), "at_the_end": left},
        "tracebacks": dict(Counter(crew.tracebacks()).most_common(10)),
    }


def _open_run(scene: Scene) -> int:
    refs = scene.place / "refs.txt"
    refs.write_text("\n".join(one["url"] for one in scene.site.listed()))
    told = subprocess.run(
        [sys.executable, "-m", "app.cli", "sync", "-i", str(refs), "--detach"],
        cwd=ROOT,
        env=scene.environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    return int(told.stdout)
