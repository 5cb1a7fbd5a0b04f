"""What API and console stand while a run goes on, measured on a real `pwsync serve`.

    python -m tests.api.measure [--minutes 10] [--clients 50] [--offers 100000] [--database URL]

Fills a SQLite database in `--folder` (or the one at URL) unless offers are there, starts the server
and a worker that claims and settles items of a run by the real ledger, and lets clients ask with a
second of thought between two requests. Prints count, errors, p50, p95, p99 a kind, and judges: no
error, p95 of list and search at most 200 ms.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import quote

import httpx
from sqlalchemy import func, select

from app import models
from app.models import table
from app.refs import Intake, OfferRef
from app.runs.claims import claim
from app.runs.opening import open_run
from app.runs.outcomes import Outcome, Stored
from app.runs.settling import commit
from app.store.engine import open_engine, reading
from app.store.offers import save
from app.store.schema import migrate
from tests.filled import fill, items
from tests.samples import seen
from tests.server.conftest import new_token, serving

MOST_MS = 200
JUDGED = ("list", "filter", "search", "next page")
THOUGHT = 1.0
PER_SECOND = 4
"""Items that the run settles; two natural contexts do about one."""
OFFER = table(models.Offer)
WORDS = ("收纳", "灯", "不锈钢", "T恤", "杯")


class Clients:
    def __init__(self, url: str, token: str, ids: list[str], run_id: int) -> None:
        self.url, self.ids, self.run_id = url, ids, run_id
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        self.took: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self.dice = random.Random(7)
        self.next: list[str] = []

    def wish(self) -> tuple[str, str]:
        """(kind, path) as people and programs mix them."""
        word, offer = quote(self.dice.choice(WORDS)), self.dice.choice(self.ids)
        run, api = f"/runs/{self.run_id}", "/api/v1"
        sort = self.dice.choice(("changed", "new", "cheap", "dear", "sold", "stock", "id"))
        wishes = [
            (6, "list", f"{api}/offers?limit=50&sort={sort}"),
            (4, "filter", f"{api}/offers?where={quote('price<20 and stock>=10')}&sort={sort}"),
            (4, "search", f"{api}/offers?q={word}"),
            (4, "next page", self.next.pop() if self.next else f"{api}/offers?limit=50"),
            (6, "offer", f"{api}/offers/{offer}"),
            (3, "history", f"{api}/offers/{offer}/history"),
            (2, "runs", f"{api}/runs"),
            (2, "run", f"{api}{run}"),
            (2, "run's items", f"{api}{run}/items"),
            (2, "page: overview", "/"),
            (3, "page: offers", f"/offers?q={word}"),
            (2, "page: offer", f"/offers/{offer}"),
            (2, "page: run", run),
        ]
        shares, *_ = zip(*wishes, strict=True)
        _, kind, path = self.dice.choices(wishes, shares)[0]
        return kind, path

    async def one(self, until: float) -> None:
        async with httpx.AsyncClient(base_url=self.url, headers=self.headers, timeout=30) as line:
            await asyncio.sleep(self.dice.random() * THOUGHT)
            while time.monotonic() < until:
                await self.ask(line, *self.wish())
                await asyncio.sleep(self.dice.uniform(0.5, 1.5) * THOUGHT)

    async def ask(self, line: httpx.AsyncClient, kind: str, path: str) -> None:
        began = time.perf_counter()
        try:
            found = await line.get(path)
        except httpx.HTTPError as error:
            self.errors.append(f"{kind} {path}: {error!r}")
            return
        self.took[kind].append(time.perf_counter() - began)
        # an offer that is gone has no facts to show
        if found.status_code != 200 and not (kind == "offer" and found.status_code == 404):
            self.errors.append(f"{kind} {path}: {found.status_code} {found.text[:120]}")
        elif kind in JUDGED and (word := json.loads(found.content)["next"]):
            self.next = [*self.next[-50:], f"{path.partition('&cursor=')[0]}&cursor={word}"]


class Worker(threading.Thread):
    """Claims and settles at a steady pace until it is told to end."""

    def __init__(self, url: str, run_id: int, made: dict) -> None:
        super().__init__()
        self.engine = open_engine(url, pool_size=1)
        self.run_id, self.made, self.end = run_id, made, threading.Event()
        self.settled, self.fault = 0, None

    def run(self) -> None:
        try:
            while not self.end.wait(1.0):
                for one in claim(
                    self.engine, self.run_id, PER_SECOND, owner="measure", lease_seconds=60
                ):
                    commit(self.engine, one, lambda conn, one=one: self.store(conn, one))
                    self.settled += 1
        except Exception as error:  # noqa: BLE001 - told at the end, whatever it is
            self.fault = error

    def store(self, conn, one) -> Stored:
        saved = save(conn, self.made[one.offer_id], seen(one.run_id, one.token))
        return Stored(outcome=Outcome(saved.change))


def offers_in(url: str, count: int) -> list[str]:
    """Ids of the offers in the database, which is filled if it is empty."""
    engine = open_engine(url)
    migrate(engine)
    with reading(engine) as conn:
        there = conn.scalar(select(func.count()).select_from(OFFER))
    if not there:
        fill(engine, count)
    with reading(engine) as conn:
        found = [str(one) for one in conn.scalars(select(OFFER.c.offer_id).limit(count))]
    engine.dispose()
    return found


def new_run(url: str, count: int) -> tuple[int, dict]:
    """A run over offers as they are a day later, and what its worker finds of each."""
    made = {key: one for key, one in items(count, epoch=2) if not isinstance(one, str)}
    engine = open_engine(url)
    intake = Intake(accepted=tuple(OfferRef(offer_id=key) for key in made))
    run = open_run(engine, intake, kind="sync", label="measured")
    engine.dispose()
    return run.id, made


def share(took: list[float], part: float) -> float:
    return sorted(took)[min(len(took) - 1, int(len(took) * part))] * 1000


def report(clients: Clients, seconds: float) -> bool:
    """Print the figures; whether they are good enough."""
    out = [f"{'kind':<16}{'count':>7}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}  ms"]
    for kind, took in sorted(clients.took.items()):
        shares = "".join(f"{share(took, part):>8.0f}" for part in (0.5, 0.95, 0.99, 1))
        out.append(f"{kind:<16}{len(took):>7}{shares}")
    asked = sum(map(len, clients.took.values()))
    out.append(f"{asked:,} requests, {asked / seconds:.1f} a second, {len(clients.errors)} errors")
    out += clients.errors[:5]
    slow = [kind for kind in JUDGED if share(clients.took[kind] or [99], 0.95) > MOST_MS]
    out.append(f"slower than {MOST_MS} ms at p95: {', '.join(slow) or 'none'}")
    sys.stdout.write("\n".join(out) + "\n")
    return not slow and not clients.errors


async def ask_all(clients: Clients, count: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    await asyncio.gather(*(clients.one(until) for _ in range(count)))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--offers", type=int, default=100_000)
    parser.add_argument("--database")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="pwsync-measure-"))
    url = given.database or f"sqlite:///{folder / 'data' / 'pwsync.db'}"
    ids = offers_in(url, given.offers)
    run_id, made = new_run(url, min(given.offers, int(given.minutes * 60 * PER_SECOND) + 50))
    token = new_token(folder, "read")
    more = {"PWSYNC_DATABASE_URL": url, "PYTHONWARNINGS": "default"}
    with serving(folder, **more) as server:
        worker = Worker(url, run_id, made)
        worker.start()
        clients = Clients(server.url, token, ids, run_id)
        asyncio.run(ask_all(clients, given.clients, given.minutes * 60))
        worker.end.set()
        worker.join(60)
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    sys.stdout.write(
        f"{len(ids):,} offers, {given.clients} clients, {given.minutes:g} min; the run settled "
        f"{worker.settled:,}; load {load} on {os.cpu_count()} processors\n"
    )
    good = report(clients, given.minutes * 60) and worker.fault is None and worker.settled > 0
    if worker.fault:
        sys.stdout.write(f"the worker ended: {worker.fault!r}\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
