"""Scratch folders end with their owner, also when he is killed and his browser frozen."""

import asyncio
import os
import signal
import subprocess
import sys

from browsers import tree
from browsers.scratch import Scratch, sweep
from tests.browsers.conftest import until

OWNER = """
import asyncio, sys
from pathlib import Path
from browsers import launch
from browsers.values import Launch

async def main():
    browser = await launch.start(Launch(replica=sys.argv[1], scratch=Path(sys.argv[2])))
    print(*(member.pid for member in browser.members()), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_folder_of_a_living_owner_is_left_alone(tmp_path):
    scratch = Scratch(tmp_path)
    assert sweep(tmp_path) == []
    assert scratch.path.exists()
    scratch.remove()
    scratch.remove()
    assert not scratch.path.exists()


def test_folder_of_a_dead_owner_is_removed(tmp_path):
    scratch = Scratch(tmp_path)
    scratch._lock.close()
    assert sweep(tmp_path) == [scratch.path]
    assert not scratch.path.exists()


def test_folder_that_is_just_being_made_and_others_are_left_alone(tmp_path):
    for name in ("pwsync-browser-new", "other"):
        (tmp_path / name).mkdir()
    assert sweep(tmp_path) == []


def test_frozen_browser_of_a_killed_owner_is_ended(server, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, server.address, str(tmp_path)], stdout=subprocess.PIPE
    ) as owner:
        members = [tree.census()[int(pid)] for pid in owner.stdout.readline().split()]
        for member in members:
            os.kill(member.pid, signal.SIGSTOP)
        owner.kill()
    assert len(members) >= 4
    assert any(member.is_alive for member in members)
    assert len(sweep(tmp_path)) == 1
    asyncio.run(until(lambda: not any(member.is_alive for member in members)))
