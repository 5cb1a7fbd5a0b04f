"""One run of one program: it is started, warmed up, watched for a window, and surely ended."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from browsers import tree
from tests.bench import machine
from tests.bench.values import Page, Run

POLL = 0.2
WEIGH_EVERY = 1.0
LEAVE_SECONDS = 10.0
"""How long a program may take to end by itself."""


@dataclass(frozen=True, kw_only=True)
class Show:
    """What is put on the stage."""

    words: list[str]
    """Program and arguments."""
    environment: dict[str, str]
    folder: Path
    pages: Callable[[], list[Page]]
    """Those that have come to their end so far."""
    warm_pages: int
    warm_seconds: float
    """The window opens after so many pages, or so long."""
    seconds: float
    site: tree.Member
    """The local 1688."""


@dataclass(kw_only=True)
class Reading:
    """The machine at one moment."""

    at: float = field(default_factory=time.time)
    busy: float = field(default_factory=machine.busy)
    own: float = 0.0
    site: float = 0.0
    bench: float = 0.0


class Stage:
    """Watches one child and its tree; this process and the local 1688 do not count as its own."""

    def __init__(self, show: Show, child: "subprocess.Popen[bytes]") -> None:
        self._show = show
        self._child = child
        self._root = tree.census()[child.pid]
        self._seen: set[tree.Member] = set()
        self.peak = 0
        self._weighed = 0.0

    def perform(self) -> Run:
        show, began = self._show, time.time()
        warm = self._wait(show.warm_seconds, lambda: len(show.pages()) >= show.warm_pages)
        first = self._read()
        self._wait(show.seconds, lambda: False)
        last = self._read()
        died = self._child.poll()
        self.end()
        ended = time.time()
        return Run(
            began=began,
            opened=first.at,
            closed=last.at,
            ended=ended,
            cpu=last.own - first.own,
            site=last.site - first.site,
            foreign=_foreign(first, last),
            peak_mib=self.peak,
            pages=show.pages(),
            warm=warm,
            failed=None if died in (None, 0) else f"ended with {died}: {self._last_words()}",
        )

    def _wait(self, seconds: float, enough: Callable[[], bool]) -> bool:
        """Until there is enough, the time is over, or the program has ended; whether enough."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and self._child.poll() is None:
            if enough():
                return True
            self._weigh()
            time.sleep(POLL)
        return enough()

    def _members(self) -> tuple[tree.Member, ...]:
        found = tree.family([self._root])
        self._seen.update(found)
        return found

    def _weigh(self) -> None:
        if time.monotonic() - self._weighed >= WEIGH_EVERY:
            self.peak = max(self.peak, tree.pss_mib(self._members()))
            self._weighed = time.monotonic()

    def _read(self) -> Reading:
        return Reading(
            own=machine.spent(self._members()),
            site=machine.spent([self._show.site]),
            bench=time.process_time(),
        )

    def end(self) -> None:
        """Politely, then by force; nothing of the tree is left. Twice is fine."""
        self._members()
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(LEAVE_SECONDS)
        self._members()
        for member in self._seen:
            member.kill()
        self._child.wait()

    def _last_words(self) -> str:
        lines = (self._show.folder / "stderr").read_text(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "no word"


def perform(show: Show) -> Run:
    """One run. Raises OSError if the program cannot be started."""
    with (
        (show.folder / "stdout").open("wb") as out,
        (show.folder / "stderr").open("wb") as err,
        subprocess.Popen(
            show.words,
            env=show.environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        ) as child,
    ):
        stage = Stage(show, child)
        try:
            return stage.perform()
        finally:
            stage.end()


def _foreign(first: Reading, last: Reading) -> float:
    """Cores that neither the program, nor the local 1688, nor this bench used, on average."""
    ours = (last.own - first.own) + (last.site - first.site) + (last.bench - first.bench)
    return (last.busy - first.busy - ours) / max(last.at - first.at, 0.001)
