"""A fault server, and pools on a real Chromium that must leave nothing behind."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from browsers import launch, tree
from browsers.engine import find_engine
from browsers.errors import EngineMissing
from browsers.limits import Limits
from browsers.pool import BrowserPool
from browsers.render import render
from browsers.values import Launch, Mode, Render, RenderRequest
from browsers.waiting import Patience
from tests.browsers.fault_server import FaultServer

BRISK = Patience(context=3, close=3, probe=1, weigh_every=0.2, retry=(0.05, 0.2))
SITE = "https://detail.1688.com/"


@pytest.fixture(scope="session")
def server():
    try:
        find_engine()
    except EngineMissing as error:
        pytest.fail(str(error))
    with FaultServer() as running:
        yield running


class Recorder:
    """A launcher that remembers what it started, and every process that was seen of it."""

    def __init__(self) -> None:
        self.browsers: list[launch.Chromium] = []
        self.seen: set[tree.Member] = set()

    async def __call__(self, wanted: Launch) -> launch.Chromium:
        self.browsers.append(await launch.start(wanted))
        self.look()
        return self.browsers[-1]

    def look(self) -> tuple[tree.Member, ...]:
        """The living processes of the latest browser."""
        members = self.browsers[-1].members()
        self.seen.update(members)
        return members

    def of_kind(self, words: str) -> list[tree.Member]:
        return [member for member in self.look() if words in member.command()]

    @property
    def browser(self) -> tree.Member:
        (found,) = [
            m for m in self.look() if "--user-data-dir" in m.command() and m.session == m.pid
        ]
        return found


class Rig:
    """An open pool, its launcher and the ways tests use them."""

    def __init__(self, pool: BrowserPool, recorder: Recorder) -> None:
        self.pool = pool
        self.recorder = recorder

    async def load(
        self, path: str, mode: Mode = Mode.LEAN, *, deadline: float = 5, **more
    ) -> Render:
        request = RenderRequest(url=SITE + path, mode=mode, **{"pace": 0, **more})
        async with self.pool.lease(path, mode) as slot:
            return await render(slot, request, deadline=deadline)

    async def check(self, mode: Mode = Mode.LEAN) -> None:
        """An ordinary page still works."""
        assert b"window.context=" in (await self.load("ok", mode)).document

    @property
    def starts(self) -> int:
        return self.pool.status().browser_starts


async def closed(rig: Rig, scratch: Path) -> None:
    """Close a pool and see that nothing of it is left."""
    rig.recorder.look()
    async with asyncio.timeout(15):
        await rig.pool.close()
    assert [member.command() for member in rig.recorder.seen if member.is_alive] == []
    assert os.listdir(scratch) == []  # noqa: PTH208


RigMaker = Callable[..., Awaitable[Rig]]


@pytest.fixture
async def make_rig(server, tmp_path):
    """Open pools on the fault server; after the test they are closed and looked after."""
    made: list[Rig] = []

    async def make(
        *, size: int = 1, patience: Patience = BRISK, limits: Limits | None = None, **more
    ) -> Rig:
        recorder = Recorder()
        wanted = Launch(replica=server.address, scratch=tmp_path, **more)
        pool = BrowserPool(wanted, size=size, launcher=recorder, patience=patience, limits=limits)
        await pool.open()
        made.append(Rig(pool, recorder))
        return made[-1]

    yield make
    for rig in made:
        await closed(rig, tmp_path)


@pytest.fixture
async def rig(make_rig) -> Rig:
    return await make_rig()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what no event tells: a process that is gone, a request on another thread."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)
