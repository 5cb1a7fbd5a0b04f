"""Starting a browser: with what, and what happens when it does not work."""

import asyncio
import os
import signal
import tempfile

import pytest

from browsers import launch, tree
from browsers.engine import find_engine
from browsers.errors import BrowserLost, EngineMissing
from browsers.launch import sandboxed, start
from browsers.values import Launch
from tests.browsers.conftest import until


def program(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


def left_of(scratch):
    return [
        member.command()
        for member in tree.census().values()
        if any(word.startswith(f"TMPDIR={scratch}") for word in tree._words(member.pid, "environ"))
    ]


def test_sandbox_is_on_unless_root_or_told_otherwise(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert sandboxed()
    assert not sandboxed(False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert not sandboxed()
    assert sandboxed(True)


async def test_replica_on_another_machine_is_refused(tmp_path):
    with pytest.raises(ValueError, match="this machine"):
        await start(Launch(replica="192.0.2.1:443", scratch=tmp_path))
    assert os.listdir(tmp_path) == []  # noqa: PTH208


async def test_silent_replica_says_how_to_start_one(tmp_path, unused_tcp_port):
    with pytest.raises(EngineMissing, match="pwsync replica"):
        await start(Launch(replica=f"127.0.0.1:{unused_tcp_port}", scratch=tmp_path))


async def test_browser_that_does_not_start_leaves_nothing(tmp_path):
    says_version = 'case "$1" in --version) echo Chromium 1.2.3;; *) echo no >&2; exit 7;; esac'
    engine = program(tmp_path / "engine", f"#!/bin/sh\n{says_version}\n")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with pytest.raises(BrowserLost, match="did not start") as caught:
        await start(Launch(executable=engine, scratch=scratch))
    assert not caught.value.charged
    assert left_of(scratch) == []
    assert os.listdir(scratch) == []  # noqa: PTH208


@pytest.mark.parametrize("after", [0.0, 0.05, 0.2, 0.4])
async def test_cancelled_start_leaves_nothing(server, tmp_path, after):
    task = asyncio.create_task(start(Launch(replica=server.address, scratch=tmp_path)))
    await asyncio.sleep(after)
    task.cancel()
    try:
        browser = await task
    except asyncio.CancelledError:
        pass
    else:
        await browser.close(within=3)
    assert left_of(tmp_path) == []
    assert os.listdir(tmp_path) == []  # noqa: PTH208
    assert os.environ.get("TMPDIR") is None or tmp_path.name not in os.environ["TMPDIR"]


async def test_temporary_files_are_in_the_scratch_folder(server, tmp_path):
    browser = await start(Launch(replica=server.address, scratch=tmp_path))
    (own,) = tmp_path.iterdir()
    assert any("profile" in path.name for path in own.iterdir())
    assert tempfile.gettempdir() != str(own)
    await browser.close(within=3)
    assert not own.exists()


async def test_browser_behind_a_wrapper_script_is_ended_too(server, tmp_path):
    wrapper = program(tmp_path / "wrapper", f'#!/bin/sh\n{find_engine().path} "$@"\n')
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    browser = await start(Launch(executable=wrapper, replica=server.address, scratch=scratch))
    assert len(browser._roots) == 3
    members = browser.members()
    driver = next(root for root in browser._roots if "run-driver" in root.command())
    for member in members:
        os.kill(member.pid, signal.SIGSTOP)
    driver.kill()
    await until(lambda: not browser.is_alive)
    await browser.close(within=1)
    assert [member.command() for member in members if member.is_alive] == []


async def test_two_starts_at_once_do_not_mix_their_folders(server, tmp_path):
    both = await asyncio.gather(
        *(start(Launch(replica=server.address, scratch=tmp_path)) for _ in range(2))
    )
    for browser in both:
        assert len(browser._roots) == 2
    assert {m.pid for m in both[0].members()}.isdisjoint(m.pid for m in both[1].members())
    for browser in both:
        await browser.close(within=3)
    assert os.environ.get("TMPDIR") is None or tmp_path.name not in os.environ["TMPDIR"]


async def test_replica_is_trusted_by_its_key_and_others_are_not(server, tmp_path, monkeypatch):
    monkeypatch.setattr(
        launch, "_replica_pin", lambda _: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    )
    browser = await start(Launch(replica=server.address, scratch=tmp_path))
    context = await browser.open_context()
    page = await context.new_page()
    with pytest.raises(Exception, match="ERR_CERT_AUTHORITY_INVALID"):
        await page.goto("https://detail.1688.com/ok")
    await browser.close(within=3)


async def test_the_sandbox_is_really_asked_for(make_rig, server, tmp_path):
    """Renderers are confined; for root Chromium shows that it was asked by refusing to start."""
    if os.geteuid() == 0:
        with pytest.raises(BrowserLost, match="sandbox"):
            await start(Launch(replica=server.address, sandbox=True, scratch=tmp_path))
        return
    rig = await make_rig()
    await rig.check()
    for renderer in rig.recorder.of_kind("--type=renderer"):
        with open(f"/proc/{renderer.pid}/status") as status:  # noqa: ASYNC230, PTH123
            assert "Seccomp:\t2" in status.read()
