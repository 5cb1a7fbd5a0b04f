"""How long one waits: for `pwsync status` and its like beside a large run, and for a worker to be there.

    python -m tests.cli.measure [--items 1000000] [--times 7]

Fills a SQLite database with an unfinished run of so many items and asks for it by commands of their
own; starts workers on a private Redis until they wait for bells. Prints medians and the slowest, of
`status` also what the database takes of it, and each limit with what was found.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from app import models
from app.jobs import doorbell
from app.models import table
from app.runs.counts import counts
from app.runs.opening import open_run
from app.store.engine import open_engine
from app.store.schema import migrate
from tests.redis_server import running as running_redis
from tests.samples import intake

PROGRAM = str(Path(sys.executable).with_name("pwsync"))
COMMANDS = (["--version"], ["status"], ["runs"], ["report", "1"], ["search", "tea"])
FIRST = 1000
STATES = "CASE n.n % 3 WHEN 0 THEN 'queued' WHEN 1 THEN 'created' ELSE 'unchanged' END"
LIMITS = {"pwsync status, what it asks": 0.2, "pwsync worker": 2.0}
"""Seconds."""


def fill(engine: Engine, items: int) -> None:
    """A run of so many items, a third of them waiting."""
    migrate(engine)
    open_run(engine, intake(FIRST), kind="sync", label="a large run")
    own = {
        "offer_id": f"CAST(CAST(i.offer_id AS INTEGER) + n.n * {10**6} AS TEXT)",
        "position": f"i.position + n.n * {FIRST}",
        "state": STATES,
    }
    names = [column.name for column in table(models.RunItem).columns]
    told = ", ".join(own.get(name, f"i.{name}") for name in names)
    numbers = f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {items // FIRST - 1})"
    with engine.begin() as conn:
        conn.execute(text(f"INSERT INTO run_item ({', '.join(names)}) {numbers} SELECT {told} FROM run_item i JOIN n"))  # fmt: skip
        conn.execute(text("UPDATE run SET expected = (SELECT COUNT(*) FROM run_item)"))
        conn.execute(text("ANALYZE"))


def timed(work: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


@contextmanager
def worker(environment: dict[str, str], url: str) -> Iterator[None]:
    """A worker that waits for bells by the time the block begins."""
    client = doorbell.open_client(url)
    program = subprocess.Popen([PROGRAM, "worker"], env=environment, stderr=subprocess.DEVNULL)
    while not client.scard("rq:workers"):
        time.sleep(0.005)
    yield
    program.send_signal(signal.SIGTERM)
    program.wait(60)


def start(environment: dict[str, str], url: str) -> float:
    began = time.perf_counter()
    with worker(environment, url):
        return time.perf_counter() - began


def line(name: str, seconds: list[float]) -> None:
    sys.stdout.write(f"{name}: {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f}")
    limit = LIMITS.get(name)
    met = "" if limit is None else f"  <= {limit:g}: {statistics.median(seconds) <= limit}"
    sys.stdout.write(f"{met}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, running_redis(Path(name)) as redis:
        url = f"sqlite:///{name}/pwsync.db"
        engine = open_engine(url)
        fill(engine, given.items)
        own = {"PWSYNC_DATA_DIR": name, "PWSYNC_DATABASE_URL": url}
        environment = os.environ | own
        for words in COMMANDS:
            call = [PROGRAM, *words]
            asked = timed(lambda: subprocess.run(call, env=environment, check=True, capture_output=True), given.times)  # fmt: skip # noqa: B023
            line(f"pwsync {' '.join(words)}", asked)
        line("pwsync status, what it asks", timed(lambda: counts(engine, 1), given.times))
        environment |= {"PWSYNC_REDIS_URL": redis.url}
        line("pwsync worker", [start(environment, redis.url) for _ in range(given.times)])


if __name__ == "__main__":
    main()
