"""The acceptance of a whole sync, by one command (`scripts/accept`): values, books, memory, speed.

Uses the `pwsync` command and the replica only, as a person would; prints one JSON document and
leaves with 1 if anything is not as it must be.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from app.items import as_json
from app.replica.serve import Replica, running
from app.runs.audit import balance
from app.store import offers
from app.store.engine import open_engine, reading
from tests import mariadb

PROGRAM = str(Path(sys.executable).with_name("pwsync"))


class Scale(threading.Thread):
    """Weighs a process and all that descend from it (PSS, in MiB) until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.5):
            self.peak = max(self.peak, sum(map(pss, family(self.pid))) // 1024)


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            stat = (folder / "stat").read_text()
        except OSError:
            continue
        children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(folder.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def pss(pid: int) -> int:
    """Proportional set size in KiB; 0 for a process that has ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line[:4] == "Pss:"), 0)


def command(options: argparse.Namespace, site: Replica, refs: Path) -> list[str]:
    return [
        PROGRAM, "sync", "-i", str(refs), "--replica", site.address, "--mode", options.mode,
        "-c", str(options.contexts), "--progress", "none", "--json",
    ]  # fmt: skip


def sync(words: list[str], environment: dict[str, str], *, kill_after: float | None) -> dict:
    """One run of the command; `kill_after` seconds it is killed with SIGKILL."""
    began = time.monotonic()
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as child:
        scale = Scale(child.pid)
        scale.start()
        try:
            told, _ = child.communicate(timeout=kill_after)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            told = ""
        scale.done.set()
    return {
        "code": child.returncode,
        "seconds": round(time.monotonic() - began, 1),
        "peak_pss_mib": scale.peak,
        "report": json.loads(told) if told else None,
    }


def wrong_values(url: str, site: Replica) -> tuple[int, list[object]]:
    """(values compared, those that are not what the generator says)."""
    engine, compared, wrong = open_engine(url), 0, []
    for listed in site.listed():
        offer_id = listed["offer_id"]
        wanted = site.expected(offer_id)
        compared += 1 if "error" in wanted else len(wanted)
        wrong += wrong_names(engine, offer_id, wanted)
    return compared, wrong


def wrong_names(engine: Engine, offer_id: str, wanted: dict) -> list[tuple[str, str]]:
    """(offer, field) of each stored value that is not as expected."""
    with reading(engine) as conn:
        stored = offers.load(conn, offer_id)
    if "error" in wanted:
        return [(offer_id, "stored, though gone")] if stored else []
    found = as_json(stored.item) if stored else {}
    return [(offer_id, name) for name in wanted if found.get(name) != wanted[name]]


@contextmanager
def database(options: argparse.Namespace, folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if not options.mariadb:
        yield f"sqlite:///{folder}/pwsync.db"
        return
    (folder / "db").mkdir()
    with mariadb.running(folder / "db") as server:
        yield server.new_database()


def main() -> None:
    """Run it all and judge."""
    parser = argparse.ArgumentParser(prog="scripts/accept")
    parser.add_argument("--offers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--mode", default="lean")
    parser.add_argument("--contexts", type=int, default=8)
    parser.add_argument("--faults", default="")
    parser.add_argument("--kill", action="store_true", help="kill -9 in the middle, then again")
    parser.add_argument("--mariadb", action="store_true", help="a private server, not SQLite")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(options, Path(folder)) as url:
        environment = os.environ | {"PWSYNC_DATA_DIR": folder, "PWSYNC_DATABASE_URL": url}
        refs = Path(folder) / "refs.txt"
        with running(offers=options.offers, seed=options.seed, faults=options.faults) as site:
            refs.write_text("\n".join(one["url"] for one in site.listed()))
            words = command(options, site, refs)
            killed = sync(words, environment, kill_after=8.0) if options.kill else None
            last = sync(words, environment, kill_after=None)
            compared, wrong = wrong_values(url, site)
        books = balance(open_engine(url))
    found = {
        "options": vars(options),
        "killed": killed,
        "last": last,
        "compared_values": compared,
        "wrong_values": wrong[:20],
        "audit": [str(one) for one in books.violations],
    }
    print(json.dumps(found, indent=1, ensure_ascii=False))  # noqa: T201 - its output
    good = last["code"] == 0 and not wrong and books.clean
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
