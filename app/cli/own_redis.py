"""The Redis that `pwsync up` starts when none is configured: private, on a socket, kept on disk."""

import fcntl
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from app.cli.errors import UsageError
from app.supervision import Service

PROGRAMS = ("redis-server", "valkey-server")
LONGEST_SOCKET = 107
"""Bytes of a socket's path that the kernel takes."""
STOP_SECONDS = 15.0
ANSWER_SECONDS = 1.0
LOCK_SECONDS = 5.0
"""A Redis that was killed with its supervisor is gone by then."""


def find_program() -> str | None:
    """Path of an installed Redis; None if there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class RedisMissing(Exception):
    """There is no Redis and none can be started; the message says what to install."""


class RedisHeld(Exception):
    """Another `pwsync up` uses this data folder."""


class OwnRedis:
    """A Redis in a folder of its own, used by one supervisor at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.socket = self.folder / "redis.sock"
        self._lock: int | None = None

    @property
    def url(self) -> str:
        """As `redis_url` takes it."""
        return f"unix://{quote(str(self.socket))}"

    @contextmanager
    def locked(self) -> "Iterator[OwnRedis]":
        """The folder, ours alone. Raises RedisHeld, UsageError."""
        if len(os.fsencode(self.socket)) > LONGEST_SOCKET:
            raise UsageError(
                f"{self.socket} is too long for a socket: set a shorter data_dir, or a redis_url"
            )
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        self._lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._take_lock()
            yield self
        finally:
            os.close(self._lock)
            self._lock = None

    def _take_lock(self) -> None:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(self._lock or 0, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise RedisHeld(
                        f"another `pwsync up` uses {self.folder}: end it, or set another data_dir"
                    ) from None
                time.sleep(0.1)
            else:
                return

    def service(self, stage: int) -> Service:
        """What the supervisor starts. Raises RedisMissing."""
        program = find_program()
        if program is None:
            raise RedisMissing(
                "no redis_url is set and no redis-server is installed: "
                "install the package redis-server (or valkey), or set redis_url"
            )
        assert self._lock is not None
        return Service(
            name="redis",
            command=[program, *self._options()],
            stage=stage,
            stop_seconds=STOP_SECONDS,
            is_ready=self._answers,
            # It holds the lock as long as it lives, even if its supervisor was killed.
            keeps=(self._lock,),
        )

    def _options(self) -> list[str]:
        named = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "warning",
        }
        return [word for name, value in named.items() for word in (f"--{name}", value)]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            try:
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
            except OSError:
                return False
