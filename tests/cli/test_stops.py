"""Ways a run is stopped: Ctrl-C once and twice, SIGTERM, SIGKILL. Nothing is lost or doubled."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.replica.serve import Replica, running
from app.runs.audit import audit
from app.runs.counts import Counts, counts
from app.store.engine import open_engine
from tests.cli.conftest import PROGRAM


@pytest.fixture
def start(
    tmp_path: Path, surroundings: dict[str, str], mariadb
) -> Callable[..., "subprocess.Popen[str]"]:
    """Start a sync of a whole site into MariaDB; its progress comes as JSON lines on stderr."""
    surroundings["PWSYNC_DATABASE_URL"] = mariadb.new_database()
    surroundings["PWSYNC_RUN__LEASE_SECONDS"] = "2"

    def begin(site: Replica, *more: str) -> "subprocess.Popen[str]":
        (tmp_path / "refs").write_text("\n".join(one["url"] for one in site.listed()))
        words = [
            "sync",
            "-i",
            "refs",
            "--replica",
            site.address,
            "-c",
            "2",
            "--mode",
            "lean",
            "--json",
        ]
        return subprocess.Popen(
            [PROGRAM, *words, "--progress", "jsonl", *more],
            env=surroundings,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin


def until(child: "subprocess.Popen[str]", reached: Callable[[dict], bool]) -> None:
    """Read progress until a picture satisfies the condition."""
    for line in child.stderr:
        if line.startswith("{") and reached(json.loads(line)):
            return
    raise AssertionError(f"the command ended before: {child.wait()}")


def books(surroundings: dict[str, str]) -> Counts:
    """The ledger's counts, after an audit that must be clean."""
    engine = open_engine(surroundings["PWSYNC_DATABASE_URL"])
    assert audit(engine) == []
    found = counts(engine, 1)
    engine.dispose()
    return found


def some_done(picture: dict) -> bool:
    return 0 < picture["settled"] < picture["planned"]


@pytest.fixture(scope="module")
def large():
    """A site large enough to be caught in the middle."""
    with running(offers=150, seed=4) as site:
        yield site


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_first_signal_finishes_what_is_in_flight(start, surroundings, large, number, code):
    child = start(large)
    until(child, some_done)
    child.send_signal(number)
    told, _ = child.communicate(timeout=60)
    assert child.returncode == code
    assert json.loads(told)["counts"].get("leased", 0) == 0
    stopped = books(surroundings)
    assert stopped.queued > 0
    again = start(large)
    told, errors = again.communicate(timeout=120)
    assert again.returncode == 0
    assert "going on with run 1" in errors
    assert books(surroundings).finished == 150


def test_the_second_signal_ends_pages_that_would_take_for_ever(start, surroundings):
    with running(offers=4, seed=4, faults="silent=1") as site:
        child = start(site)
        until(child, lambda picture: picture["counts"].get("leased", 0) > 0)
        child.send_signal(signal.SIGINT)
        until(child, lambda picture: picture["state"] == "stopping")
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=50)  # far below the pages' own deadline of 60 s and its retries
    assert child.returncode == 130
    found = books(surroundings)
    assert (found.leased, found.queued) == (0, 4)


def test_a_killed_process_costs_nothing_but_its_pages_in_flight(start, surroundings, large):
    child = start(large)
    until(child, some_done)
    child.kill()
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    assert books(surroundings).queued > 0
    again = start(large)
    told, _ = again.communicate(timeout=120)
    assert again.returncode == 0
    assert json.loads(told)["counts"].get("failed", 0) == 0
    assert books(surroundings).finished == 150


def test_ctrl_c_on_a_terminal_leaves_the_terminal_as_it_was(surroundings, large, tmp_path):
    (tmp_path / "refs").write_text("\n".join(one["url"] for one in large.listed()))
    words = ["sync", "-i", "refs", "--replica", large.address, "-c", "2", "--mode", "lean"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(tmp_path)
        os.execve(PROGRAM, [PROGRAM, *words], surroundings | {"TERM": "xterm-256color"})
    seen = b""
    while b"created" not in seen:
        seen += os.read(terminal, 65536)
    os.write(terminal, b"\x03")
    while True:
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # the other end is closed: it has ended
            break
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 130
    assert seen.rindex(b"\x1b[?25h") > seen.rindex(b"\x1b[?25l"), "the cursor is shown again"
    assert b"pwsync resume 1" in seen
