"""`pwsync up` itself: the real worker, scheduler, server and a private Redis."""

import os
import shutil
import signal
import socket
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.redis_server import running
from tests.up.conftest import Watched, is_alive, kill, wait_until_gone

PROGRAM = str(Path(sys.executable).with_name("pwsync"))


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.fixture
def up(watch, tmp_path, port):
    """Start it with these settings besides."""
    kept = ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")

    def start(*words: str, **more: str) -> Watched:
        own = {"HOME": str(tmp_path), "PWSYNC_DATA_DIR": str(tmp_path / "data")}
        given = {name: os.environ[name] for name in kept if name in os.environ}
        return watch(PROGRAM, "up", "--port", str(port), *words, only=given | own | more)

    return start


def family(one: Watched) -> dict[str, int]:
    """The children, by what they run, and their numbers."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and parent_of(folder) == one.program.pid:
            words = (folder / "cmdline").read_bytes().decode().split("\0")
            name = words[4] if "app.cli" in words else Path(words[0].split()[0]).name
            found[name] = int(folder.name)
    return found


def parent_of(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def started(one: Watched) -> dict[str, int]:
    """Wait until all say that they work; their numbers."""
    one.line("server", "serving http://")
    one.line("worker", "waits for runs")
    one.line("scheduler", "scheduler of")
    return family(one)


def ready(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20) as answer:
        return answer.read().decode()


def test_all_work_together_come_back_and_end(up, port, tmp_path):
    one = up()
    pids = started(one)
    assert set(pids) == {"redis-server", "serve", "worker", "scheduler"}
    assert ready(port) == '{"database":true,"redis":true}'
    folder = tmp_path / "data" / "redis"
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "redis.sock").stat().st_mode & 0o077 == 0

    kill(pids["serve"])
    one.line("server", "was ended by SIGKILL")
    one.line("server", "serving http://")
    assert ready(port) == '{"database":true,"redis":true}'
    kill(pids["redis-server"])
    one.line("redis", "was ended by SIGKILL")
    one.line("redis", "Server initialized")
    pids = family(one)

    one.send(signal.SIGTERM)
    one.rest()
    assert one.program.returncode == 0
    assert not any(map(is_alive, pids.values()))
    with socket.socket() as line:
        assert line.connect_ex(("127.0.0.1", port)) != 0


def test_nothing_is_left_when_it_is_killed_and_it_can_be_started_at_once(up):
    one = up("--workers", "2")
    pids = started(one)
    one.send(signal.SIGKILL)
    another = up()
    wait_until_gone(*pids.values())
    started(another)
    another.send(signal.SIGINT)
    another.rest()
    assert another.program.returncode == 130


def test_a_second_one_on_the_same_folder_is_told(up):
    one = up()
    one.line("redis", "Server initialized")
    second = up()
    assert "another `pwsync up`" in second.rest()
    assert second.program.returncode == 9


def test_a_configured_redis_is_used_and_left_alone(up, redis_server):
    one = up(PWSYNC_REDIS_URL=redis_server.url)
    assert set(started(one)) == {"serve", "worker", "scheduler"}
    one.send(signal.SIGTERM)
    one.rest()
    assert one.program.returncode == 0
    assert redis_server.answers()


def test_no_password_is_on_a_command_line_or_in_the_lines(up, tmp_path):
    folder = tmp_path / "redis"
    folder.mkdir()
    with running(folder) as redis:
        with redis.client() as connection:
            connection.config_set("requirepass", "canary")
        one = up(PWSYNC_REDIS_URL=f"unix://:canary@{redis.socket}", PWSYNC_VERBOSE="2")
        for pid in (one.program.pid, *started(one).values()):
            assert b"canary" not in Path(f"/proc/{pid}/cmdline").read_bytes()
        one.send(signal.SIGTERM)
        assert "canary" not in one.rest()
    assert one.program.returncode == 0


def test_a_wrong_configuration_ends_it(up, port):
    with socket.create_server(("127.0.0.1", port)):
        one = up()
        said = one.rest()
    assert one.program.returncode == 7
    assert "cannot be listened on" in said
    assert "server cannot be started" in said


def test_without_redis_it_says_what_to_install(up, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    one = up(PATH=str(programs))
    assert "install the package redis-server" in one.rest()
    assert one.program.returncode == 7
    assert shutil.which("redis-server"), "it was there, only not found"


def test_a_folder_with_a_path_too_long_for_a_socket_is_told(up, tmp_path):
    one = up(PWSYNC_DATA_DIR=str(tmp_path / ("x" * 100)))
    assert "shorter data_dir" in one.rest()
    assert one.program.returncode == 2
