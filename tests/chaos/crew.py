"""The workers of a storm: real `pwsync worker` programs, started again whenever they end."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from browsers import tree
from browsers.tree import Member

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "app.cli", "worker")
CLOCKS = (0, 3600, 0, -3600)
"""Seconds by which the clocks of the workers are wrong, in turn."""
SECONDS_TO_LEAVE = 60
KNOWN_NOISE = "Exception during reset or similar"
"""SQLAlchemy's log, traceback included, of a connection that broke; the error itself is met."""


@dataclass(kw_only=True)
class Worker:
    """One place in the crew, and the program that fills it now."""

    number: int
    program: "subprocess.Popen[bytes]"
    is_paused: bool = False
    is_killed: bool = False
    """By us: how it ends is no news."""

    @property
    def pid(self) -> int:
        return self.program.pid

    @property
    def is_alive(self) -> bool:
        return self.program.poll() is None

    def family(self) -> tuple[Member, ...]:
        me = tree.census().get(self.pid)
        return tree.family([me]) if me else ()

    def driver(self) -> Member | None:
        return next((one for one in self.family() if one.command().endswith(" run-driver")), None)

    def browser(self) -> Member | None:
        return next(filter(_is_browser, self.family()), None)


def _is_browser(one: Member) -> bool:
    command = one.command()
    return " --remote-debugging-pipe" in command and " --type=" not in command


@dataclass(kw_only=True)
class Crew:
    """Keeps so many workers at work."""

    size: int
    environment: Mapping[str, str]
    folder: Path
    workers: list[Worker] = field(default_factory=list)
    exits: Counter[str] = field(default_factory=Counter)
    """Exit codes of those that we did not kill."""
    starts: int = 0

    def start(self) -> None:
        self.workers = [self._begin(number) for number in range(self.size)]

    def _begin(self, number: int) -> Worker:
        self.starts += 1
        shift = CLOCKS[number % len(CLOCKS)]
        clock = {"CHAOS_CLOCK": str(shift), "PYTHONPATH": str(Path(__file__).parent / "clock")}
        with self.log(number).open("ab") as log:
            program = subprocess.Popen(
                COMMAND,
                cwd=ROOT,
                env={**self.environment, **(clock if shift else {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return Worker(number=number, program=program)

    def log(self, number: int) -> Path:
        return self.folder / f"worker-{number}.log"

    def replace_the_dead(self) -> None:
        for place, worker in enumerate(self.workers):
            if not worker.is_alive:
                if not worker.is_killed:
                    self.exits[str(worker.program.returncode)] += 1
                self.workers[place] = self._begin(worker.number)

    def awake(self, holders: set[int], dice: random.Random) -> list[Worker]:
        """Those that run, in random order; who holds leases (by pid) first."""
        found = [one for one in self.workers if one.is_alive and not one.is_paused]
        dice.shuffle(found)
        return sorted(found, key=lambda one: one.pid not in holders)

    def pause(self, worker: Worker) -> None:
        worker.is_paused = True
        worker.program.send_signal(signal.SIGSTOP)

    def wake(self, worker: Worker) -> None:
        worker.is_paused = False
        if worker.is_alive:
            worker.program.send_signal(signal.SIGCONT)

    def kill(self, worker: Worker) -> None:
        worker.is_killed = True
        worker.program.kill()
        worker.program.wait()

    def dismiss(self) -> dict[str, int]:
        """End all with SIGTERM; their exit codes, `late` for those that had to be killed."""
        for worker in self.workers:
            self.wake(worker)
            worker.program.terminate()
        return dict(Counter(_code_of(worker) for worker in self.workers))

    def end(self) -> None:
        """SIGKILL to all that is left, whatever state it is in."""
        for worker in self.workers:
            for member in worker.family():
                member.kill()
            worker.program.wait()

    def tracebacks(self) -> list[str]:
        """Last lines of tracebacks in the logs: bugs that a worker told."""
        return [line for n in range(self.size) for line in _last_lines(self.log(n))]


def _code_of(worker: Worker) -> str:
    try:
        return str(worker.program.wait(SECONDS_TO_LEAVE))
    except subprocess.TimeoutExpired:
        worker.program.kill()
        return "late"


def _last_lines(log: Path) -> Iterator[str]:
    inside = is_known = False
    for line in log.read_text(errors="replace").splitlines() if log.exists() else ():
        if line.startswith(("pwsync: ", "run ", KNOWN_NOISE)):
            is_known = line.startswith(KNOWN_NOISE)
        if line.startswith("Traceback "):
            inside = not is_known
        elif inside and not line.startswith(" "):
            inside = False
            yield line


def leftovers(mark: str) -> list[str]:
    """Commands of living programs that a crew with this mark has left behind."""
    found = tree.with_environment(mark)
    return [one.command()[:120] for one in found if one.pid != os.getpid()]
