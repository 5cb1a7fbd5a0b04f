"""Keeping programs alive on one machine: when to start again (pure), and a small runner that does.

Knows nothing of what the programs are; `app/cli/up.py` says which, in which order.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from queue import Empty, SimpleQueue
from types import FrameType

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
"""Seconds before a program is started again; doubled with each death, up to the longest."""
HEALTHY_SECONDS = 60.0
"""Who has lived this long begins anew with the first pause."""
USAGE = 2
"""Exit code of a program that says its configuration is wrong."""
MOST_REFUSALS = 3
"""So many in a row, and starting it again will not help."""
READY_SECONDS = 20.0
LOOK_SECONDS = 0.05
LONGEST_LINE = 65_536

TIE = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != int(sys.argv[1]):
    sys.exit(0)
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""Becomes the program, having asked the kernel (PR_SET_PDEATHSIG) to kill it with its supervisor.

A program of its own: Python between fork and exec is not safe next to threads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A program to keep alive. Those with the same `stage` start and stop together."""

    name: str
    command: Sequence[str]
    stage: int
    """Lower stages start earlier and stop later."""
    stop_seconds: float
    """From SIGTERM to SIGKILL."""
    is_ready: Callable[[], bool] | None = None
    """The next stage waits until it says so."""
    keeps: tuple[int, ...] = ()
    """File descriptors that it inherits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """What is remembered of a program's earlier lives."""

    deaths: int = 0
    """Without a healthy life between them."""
    refusals: int = 0
    """How many of the last ones, in a row, ended with USAGE."""


def after_death(past: Past, *, code: int, lived: float) -> tuple[Past, float | None]:
    """The past from now on, and the seconds to wait before the next start; None: give up."""
    if lived >= HEALTHY_SECONDS:
        past = Past()
    refusals = past.refusals + 1 if code == USAGE else 0
    now = replace(past, deaths=past.deaths + 1, refusals=refusals)
    if refusals >= MOST_REFUSALS:
        return now, None
    return now, min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(past.deaths, 16))


def ending(code: int) -> str:
    """How a program ended, for a person."""
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"


class SupervisionFailed(Exception):
    """A program cannot be kept alive; the message says which."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Starting this one again is no use."""

    name: str


@dataclass(frozen=True, slots=True)
class Over:
    """This one was told to end, and has."""

    name: str


@dataclass(frozen=True, slots=True)
class Signalled:
    """Somebody wants all of it to end."""

    number: int


Message = GivenUp | Over | Signalled
Say = Callable[[str, str], None]
"""Gets the name of the service and a line."""


class Child(threading.Thread):
    """One service, kept alive until it is told to end.

    A thread of its own, that lives as long as the program does: the kernel counts the thread that
    started a program as its parent when it kills children with their parents.
    """

    def __init__(
        self,
        service: Service,
        environment: Mapping[str, str],
        say: Say,
        mailbox: "SimpleQueue[Message]",
    ) -> None:
        super().__init__(name=service.name, daemon=True)
        self.service = service
        self._environment = environment
        self._say = say
        self._mailbox = mailbox
        self._told = threading.Event()
        self._lock = threading.Lock()
        self._program: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start it, again and again."""
        past, pause = Past(), 0.0
        while not self._told.wait(pause):
            begun = time.monotonic()
            code = self._live()
            if code is None or self._told.is_set():
                break
            past, wait = after_death(past, code=code, lived=time.monotonic() - begun)
            if wait is None:
                self._say(self.service.name, f"{ending(code)}, {past.refusals} times in a row")
                self._mailbox.put(GivenUp(self.service.name))
                return
            self._say(self.service.name, f"{ending(code)}; started again in {wait:g} s")
            pause = wait
        self._mailbox.put(Over(self.service.name))

    def _live(self) -> int | None:
        """One life of the program; its exit code, None if it is not wanted any more."""
        with self._lock:
            if self._told.is_set():
                return None
            self._program = program = self._start()
        lines = threading.Thread(target=self._pass_lines_on, args=(program,), daemon=True)
        lines.start()
        # Not reaped yet, its number is still its own: what is left of its group can be killed.
        os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
        self.kill()
        with self._lock:
            self._program = None
        lines.join(1.0)  # a grandchild in another group may hold the pipe
        return program.wait()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", TIE, str(os.getpid()), *self.service.command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            start_new_session=True,  # Ctrl-C on the terminal is the supervisor's alone
            pass_fds=self.service.keeps,
        )

    def _pass_lines_on(self, program: "subprocess.Popen[bytes]") -> None:
        assert program.stdout is not None
        with program.stdout as lines:
            while line := lines.readline(LONGEST_LINE):
                self._say(self.service.name, line.decode(errors="replace").rstrip("\r\n"))

    def ask(self) -> None:
        """Tell it to end (SIGTERM), and do not start it again."""
        self._told.set()
        with self._lock:
            if self._program is not None:
                self._program.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to all of its group, now."""
        if (program := self._program) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)


class Supervisor:
    """Starts services stage by stage, keeps them alive, and ends them the other way round."""

    def __init__(
        self, services: Sequence[Service], *, environment: Mapping[str, str], say: Say
    ) -> None:
        # Safe to use from signal handlers, which no lock is.
        self._mailbox: SimpleQueue[Message] = SimpleQueue()
        children = [Child(one, environment, say, self._mailbox) for one in services]
        children.sort(key=_stage)
        self._stages = [list(stage) for _, stage in groupby(children, key=_stage)]

    def run(self) -> int:
        """Until SIGTERM or SIGINT; which of them it was.

        A second signal ends everything at once. Raises SupervisionFailed when a program refuses
        its configuration, or does not get ready; the others are ended first.
        """
        before = {one: signal.signal(one, self._take) for one in (signal.SIGTERM, signal.SIGINT)}
        try:
            message = self._start() or self._mailbox.get()
            self._end()
        finally:
            for number, taker in before.items():
                signal.signal(number, taker)
        if isinstance(message, Signalled):
            return message.number
        raise SupervisionFailed(f"{message.name} cannot be started; its own lines say why")

    def _take(self, number: int, _: FrameType | None) -> None:
        self._mailbox.put(Signalled(number))

    def _start(self) -> Message | None:
        """Start all, a stage after the other; what came in between, if anything did."""
        for stage in self._stages:
            for child in stage:
                child.start()
            for child in stage:
                if message := self._wait_for(child):
                    return message
        return None

    def _wait_for(self, child: Child) -> Message | None:
        deadline = time.monotonic() + READY_SECONDS
        while child.service.is_ready is not None and not child.service.is_ready():
            with contextlib.suppress(Empty):
                return self._mailbox.get(timeout=LOOK_SECONDS)
            if time.monotonic() > deadline:
                return GivenUp(child.name)
        return None

    def _end(self) -> None:
        hurry = False
        for stage in reversed(self._stages):
            started = [child for child in stage if child.ident is not None]
            for child in started:
                child.ask()
            hurry = self._wait_for_end(started, hurry=hurry)

    def _wait_for_end(self, stage: Sequence[Child], *, hurry: bool) -> bool:
        """Until all have ended, by themselves or killed; whether there is a hurry from now on."""
        deadline = time.monotonic() + max((one.service.stop_seconds for one in stage), default=0)
        while any(child.is_alive() for child in stage):
            late = time.monotonic() > deadline
            if hurry or late:
                for child in stage:
                    child.kill()
            with contextlib.suppress(Empty):
                message = self._mailbox.get(timeout=LOOK_SECONDS)
                hurry = hurry or isinstance(message, Signalled)
        return hurry


def _stage(child: Child) -> int:
    return child.service.stage
