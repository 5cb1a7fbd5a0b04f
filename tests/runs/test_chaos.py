"""Real processes on one run, killed at random, coming late, dying in the middle of a transaction.

What a worker was told is committed must be in the books, once; and the books must balance.
"""

import json
import os
import random
import selectors
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.runs.audit import audit
from app.runs.counts import counts
from app.runs.states import close_if_finished
from tests.runs.books import item_row, new_run, pass_time
from tests.runs.chaos_worker import LEASE

ROOT = Path(__file__).parents[2]
ITEMS, WORKERS = 300, 3
KILLS = 5
"""By the parent; the workers' own hands do as many again."""
ACKED_BETWEEN_KILLS = 25
SECONDS = 120


class Storm:
    """The parent: starts workers, reads what they report, kills some, lets time pass."""

    def __init__(self, engine, run, seed: int) -> None:
        self.engine, self.run = engine, run
        self.dice = random.Random(seed)
        self.selector = selectors.DefaultSelector()
        self.workers: list[subprocess.Popen] = []
        self.history: list[dict[str, object]] = []
        self.seen = {"kills": 0, "deaths": 0, "fenced": 0, "late": 0}

    def start(self) -> None:
        url = self.engine.url.render_as_string(hide_password=False)
        worker = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.runs.chaos_worker",
                url,
                str(self.run.id),
                str(self.dice.getrandbits(30)),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        os.set_blocking(worker.stdout.fileno(), False)
        self.workers.append(worker)
        self.selector.register(worker.stdout, selectors.EVENT_READ, [worker, b""])

    def rage(self) -> None:
        for _ in range(WORKERS):
            self.start()
        while self.selector.get_map():
            events = self.selector.select(SECONDS)
            assert events, "no worker has said anything for too long"
            for key, _ in events:
                self.hear(key)
            if len(self.history) >= (self.seen["kills"] + 1) * ACKED_BETWEEN_KILLS:
                self.kill()

    def hear(self, key) -> None:
        worker, rest = key.data
        chunk = key.fileobj.read()
        if not chunk:
            self.bury(worker)
            return
        *lines, key.data[1] = (rest + chunk).split(b"\n")
        for line in lines:
            self.note(worker, json.loads(line))

    def note(self, worker: subprocess.Popen, told: dict[str, object]) -> None:
        if "late" in told:
            self.seen["late"] += 1
            pass_time(self.engine, LEASE + 1)
            self.wake(worker)
        elif "fenced" in told:
            self.seen["fenced"] += 1
        else:
            self.history.append(told)

    def wake(self, worker: subprocess.Popen) -> None:
        try:
            worker.stdin.write(b"\n")
            worker.stdin.flush()
        except BrokenPipeError:
            pass  # killed while it was waiting

    def kill(self) -> None:
        alive = [worker for worker in self.workers if worker.poll() is None]
        self.seen["kills"] += 1
        if self.seen["kills"] <= KILLS and alive:
            self.dice.choice(alive).send_signal(signal.SIGKILL)

    def bury(self, worker: subprocess.Popen) -> None:
        self.selector.unregister(worker.stdout)
        code = worker.wait(10)
        worker.stdout.close()
        worker.stdin.close()
        assert code in {0, -signal.SIGKILL}, f"a worker ended with {code}"
        if code:
            self.seen["deaths"] += 1
            pass_time(self.engine, LEASE + 1)
            self.start()


@pytest.mark.parametrize("seed", [20260304])
def test_killed_workers_lose_and_double_nothing(engine, seed):
    run = new_run(engine, ITEMS)
    storm = Storm(engine, run, seed)
    storm.rage()
    assert close_if_finished(engine, run.id).state == "done"
    assert audit(engine) == []
    assert counts(engine, run.id).finished == ITEMS
    assert storm.seen["deaths"] > KILLS, storm.seen
    assert storm.seen["late"] > 0, storm.seen
    for offer, ends in ends_by_offer(storm.history).items():
        assert len(ends) == 1, f"{offer} was ended twice: {ends}"
        row = item_row(engine, offer_claim(run.id, offer))
        assert (row["state"], row["token"]) == (ends[0]["state"], ends[0]["token"])


def ends_by_offer(history) -> dict[str, list]:
    ends: dict[str, list] = {}
    for told in history:
        if told["state"] != "queued":
            ends.setdefault(told["offer"], []).append(told)
    return ends


def offer_claim(run_id: int, offer_id: str):
    return type("Named", (), {"run_id": run_id, "offer_id": offer_id})
