"""A private Redis server for tests: own folder, own socket, no network, ended by its pid."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

SECONDS_TO_START = 20


class RedisServer:
    """A server that can be stopped, killed, emptied and started again."""

    def __init__(self, folder: Path, *, append_only: bool = True) -> None:
        self.folder = folder
        self.socket = folder / "r"
        self.server: subprocess.Popen[bytes] | None = None
        self._append_only = append_only
        assert len(os.fsencode(self.socket)) < 108, f"no socket can have this path: {self.socket}"

    @property
    def url(self) -> str:
        """As `redis_url` takes it."""
        return f"unix://{self.socket}?db=0"

    @property
    def pid(self) -> int:
        assert self.server is not None
        return self.server.pid

    def start(self) -> None:
        """Start it on what its append-only file holds; nothing without one."""
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: the tests need it (apt-get install redis-server)"
        keep = "yes" if self._append_only else "no"
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder)]
        options += ["--appendonly", keep, "--appendfsync", "always", "--save", ""]
        self.server = subprocess.Popen(
            [program, *options, "--logfile", str(self.folder / "log")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while not self.answers():
            log = self.folder / "log"
            told = log.read_text()[-2000:] if log.exists() else ""
            assert self.server.poll() is None, f"Redis ended at once: {told}"
            assert time.monotonic() < deadline, f"Redis did not start: {told}"
            time.sleep(0.02)  # polling a server that is starting, with a deadline

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except RedisError:
            return False

    def client(self) -> Redis:
        """A connection of the test's own."""
        return Redis(unix_socket_path=str(self.socket), socket_timeout=5)

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End it by this signal and wait for it; twice is fine."""
        if self.server is not None:
            self.server.send_signal(how)
            self.server.wait(30)
            self.server = None
            self.socket.unlink(missing_ok=True)

    def flush(self) -> None:
        """Forget everything, while running."""
        with self.client() as client:
            client.flushall()

    def forget(self) -> None:
        """Throw away the append-only file of a server that is stopped."""
        assert self.server is None
        shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)


@contextmanager
def running(folder: Path, *, append_only: bool = True) -> Iterator[RedisServer]:
    """A server in an empty folder, for as long as the block lasts."""
    server = RedisServer(folder, append_only=append_only)
    server.start()
    try:
        yield server
    finally:
        server.stop(signal.SIGKILL)
