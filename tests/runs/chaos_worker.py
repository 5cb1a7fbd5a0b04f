"""A worker for the chaos test: claims, stores, dies by its own hand now and then.

    python -m tests.runs.chaos_worker URL RUN SEED

Prints a line of JSON after each commit has returned: what it believes to be in the books. Before it
commits late it says so and waits for a line on its standard input.
"""

import json
import os
import random
import signal
import sys

from app.runs.claims import Claim, claim, give_back
from app.runs.counts import next_due
from app.runs.outcomes import Gone, Invalid, Outcome, Retry, Settlement, Stored
from app.runs.settling import Fenced, commit
from app.store import offers, quarantine
from app.store.engine import open_engine
from tests.samples import item, seen

LEASE = 30.0
DIE_IN_TRANSACTION, DIE_BETWEEN, COME_LATE, GIVE_BACK = 0.02, 0.02, 0.03, 0.03


def tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Worker:
    def __init__(self, url: str, run_id: int, seed: int) -> None:
        self.engine = open_engine(url, pool_size=2)
        self.run_id = run_id
        self.dice = random.Random(seed)

    def drain(self) -> None:
        while next_due(self.engine, self.run_id) is not None:
            for one in claim(
                self.engine, self.run_id, 4, owner=str(os.getpid()), lease_seconds=LEASE
            ):
                self.work_on(one)

    def work_on(self, one: Claim) -> None:
        if self.dice.random() < DIE_BETWEEN:
            die()
        if self.dice.random() < GIVE_BACK:
            give_back(self.engine, [one])
            return
        if self.dice.random() < COME_LATE:
            tell(late=one.offer_id)
            sys.stdin.readline()
        try:
            ruling = commit(self.engine, one, lambda conn: self.transaction(conn, one))
        except Fenced:
            tell(fenced=one.offer_id)
        else:
            tell(offer=one.offer_id, token=one.token, state=str(ruling.state))

    def transaction(self, conn, one: Claim) -> Settlement:
        die_at = (
            self.dice.choice(("before", "after")) if self.dice.random() < DIE_IN_TRANSACTION else ""
        )
        if die_at == "before":
            die()
        settlement = self.settlement(conn, one)
        if die_at == "after":
            die()
        return settlement

    def settlement(self, conn, one: Claim) -> Settlement:
        kind = self.dice.random()
        sight = seen(one.run_id, one.token)
        if kind < 0.08:
            return Retry(reason="timeout", charged=False)
        if kind < 0.12:
            offers.mark_gone(conn, one.offer_id, "deleted", sight)
            return Gone(reason="deleted")
        if kind < 0.16:
            refusal = quarantine.Refusal(offer_id=one.offer_id, type="Invalid", message="bad")
            quarantine.keep(conn, refusal, run_id=one.run_id)
            return Invalid(reason="bad")
        return Stored(outcome=Outcome(offers.save(conn, item(one.offer_id), sight).change))


if __name__ == "__main__":
    Worker(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])).drain()
