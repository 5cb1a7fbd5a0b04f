"""A launcher without Chromium, for tests of whatever stands above a browser.

    launcher = FakeLauncher()
    pool = BrowserPool(Launch(), size=2, launcher=launcher)
    launcher.browsers[0].die()

It can be told to fail, to hang and to die; nothing in it renders a page.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from browsers.errors import BrowserLost
from browsers.launch import Storage
from browsers.values import Launch


class FakeContext:
    """Opens at once; closes at once, unless its browser hangs."""

    def __init__(self, browser: "FakeBrowser", storage: Storage | None = None) -> None:
        self.browser = browser
        self.is_open = True
        self.storage = storage or {"cookies": [], "origins": []}
        """What it was opened with; tests change it, as pages would."""

    async def close(self) -> None:
        await self.browser.reply()
        self.is_open = False

    async def cookies(self) -> list[Any]:
        await self.browser.reply()
        return list(self.storage["cookies"])

    async def storage_state(self) -> Storage:
        await self.browser.reply()
        return self.storage


class FakeBrowser:
    """A browser as the pool knows one."""

    def __init__(self, number: int, launch: Launch) -> None:
        self.name = f"fake-{number}"
        self.launch = launch
        self.on_lost: Callable[[], None] = lambda: None
        self.contexts: list[FakeContext] = []
        self.weight = 100
        """MiB; tests set it."""
        self.is_ended = False
        self.opens = asyncio.Event()
        """Cleared by a test, it holds `open_context` back."""
        self.opens.set()
        self._is_dead = False
        self._moves = asyncio.Event()
        self._moves.set()
        self._blamed = False

    # What a test does to it

    def die(self) -> None:
        """As by SIGKILL."""
        self.kill()
        self.on_lost()

    def hang(self) -> None:
        """As by SIGSTOP: it is there and answers nothing."""
        self._moves.clear()

    @property
    def open_contexts(self) -> int:
        return sum(context.is_open for context in self.contexts)

    # What the pool does with it

    @property
    def is_alive(self) -> bool:
        return not self._is_dead

    async def reply(self) -> None:
        """What every call waits for. Raises BrowserLost if it died, waits for ever if it hangs."""
        await asyncio.sleep(0)
        await self._moves.wait()
        if self._is_dead:
            raise BrowserLost(f"{self.name} is dead")

    async def open_context(self, storage: Storage | None = None) -> FakeContext:
        await self.opens.wait()
        await self.reply()
        self.contexts.append(FakeContext(self, storage))
        return self.contexts[-1]

    async def answers(self, *, within: float) -> bool:
        try:
            async with asyncio.timeout(within):
                await self.reply()
        except (BrowserLost, TimeoutError):
            return False
        return True

    def blame(self) -> bool:
        first, self._blamed = not self._blamed, True
        return first

    def condemn(self) -> None:
        self._blamed = True
        self.kill()

    def kill(self) -> None:
        self._is_dead = True
        self._moves.set()

    def weigh(self, limit_mib: int) -> int:
        del limit_mib
        return self.weight

    async def close(self, *, within: float) -> None:
        try:
            async with asyncio.timeout(within):
                await self.reply()
        except (BrowserLost, TimeoutError):
            self.kill()
        self._is_dead = self.is_ended = True


class FakeLauncher:
    """Pass it as `BrowserPool(..., launcher=FakeLauncher())`."""

    def __init__(self) -> None:
        self.browsers: list[FakeBrowser] = []
        """Started so far, the dead included."""
        self.failures: list[Exception] = []
        """Raised by the next launches, one each."""
        self.attempts = 0
        self.starts = asyncio.Event()
        """Cleared by a test, it holds launches back."""
        self.starts.set()

    async def __call__(self, launch: Launch) -> FakeBrowser:
        self.attempts += 1
        await self.starts.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.browsers.append(FakeBrowser(len(self.browsers) + 1, launch))
        return self.browsers[-1]

    @property
    def living(self) -> int:
        return sum(not browser.is_ended for browser in self.browsers)
