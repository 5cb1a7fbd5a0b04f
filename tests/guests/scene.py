"""A run as it would be on a bad day at the site, played with real parts: four workers, a private
MariaDB and Redis, and a local 1688 with walls, sliders, refusals and broken pages.

Afterwards it is asked: is every value right, do the books balance, was no block stored, was nothing
asked for while the profile rested, and did the day's budget hold over all workers and a kill?
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from app import models
from app.models import table
from app.replica.serve import Replica, running
from app.runs.audit import balance
from app.runs.states import read_run
from app.store.clock import now
from app.store.engine import consult, open_engine
from tests import mariadb
from tests.accept import wrong_values
from tests.redis_server import RedisServer

PROGRAM = str(Path(sys.executable).with_name("pwsync"))
FAULTS = (
    "login=0.05,slider=0.015,punish=0.015,busy=0.03,toomany=0.02,"
    "slow=0.005,truncated=0.01,hang=0.005,crash=0.005,redirect_loop=0.005,reset=0.01"
)
PROFILE, SPENDING = table(models.ProfileRow), table(models.Spending)
GRACE = 1.5
"""Seconds after a rest was written in which pages that were confirmed before may still arrive."""

RESTS = 1000
"""On a day as bad as this a profile would soon wait for a person; here it has rests enough."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    offers: int = 2000
    workers: int = 4
    contexts: int = 3
    budget: int = 1500
    """Pages of the first day; the run parks there, and goes on when a person allows more."""
    rest_seconds: float = 4.0
    gap_seconds: float = 0.02
    seed: int = 4
    faults: str = FAULTS
    mode: str = "mixed"
    seconds: float = 1500.0


@dataclass(frozen=True, kw_only=True)
class Rest:
    """When a rest was first seen in the database, and when it was to end (Unix time)."""

    seen: float
    until: float


class Watcher(threading.Thread):
    """Writes down every rest of the profile from the database until told to stop."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(daemon=True)
        self.rests: list[Rest] = []
        self.done = threading.Event()
        self._engine = engine

    def run(self) -> None:
        known = None
        while not self.done.wait(0.02):
            row = consult(self._engine, self._look)
            if row is not None and row[0] is not None and row[0] != known:
                known, seen = row[0], time.time()
                left = (known - row[1]).total_seconds()
                self.rests.append(Rest(seen=seen, until=seen + left))

    @staticmethod
    def _look(conn: Any) -> Any:
        return conn.execute(select(PROFILE.c.rest_until, now())).first()


class Crew:
    """Worker processes with one environment; a killed one is replaced."""

    def __init__(
        self, plan: Plan, site: Replica, folder: Path, environment: dict[str, str]
    ) -> None:
        self._words = [
            PROGRAM, "worker", "--replica", site.address, "--mode", plan.mode,
            "-c", str(plan.contexts),
        ]  # fmt: skip
        self._folder = folder
        self.environment = environment
        self.all: list[subprocess.Popen[bytes]] = []

    def hire(self, number: int) -> None:
        for _ in range(number):
            log = (self._folder / f"worker-{len(self.all)}.log").open("wb")
            with log:
                self.all.append(
                    subprocess.Popen(self._words, env=self.environment, stdout=log, stderr=log)
                )

    def kill_one(self) -> None:
        self.all[0].send_signal(signal.SIGKILL)
        self.all[0].wait()

    def dismiss(self) -> None:
        alive = [one for one in self.all if one.poll() is None]
        for one in alive:
            one.terminate()
        for one in alive:
            try:
                one.wait(60)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait()


@contextmanager
def servers(folder: Path) -> Iterator[tuple[str, str]]:
    """URLs of a fresh database and a fresh Redis."""
    (folder / "db").mkdir()
    (folder / "redis").mkdir()
    redis = RedisServer(folder / "redis")
    with mariadb.running(folder / "db") as server:
        redis.start()
        try:
            yield server.new_database(), redis.url
        finally:
            redis.stop()


def play(plan: Plan, folder: Path) -> dict[str, Any]:
    """The whole day; what was found, with `clean` as the verdict."""
    with ExitStack() as stack:
        database, redis = stack.enter_context(servers(folder))
        site = stack.enter_context(
            running(offers=plan.offers, seed=plan.seed, faults=plan.faults, padded=False)
        )
        environment = os.environ | {
            "PWSYNC_DATA_DIR": str(folder / "data"),
            "PWSYNC_DATABASE_URL": database,
            "PWSYNC_REDIS_URL": redis,
            "PWSYNC_PACE__PAGE_GAP_SECONDS": json.dumps([plan.gap_seconds, plan.gap_seconds * 2]),
            "PWSYNC_PACE__RESTS_MINUTES": json.dumps([plan.rest_seconds / 60] * RESTS),
            "PWSYNC_PACE__PER_DAY": str(plan.budget),
            "PWSYNC_RUN__DEADLINE_SECONDS": "6",
            "PWSYNC_RUN__LEASE_SECONDS": "5",
            "PWSYNC_RUN__ATTEMPTS": "8",
        }
        engine = open_engine(database)
        stack.callback(engine.dispose)
        run_id = _open(site, folder, environment)
        watcher = Watcher(engine)
        watcher.start()
        deadline = time.monotonic() + plan.seconds
        crew = Crew(plan, site, folder, environment)
        stack.callback(crew.dismiss)
        crew.hire(plan.workers)
        _until(deadline, lambda: len(_offer_pages(site)) > plan.budget // 2)
        crew.kill_one()
        crew.hire(1)
        _until(deadline, lambda: _is_spent(engine, run_id))
        crew.dismiss()  # then nobody asks any more
        first_day = _first_day(engine, site, plan)
        crew.environment = environment | {"PWSYNC_PACE__PER_DAY": str(100_000)}
        _resume(site, run_id, crew.environment)
        crew.hire(plan.workers)
        _until(deadline, lambda: read_run(engine, run_id).state == "done")
        watcher.done.set()
        watcher.join()
        crew.dismiss()
        return _verdict(plan, engine, database, run_id, site, watcher.rests, first_day)


def _open(site: Replica, folder: Path, environment: dict[str, str]) -> int:
    refs = folder / "refs.txt"
    refs.write_text("\n".join(one["url"] for one in site.listed()))
    words = [PROGRAM, "sync", "-i", str(refs), "--replica", site.address, "--detach"]
    told = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    return int(told.stdout)


def _resume(site: Replica, run_id: int, environment: dict[str, str]) -> None:
    words = [PROGRAM, "resume", str(run_id), "--replica", site.address, "--detach"]
    subprocess.run(words, env=environment, check=True, capture_output=True)


def _is_spent(engine: Engine, run_id: int) -> bool:
    """Whether the day's budget has parked the run."""
    run = read_run(engine, run_id)
    return run.state == "parked" and "budget" in (run.reason or "")


