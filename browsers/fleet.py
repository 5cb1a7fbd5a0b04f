"""The browser whose contexts are lent now, and those that are lent no more until they end.

Counts what is left of the current one's life; when and why it is replaced is the pool's to decide.
"""

import asyncio
import random
from collections.abc import Callable

from browsers.launch import Browser
from browsers.slot import Slot
from browsers.values import Launch, Proxy

_JITTER = 0.05
"""Browsers that started together must not be replaced together."""


class Fleet:
    """See `BrowserPool._assign`. `changed` is called when a browser died or is overdue."""

    def __init__(self, launch: Launch, *, patience: float, changed: Callable[[], None]) -> None:
        self.browser: Browser | None = None
        self.retired: list[Browser] = []
        self.starts = 0
        self.life = 0.0
        """Pages the current browser still has; see `Slot.wear`."""
        self.way_out: Proxy | None = None
        self.weight: int | None = None
        self._launch = launch
        self._patience = patience
        self._changed = changed

    @property
    def name(self) -> str:
        return self.browser.name if self.browser else ""

    @property
    def contexts(self) -> int:
        """Open in the current one."""
        return self.browser.open_contexts if self.browser else 0

    @property
    def fullness(self) -> float:
        """Weight of the current one as a share of its limit, when it was last weighed."""
        return (self.weight or 0) / self._launch.memory_limit_mb

    def adopt(self, browser: Browser, way_out: Proxy | None) -> None:
        """From now on it is the current one."""
        browser.on_lost = self._changed
        self.browser, self.way_out = browser, way_out
        self.starts += 1
        jitter = random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
        self.life = self._launch.retire_after_pages * jitter

    def retire(self) -> None:
        """Lend the current one no more; it has a while for the pages that still load in it."""
        if self.browser is not None:
            self.retired.append(self.browser)
            loop = asyncio.get_running_loop()
            loop.call_later(self._patience, self._overdue, self.browser)
            self.browser, self.weight = None, None

    def is_current(self, slot: Slot) -> bool:
        return slot.browser is not None and slot.browser is self.browser

    def kill(self) -> None:
        for browser in (self.browser, *self.retired):
            if browser is not None:
                browser.kill()

    async def weigh(self) -> None:
        """Look how heavy the current one is; too heavy, its life is over."""
        if (browser := self.browser) is None:
            return
        limit = self._launch.memory_limit_mb
        weight = await asyncio.to_thread(browser.weigh, limit)
        if browser is self.browser:
            self.weight = weight
            self.life = self.life if weight <= limit else 0

    def _overdue(self, browser: Browser) -> None:
        if browser in self.retired:
            browser.condemn()
            self._changed()
