"""Real programs under a real supervisor: killed, deaf, refusing, and orphaned."""

import signal

import pytest

from tests.up.conftest import DEAF, DRAINS, PARENT, STAYS, is_alive, kill, wait_until_gone


def test_a_killed_child_comes_back(supervise):
    one = supervise(("a", STAYS), ("b", STAYS))
    first, other = one.number("a|pid"), one.number("b|pid")
    kill(first)
    one.line("a|was ended by SIGKILL", "again in 1 s")
    assert one.number("a|pid") != first
    assert is_alive(other), "the others are left alone"


def test_a_child_that_ends_by_itself_comes_back_later_each_time(supervise):
    one = supervise(("a", "print('hello')"))
    one.line("a|hello")
    one.line("a|ended with exit code 0", "again in 1 s")
    one.line("a|ended with exit code 0", "again in 2 s")


def test_children_end_in_order_the_last_stage_first(supervise):
    one = supervise(("redis", DRAINS), ("worker", DRAINS), ("scheduler", DRAINS))
    pids = [one.number(f"{name}|pid") for name in ("redis", "worker", "scheduler")]
    one.send(signal.SIGTERM)
    said = [line for line in one.rest().splitlines() if "pid" not in line]
    assert said == [
        "scheduler|drained",
        "worker|drained",
        "redis|drained",
        f"supervisor|ended by {signal.SIGTERM:d}",
    ]
    assert not any(map(is_alive, pids))


def test_a_child_that_does_not_end_is_killed_in_its_time(supervise):
    one = supervise(("deaf", DEAF), stop_seconds=0.5)
    pid = one.number("deaf|pid")
    one.send(signal.SIGINT)
    assert one.rest().endswith(f"ended by {signal.SIGINT:d}")
    assert not is_alive(pid)


def test_a_second_signal_kills_at_once(supervise):
    one = supervise(("deaf", DEAF), ("drains", DRAINS), stop_seconds=3600)
    pids = [one.number("deaf|pid"), one.number("drains|pid")]
    one.send(signal.SIGINT)
    one.line("drains|drained")
    one.send(signal.SIGINT)
    one.rest()
    assert not any(map(is_alive, pids))


def test_a_program_that_refuses_its_configuration_ends_all(supervise):
    one = supervise(("good", STAYS), ("bad", "raise SystemExit(2)"))
    pid = one.number("good|pid")
    assert "failed|bad cannot be started" in one.rest()
    assert one.program.returncode == 1
    assert not is_alive(pid)


@pytest.mark.parametrize("text", [STAYS, DEAF])
def test_nothing_outlives_a_supervisor_that_was_killed(supervise, text):
    one = supervise(("a", text), ("b", text))
    pids = [one.number("a|pid"), one.number("b|pid")]
    one.send(signal.SIGKILL)
    wait_until_gone(*pids)


def test_what_a_dead_child_leaves_behind_is_swept(supervise):
    one = supervise(("parent", PARENT))
    parent, grandchild = one.number("parent|pid"), one.number("parent|grandchild")
    kill(parent)
    one.line("parent|was ended by SIGKILL")
    wait_until_gone(grandchild)


def test_ctrl_c_on_the_terminal_reaches_the_supervisor_alone(supervise):
    one = supervise(("a", "import os; print('group', os.getpgid(0) == os.getpid())\n" + STAYS))
    one.line("a|group True")


def test_lines_without_an_end_and_bytes_that_are_no_text_pass(supervise):
    text = (
        "import os\n"
        "os.write(1, b'x' * 200_000 + b'\\n\\xff\\xfe end\\n')\n"
        "import signal; signal.pause()\n"
    )
    one = supervise(("a", text), ("b", STAYS))
    one.number("b|pid")
    one.line("a|", "\ufffd\ufffd end")
    one.send(signal.SIGTERM)
    said = one.rest()
    assert sum(line.count("x") for line in said.splitlines()) == 200_000
    assert "\ufffd\ufffd end" in said