def _first_day(engine: Engine, site: Replica, plan: Plan) -> dict[str, int]:
    """What was asked and what was booked by the time the budget was spent."""
    booked = consult(engine, lambda conn: list(conn.execute(select(SPENDING))))
    pages = _pages(site)
    return {
        "asked": len(pages),
        # on a connection that it has used before, the engine itself asks once more after these
        "resets": sum(one["fault"] in {"reset", "empty"} for one in pages),
        "budget": plan.budget,
        **{row.subject: row.pages for row in booked},
    }


def _until(deadline: float, holds: Any) -> None:
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("the day did not come to its end")
        time.sleep(0.1)


def _pages(site: Replica) -> list[dict[str, Any]]:
    """Pages that were asked for; the further steps of a redirect loop are none."""
    kinds = ("offer", "robots")
    found = [one for kind in kinds for one in site.log(kind=kind)]
    return [one for one in found if "turn=" not in one["path"]]


def _offer_pages(site: Replica) -> list[dict[str, Any]]:
    return [one for one in site.log(kind="offer") if "turn=" not in one["path"]]


def _verdict(  # noqa: PLR0917 - all that the verdict is about
    plan: Plan,
    engine: Engine,
    database: str,
    run_id: int,
    site: Replica,
    rests: list[Rest],
    first_day: dict[str, int],
) -> dict[str, Any]:
    compared, wrong = wrong_values(database, site)
    books = balance(engine)
    pages = _offer_pages(site)
    early = [
        one["time"] - rest.seen
        for rest in rests
        for one in pages
        if rest.seen + GRACE < one["time"] < rest.until
    ]
    item = table(models.RunItem)
    states = consult(
        engine,
        lambda conn: [tuple(row) for row in conn.execute(select(item.c.state, item.c.reason))],
    )
    bad = [row for row in states if row[0] in ("failed", "invalid", "unreadable", "blocked")]
    faults: dict[str, int] = {}
    for one in pages:
        faults[one["fault"] or "none"] = faults.get(one["fault"] or "none", 0) + 1
    found = {
        "plan": asdict(plan),
        "run": str(read_run(engine, run_id).state),
        "pages": len(pages),
        "faults": faults,
        "rests": len(rests),
        "asked_while_resting": early[:20],
        "first_day": first_day,
        "compared_values": compared,
        "wrong_values": wrong[:20],
        "not_stored": bad[:20],
        "audit": [str(one) for one in books.violations],
    }
    most = plan.budget + first_day["resets"]
    over = first_day["asked"] > most or first_day.get("profile:replica:guest") != plan.budget
    found["budget_broken"] = over
    found["clean"] = not (early or wrong or books.violations or over) and found["run"] == "done"
    return found
