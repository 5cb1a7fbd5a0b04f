"""Processes as a soak sees them."""

import os
import subprocess
import sys

import pytest

from app.soak.cpu import Foreign
from app.soak.kin import MARK, Kin, Role, role_of

LOST = "import os, subprocess; print(subprocess.Popen(['sleep', '60'], stdout=-3, stderr=-3).pid, flush=True)"


@pytest.mark.parametrize(
    ("command", "role"),
    [
        ("/x/node /y/cli.js run-driver", Role.DRIVER),
        ("/x/headless_shell --remote-debugging-pipe --headless", Role.BROWSER),
        ("/x/headless_shell --type=zygote --no-zygote-sandbox", Role.BROWSER),
        ("/x/headless_shell --type=renderer --lang=zh-CN", Role.RENDERERS),
        ("sleep 60", Role.OTHERS),
    ],
)
def test_roles_are_told_by_command_lines(command, role):
    assert role_of(command) is role


def test_the_dead_that_nobody_reaps_are_counted_after_the_grace(monkeypatch):
    monkeypatch.setattr("app.soak.kin.GRACE_SECONDS", 0.0)
    kin = Kin(mark="none")
    with subprocess.Popen(["true"]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        first, then = kin.weigh(), kin.weigh()
    assert (first.zombies, then.zombies) == (0, 1)
    assert kin.weigh().zombies == 0


def test_what_lost_its_parent_is_found_by_its_mark(monkeypatch):
    monkeypatch.setattr("app.soak.kin.GRACE_SECONDS", 0.0)
    marked = {**os.environ, MARK: "test-lost"}
    told = subprocess.run(
        [sys.executable, "-c", LOST], env=marked, capture_output=True, check=True, text=True
    )
    lost = int(told.stdout)
    try:
        kin = Kin(mark="test-lost")
        kin.weigh()
        assert kin.weigh().orphans == 1
        assert kin.left() >= 1
        assert Kin(mark="test-lost", aside=(lost,)).left() < kin.left()
    finally:
        os.kill(lost, 9)


def test_a_processor_that_is_ours_is_not_others():
    foreign = Foreign()
    assert foreign.look([os.getpid()]) is None
    sum(number * number for number in range(3_000_000))
    share = foreign.look([os.getpid()])
    assert share is None or 0.0 <= share <= 1.0
