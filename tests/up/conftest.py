"""A supervisor as a process of its own, with small real programs for children."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SECONDS = 40
SUPERVISE = """
import json, os, sys
from app.supervision import Service, SupervisionFailed, Supervisor
services = [Service(**one) for one in json.loads(sys.argv[1])]
say = lambda name, line: os.write(1, f"{name}|{line}\\n".encode())  # whole, from any thread
try:
    number = Supervisor(services, environment=os.environ, say=say).run()
except SupervisionFailed as error:
    sys.exit(f"failed|{error}")
print(f"supervisor|ended by {number}", flush=True)
"""


def python(text: str) -> list[str]:
    return [sys.executable, "-u", "-c", text]


STAYS = "import os, signal; print('pid', os.getpid()); signal.pause()"
DRAINS = (
    "import os, signal, sys\n"
    "signal.signal(signal.SIGTERM, lambda *_: (print('drained'), sys.exit(0)))\n"
    "print('pid', os.getpid())\n"
    "signal.pause()\n"
)
DEAF = (
    "import os, signal\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('pid', os.getpid())\n"
    "while True: signal.pause()\n"
)
PARENT = (
    "import os, signal, subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
    "print('pid', os.getpid())\n"
    "print('grandchild', child.pid)\n"
    "signal.pause()\n"
)


class Watched:
    """A running program and the lines it has printed."""

    def __init__(self, words: list[str], environment: dict[str, str], folder: Path) -> None:
        self.program = subprocess.Popen(
            words,
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self.skipped: list[str] = []

    def line(self, *parts: str) -> str:
        """The first line not asked for yet that contains all of these; children's lines mix."""
        for line in self._unasked():
            if all(part in line for part in parts):
                self.skipped.remove(line)
                return line
        raise AssertionError(f"never said {parts}:\n" + "\n".join(self.lines))

    def _unasked(self) -> Iterator[str]:
        yield from list(self.skipped)
        for line in self.program.stdout:
            self.lines.append(line.rstrip("\n"))
            self.skipped.append(self.lines[-1])
            yield self.lines[-1]

    def number(self, *parts: str) -> int:
        """The number at the end of that line."""
        return int(self.line(*parts).split()[-1])

    def rest(self) -> str:
        """All that it prints until it ends."""
        self.lines += self.program.stdout.read().splitlines()
        self.program.wait(SECONDS)
        return "\n".join(self.lines)

    def send(self, number: int) -> None:
        self.program.send_signal(number)

    def close(self) -> None:
        self.program.kill()
        self.program.stdout.close()
        self.program.wait()


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Start a program; it is gone after the test, whatever happens."""
    started: list[Watched] = []

    def start(*words: str, only: dict[str, str] | None = None) -> Watched:
        """`only`: its whole environment."""
        started.append(Watched(list(words), only or dict(os.environ), tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def supervise(watch) -> Callable[..., Watched]:
    """Supervise programs, each `(name, text)` in a stage after the one before."""

    def start(*programs: tuple[str, str], stop_seconds: float = 30.0) -> Watched:
        services = [
            {"name": name, "command": python(text), "stage": stage, "stop_seconds": stop_seconds}
            for stage, (name, text) in enumerate(programs)
        ]
        return watch(sys.executable, "-c", SUPERVISE, json.dumps(services))

    return start


def is_alive(pid: int) -> bool:
    """Zombies are dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(*pids: int) -> None:
    deadline = time.monotonic() + SECONDS
    while left := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.02)  # polling the kernel, with a deadline


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    os.kill(pid, number)
