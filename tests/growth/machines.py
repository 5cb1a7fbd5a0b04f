"""Many machines on one database: the real ledger and store, pages that nobody renders.

    python -m tests.growth.machines --database URL --workers 100 [--pause 6] [--seconds 40]

Each worker is a thread with a connection of its own: it claims two offers, waits as long as two
pages take, and stores them, every third one changed. Prints offers a second, how long claims and
stores took, lock waits and deadlocks of the server, and what an offer costs the server's processors:
that is what a server of its own would carry. --pause 0 finds the most that both carry here.
"""

import argparse
import os
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, event, select, text

from app import models
from app.models import table
from app.refs import Intake, OfferRef
from app.runs.claims import Claim, claim
from app.runs.opening import open_run
from app.runs.outcomes import Outcome, Stored
from app.runs.settling import commit
from app.store import offers
from app.store.clock import now
from app.store.engine import open_engine, reading
from tests.samples import seen

OFFER = table(models.Offer)
AT_ONCE = 2
WAITED = ("Innodb_row_lock_waits", "Innodb_row_lock_time", "Innodb_deadlocks", "Com_rollback")


@dataclass
class Tally:
    """What all workers did."""

    claims: list[float] = field(default_factory=list)
    stores: list[float] = field(default_factory=list)
    again: int = 0
    """Transactions that the database refused and that were tried again."""
    faults: list[str] = field(default_factory=list)


class Machine(threading.Thread):
    """One worker machine without its browser."""

    def __init__(self, url: str, run_id: int, tally: Tally, pause: float, until: float) -> None:
        super().__init__()
        self.engine = open_engine(url, pool_size=1)
        event.listen(self.engine, "handle_error", self._note)
        self.run_id, self.tally, self.pause, self.until = run_id, tally, pause, until
        self.dice = random.Random(id(self))

    def _note(self, _context) -> None:
        self.tally.again += 1

    def run(self) -> None:
        time.sleep(self.dice.random() * self.pause)
        try:
            while time.monotonic() < self.until and (held := self._claim()):
                for one in held:
                    time.sleep(self.pause * self.dice.uniform(0.5, 1.5))
                    self._store(one)
        except Exception as error:  # noqa: BLE001 - told at the end, whatever it is
            self.tally.faults.append(repr(error)[:300])
        self.engine.dispose()

    def _claim(self) -> list[Claim]:
        began = time.perf_counter()
        found = claim(self.engine, self.run_id, AT_ONCE, owner=self.name, lease_seconds=120)
        self.tally.claims.append(time.perf_counter() - began)
        return found

    def _store(self, one: Claim) -> None:
        began = time.perf_counter()
        with reading(self.engine) as conn:
            item = offers.load(conn, one.offer_id).item
            at = conn.scalar(select(now()))
        if int(one.offer_id) % 3 == 0:
            item = item.model_copy(update={"title": f"{item.title[:60]} {one.run_id}"})

        def save(conn) -> Stored:
            saved = offers.save(conn, item, seen(one.run_id, one.token, at=at))
            return Stored(outcome=Outcome(saved.change))

        commit(self.engine, one, save)
        self.tally.stores.append(time.perf_counter() - began)


def server_seconds(engine: Engine) -> float:
    """Processor seconds that the server has used, if it runs here; else 0."""
    with engine.connect() as conn:
        path = conn.execute(text("SHOW VARIABLES LIKE 'pid_file'")).one()[1]
    try:
        stat = Path(f"/proc/{Path(path).read_text().strip()}/stat").read_text()
    except OSError:
        return 0.0
    return sum(map(int, stat.rpartition(")")[2].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def waits(engine: Engine) -> dict[str, int]:
    with engine.connect() as conn:
        rows = dict(conn.execute(text("SHOW GLOBAL STATUS")).all())
    return {name: int(rows.get(name, 0)) for name in WAITED}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True, metavar="URL")
    parser.add_argument("--workers", type=int, default=10)
    parser.add_argument("--pause", type=float, default=6.0, help="Seconds that a page takes.")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--items", type=int, default=10_000)
    given = parser.parse_args()
    engine = open_engine(given.database)
    with reading(engine) as conn:
        query = select(OFFER.c.offer_id).where(OFFER.c.gone.is_(None)).limit(given.items)
        ids = [str(one) for one in conn.scalars(query)]
    refs = tuple(OfferRef(offer_id=one) for one in ids)
    run = open_run(engine, Intake(accepted=refs), kind="sync", label="machines")
    tally, before = Tally(), waits(engine)
    until = time.monotonic() + given.seconds
    told = (given.database, run.id, tally, given.pause, until)
    machines = [Machine(*told) for _ in range(given.workers)]
    began, used, served = time.monotonic(), time.process_time(), server_seconds(engine)
    for one in machines:
        one.start()
    for one in machines:
        one.join()
    report(given, tally, time.monotonic() - began, time.process_time() - used)
    served = (server_seconds(engine) - served) / max(1, len(tally.stores))
    say(f"{served * 1000:.1f} ms of the server's processors an offer")
    after = waits(engine)
    say(", ".join(f"{name} {after[name] - before[name]}" for name in WAITED))
    return 1 if tally.faults else 0


def report(given, tally: Tally, seconds: float, used: float) -> None:
    rate = len(tally.stores) / seconds
    say(
        f"{given.workers} workers, {given.pause:g} s a page: {len(tally.stores):,} offers, "
        f"{rate:.1f} a second, {rate * 86_400:,.0f} a day, of each worker "
        f"{rate * 86_400 / given.workers:,.0f}; {used / max(1, len(tally.stores)) * 1000:.1f} ms of "
        f"processor an offer; load {os.getloadavg()[0]:.0f}"
    )
    for name, took in (("claim", sorted(tally.claims)), ("load and store", sorted(tally.stores))):
        shares = [took[min(len(took) - 1, int(len(took) * part))] * 1000 for part in (0.5, 0.95, 1)]
        say(f"{name}: p50 {shares[0]:.1f}, p95 {shares[1]:.1f}, max {shares[2]:.1f} ms")
    say(f"tried again {tally.again}, ended badly {len(tally.faults)}")
    for one in tally.faults[:3]:
        say(one)


def say(told: str) -> None:
    sys.stdout.write(f"{told}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
