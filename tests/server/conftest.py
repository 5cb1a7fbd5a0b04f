"""The server as a person starts it, on a free loopback port, before a private Redis."""

import http.client
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import program
from tests.server.jobs import in_every_state

PROGRAM = program.PROGRAM
SECONDS = 40


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str


class Server:
    """A running `pwsync serve`."""

    def __init__(self, program: "subprocess.Popen[str]") -> None:
        self.program = program
        self.lines = [program.stderr.readline()]
        assert "serving http://" in self.lines[0], self.lines[0] + program.stderr.read()
        self.address = self.lines[0].strip().rpartition("//")[2]
        self.url = f"http://{self.address}"

    def ask(
        self, method: str, path: str, *, token: str = "", body: str | None = None, **headers: str
    ) -> Answer:
        """One request, as it is written here; redirects are answers."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            named.setdefault("Authorization", f"Bearer {token}")
        if body is not None:
            named.setdefault("Content-Type", "application/x-www-form-urlencoded")
        line = http.client.HTTPConnection(self.address, timeout=SECONDS)
        try:
            line.request(method, path, body=body, headers=named)
            found = line.getresponse()
            return Answer(found.status, found.headers, found.read().decode(errors="replace"))
        finally:
            line.close()

    def end(self, how: int = signal.SIGTERM) -> int:
        self.program.send_signal(how)
        self.lines += self.program.stderr.read().splitlines()
        return self.program.wait(SECONDS)


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
    own = {
        "HOME": str(folder),
        "PWSYNC_DATA_DIR": str(folder / "data"),
        "PYTHONWARNINGS": "error",
        "COLUMNS": "120",
    }
    return {name: os.environ[name] for name in kept if name in os.environ} | own | more


def run(folder: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """A `pwsync` command that ends by itself."""
    return program.run(*words, environment=environment(folder, **more), folder=folder)


def new_token(folder: Path, scope: str) -> str:
    done = run(folder, "serve", "--new-token", "--scope", scope)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def serving(folder: Path, **more: str) -> Iterator[Server]:
    program = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0"],
        env=environment(folder, **more),
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(program)
    finally:
        program.kill()
        program.stderr.close()
        program.wait()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("serve")


@pytest.fixture(scope="module")
def tokens(home: Path) -> dict[str, str]:
    """A token of each scope."""
    return {scope: new_token(home, scope) for scope in ("read", "run", "admin")}


@pytest.fixture(scope="module")
def server(home: Path, tokens: dict[str, str], redis_server) -> Iterator[Server]:
    with serving(home, PWSYNC_REDIS_URL=redis_server.url) as running:
        yield running


@pytest.fixture(scope="module")
def jobs(redis_server):
    """A job in every state."""
    with in_every_state(redis_server) as made:
        yield made


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server of the test's own."""
    with ExitStack() as stack:
        yield lambda **more: stack.enter_context(serving(tmp_path, **more))
