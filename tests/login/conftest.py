"""A local 1688 with a phone, and a real Chromium before its login page."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.replica.serve import Replica, running
from browsers.login import Event, login
from browsers.pool import BrowserPool
from browsers.values import Launch
from tests import program

PROGRAM = program.PROGRAM


@pytest.fixture
def site() -> Iterator[Replica]:
    with running(offers=2, padded=False, members_only=True) as replica:
        yield replica


@pytest.fixture
async def pool(site, tmp_path):
    found = BrowserPool(Launch(replica=site.address, scratch=tmp_path), size=1)
    await found.open()
    yield found
    await found.close()


class Hand:
    """Does with the phone what a script says, as soon as the page shows the time has come."""

    def __init__(self, site: Replica, *deeds: tuple[str, str]) -> None:
        self.events: list[Event] = []
        self._site = site
        self._deeds = list(deeds)
        self._tasks: list[asyncio.Future] = []

    def tell(self, event: Event) -> None:
        self.events.append(event)
        if self._deeds and self._deeds[0][0] == type(event).__name__:
            _, do = self._deeds.pop(0)
            code = event.content if type(event).__name__ == "CodeShown" else None
            self._tasks.append(
                asyncio.get_running_loop().run_in_executor(
                    None, lambda: self._site.phone(do, code=code)
                )
            )

    async def done(self) -> list[str]:
        """What was told, by name; a deed that failed fails here."""
        await asyncio.gather(*self._tasks)
        assert self._deeds == []
        return [type(event).__name__ for event in self.events]


CONFIRM = (("CodeShown", "scan"), ("Scanned", "confirm"))


@asynccontextmanager
async def at_the_door(pool: BrowserPool, *, cookies=()):
    async with pool.lease("login") as slot:
        if cookies:
            await (await slot.tab()).page.context.add_cookies(cookies)
        yield slot


async def enter(pool, hand, *, deadline=60.0, cookies=()):
    async with at_the_door(pool, cookies=cookies) as slot:
        return await login(slot, deadline=deadline, tell=hand.tell)


# The command


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        if name in os.environ
    }
    return kept | {
        "HOME": str(tmp_path),
        "PWSYNC_DATA_DIR": str(tmp_path / "data"),
        "PYTHONWARNINGS": "error",
        "PYTHONIOENCODING": "utf-8",
    }


@pytest.fixture
def pwsync(tmp_path, surroundings):
    def run(*words, typed=None, **more):
        return program.run(*words, environment=surroundings | more, folder=tmp_path, typed=typed)

    return run


@pytest.fixture
def helpful() -> Replica:
    """A local 1688 whose phone scans and confirms by itself."""
    with running(offers=3, padded=False, members_only=True, phone=0.5) as site:
        yield site
