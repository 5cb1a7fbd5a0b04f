"""A run worked on by a crew, while blows fall on the crew and on its servers."""

import json
import random
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Row, select

from app import models
from app.models import table
from app.runs.counts import Counts, counts
from app.runs.outcomes import CLOSED, LEASED, RunState
from app.store.clock import now
from app.store.engine import DatabaseUnavailable, reading
from tests.chaos.crew import Crew, Worker
from tests.chaos.plan import Blow, Plan, blows
from tests.chaos.servers import Servers

TICK = 0.1
LOOK_SECONDS = 0.3
TELL_SECONDS = 15.0
STANDING = frozenset({RunState.PARKED, RunState.PAUSED})
ITEM = table(models.RunItem)


class Robbed(NamedTuple):
    """A try whose worker was killed, and when, by the database's clock."""

    offer_id: str
    attempt: int
    at: datetime


class Storm:
    """Deals the blows of a plan to one run, in the order and at the progress that it says."""

    def __init__(self, plan: Plan, engine: Engine, run_id: int, crew: Crew) -> None:
        self.plan, self.engine, self.run_id, self.crew = plan, engine, run_id, crew
        self.dice = random.Random(plan.seed)
        self.blows = deque(blows(plan))
        self.dealt: Counter[str] = Counter()
        self.servers: Servers | None = None
        self.robbed: list[Robbed] = []
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._seen: Counts | None = None
        self._looked = self._told = 0.0

    def rage(self) -> str:
        """Until the run is over; why it ended."""
        deadline = time.monotonic() + self.plan.deadline
        while time.monotonic() < deadline:
            self.crew.replace_the_dead()
            self._do_what_is_due()
            seen = self._look()
            if seen is not None:
                if seen.run.state in CLOSED | STANDING:
                    return f"the run is {seen.run.state}: {seen.run.reason}"
                self._deal(seen.finished)
            time.sleep(TICK)  # polling what others do, with a deadline
        return f"not over after {self.plan.deadline:.0f} s"

    def calm(self) -> None:
        """Wake whoever sleeps and start what is away, at once."""
        while self._later:
            self._later.pop(0)[1]()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, act))
        self._later.sort(key=lambda one: one[0])

    def _do_what_is_due(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            self._later.pop(0)[1]()

    def _look(self) -> Counts | None:
        """How the run stands; not asked too often, the last answer while the database is away."""
        if time.monotonic() >= self._looked + LOOK_SECONDS:
            try:
                self._seen = counts(self.engine, self.run_id)
            except DatabaseUnavailable:
                return None
            self._looked = time.monotonic()
            self._tell()
        return self._seen

    def _tell(self) -> None:
        if self._seen and time.monotonic() >= self._told + TELL_SECONDS:
            self._told = time.monotonic()
            line = {"finished": self._seen.finished, "leased": self._seen.leased}
            sys.stderr.write(f"{json.dumps(line | {'blows_left': len(self.blows)})}\n")

    def _deal(self, finished: int) -> None:
        if self.blows and self.blows[0].finished <= finished and self._strike(self.blows[0].blow):
            self._note(self.blows.popleft().blow, finished)

    def _note(self, blow: Blow, finished: int) -> None:
        self.dealt[str(blow)] += 1
        line = {"at": datetime.now(UTC).isoformat(), "blow": str(blow), "finished": finished}
        with (self.crew.folder / "blows.jsonl").open("a") as file:
            file.write(f"{json.dumps(line)}\n")

    def _strike(self, blow: Blow) -> bool:
        """Deal one blow; False if it has to wait for somebody to hit."""
        if blow.startswith(("database", "redis")):
            assert self.servers is not None
            return self.servers.hit(blow)
        holders = self._holders()
        awake = self.crew.awake(holders, self.dice)
        busy = [one for one in awake if one.pid in holders]
        if blow is Blow.PAUSE:
            return len(awake) > 1 and self._pause(busy)
        if blow is Blow.KILL_WORKER and busy:
            self._note_kill(busy[0])
        return any(map(_HITS[blow], [self.crew] * len(busy), busy))

    def _pause(self, busy: list[Worker]) -> bool:
        if busy:
            self.crew.pause(busy[0])
            self.later(1.6 * self.plan.lease, lambda: self.crew.wake(busy[0]))
        return bool(busy)

    def _note_kill(self, worker: Worker) -> None:
        """What it holds in the moment before it is killed."""
        held = [one for one in self._leases() if _pid_of(one.owner) == worker.pid]
        self.robbed += [Robbed(one.offer_id, one.attempt, one.at) for one in held]

    def _holders(self) -> set[int]:
        """Process ids of those who hold leases."""
        return {_pid_of(one.owner) for one in self._leases()}

    def _leases(self) -> Sequence[Row[Any]]:
        query = select(ITEM.c.owner, ITEM.c.offer_id, ITEM.c.attempt, now().label("at"))
        held = (ITEM.c.run_id == self.run_id, ITEM.c.state == LEASED)
        try:
            with reading(self.engine) as conn:
                return conn.execute(query.where(*held)).all()
        except DatabaseUnavailable:
            return ()


def _pid_of(owner: str) -> int:
    return int(owner.split(":")[-2])


def _kill_worker(crew: Crew, worker: Worker) -> bool:
    crew.kill(worker)
    return True


def _kill_browser(_: Crew, worker: Worker) -> bool:
    found = worker.browser()
    if found:
        found.kill()
    return found is not None


def _kill_driver(_: Crew, worker: Worker) -> bool:
    found = worker.driver()
    if found:
        found.kill()
    return found is not None


_HITS = {
    Blow.KILL_WORKER: _kill_worker,
    Blow.KILL_BROWSER: _kill_browser,
    Blow.KILL_DRIVER: _kill_driver,
}
