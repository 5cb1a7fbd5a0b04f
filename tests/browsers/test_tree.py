"""Processes as /proc shows them."""

import os
import signal
import subprocess

import pytest

from browsers import tree

NEST = "sleep 60 & sleep 60 & wait"


@pytest.fixture
def shell():
    """A process that leads a session and has two children."""
    process = subprocess.Popen(
        ["sh", "-c", f"echo started; {NEST}"],
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={"TMPDIR": "/nowhere/pwsync-test"},
    )
    assert process.stdout.readline() == b"started\n"
    while len(tree.family([tree.census()[process.pid]])) < 3:
        pass
    yield process
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_family_is_found_from_its_root(shell):
    root = tree.census()[shell.pid]
    commands = sorted(member.command() for member in tree.family([root]))
    assert commands[1:] == ["sleep 60", "sleep 60"] or commands.count("sleep 60") == 2


def test_family_is_found_after_its_root_died(shell):
    root = tree.census()[shell.pid]
    root.kill()
    shell.wait()
    assert not root.is_alive
    assert [member.command() for member in tree.family([root])] == ["sleep 60", "sleep 60"]


def test_stopped_process_is_killed(shell):
    root = tree.census()[shell.pid]
    os.kill(shell.pid, signal.SIGSTOP)
    root.kill()
    assert shell.wait() == -signal.SIGKILL


def test_zombie_is_not_alive(shell):
    root = tree.census()[shell.pid]
    root.kill()
    os.waitid(os.P_PID, shell.pid, os.WEXITED | os.WNOWAIT)
    assert not root.is_alive


def test_process_of_the_same_number_is_another(shell):
    root = tree.census()[shell.pid]
    earlier = tree.Member(pid=root.pid, born=root.born - 1, parent=1, session=root.pid + 1)
    assert not earlier.is_alive
    earlier.kill()
    assert root.is_alive
    assert tree.family([earlier]) == ()


def test_process_is_found_by_its_environment(shell):
    found = {member.pid for member in tree.with_environment("TMPDIR=/nowhere/pwsync-test")}
    assert shell.pid in found
    assert os.getpid() not in found


def test_weight_is_positive_and_nought_for_the_dead(shell):
    me, root = tree.census()[os.getpid()], tree.census()[shell.pid]
    assert me.pss_kib() > me.private_kib() // 2 > 0
    assert tree.pss_mib([me]) > 5
    root.kill()
    shell.wait()
    assert (root.pss_kib(), root.private_kib(), root.command()) == (0, 0, "")
