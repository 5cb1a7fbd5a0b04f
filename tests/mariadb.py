"""A private MariaDB server for tests: own folder, own socket, no network, ended by its pid."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

SECONDS_TO_START = 60


class MariaDB:
    """A running server that can be killed and started again."""

    def __init__(self, folder: Path, pool: str = "64M") -> None:
        self.folder = folder
        self.pool = pool
        self.socket = folder / "s"
        self.server: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def install(self) -> None:
        program = _program("mariadb-install-db")
        arguments = [
            f"--datadir={self.folder / 'base'}",
            "--auth-root-authentication-method=normal",
        ]
        subprocess.run(
            [program, "--no-defaults", *arguments, "--skip-test-db", *_as_root()],
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        options = [
            f"--datadir={self.folder / 'base'}",
            f"--socket={self.socket}",
            f"--pid-file={self.folder / 'pid'}",
            f"--log-error={self.folder / 'log'}",
            "--skip-networking",
            "--skip-name-resolve",
            f"--innodb-buffer-pool-size={self.pool}",
            "--innodb-log-file-size=32M",
            "--performance-schema=OFF",
            "--max-connections=60",
        ]
        self.server = subprocess.Popen(
            [_program("mariadbd"), "--no-defaults", *options, *_as_root()],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()
        self.execute("SELECT 1")

    def _wait(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as probe:
                    probe.connect(str(self.socket))
            except OSError as error:
                if time.monotonic() > deadline or self.server.poll() is not None:
                    log = self.folder / "log"
                    told = log.read_text()[-2000:] if log.exists() else ""
                    raise AssertionError(f"MariaDB did not start: {error}\n{told}") from error
                time.sleep(0.05)  # polling a server that is starting, with a deadline
            else:
                return

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.server is not None:
            self.server.send_signal(how)
            self.server.wait(30)
            self.server = None

    def execute(self, *statements: str) -> None:
        with pymysql.connect(unix_socket=str(self.socket), user="root") as conn:
            with conn.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
            conn.commit()

    def new_database(self) -> str:
        """The URL of an empty database."""
        self._databases += 1
        name = f"test{self._databases}"
        self.execute(f"CREATE DATABASE {name}")
        return f"mysql+pymysql://root@localhost/{name}?unix_socket={self.socket}"


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is missing: the tests need MariaDB (apt-get install mariadb-server)"
    return found


def _as_root() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


@contextmanager
def running(folder: Path, pool: str = "64M") -> Iterator[MariaDB]:
    """A server in an empty folder, or in one it had before, for as long as the block lasts."""
    server = MariaDB(folder, pool)
    if not (folder / "base").exists():
        server.install()
    server.start()
    try:
        yield server
    finally:
        server.stop()
