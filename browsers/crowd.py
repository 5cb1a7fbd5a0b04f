"""How many pages may be under way at once before they only keep each other from the processors.

Beyond that, more of them load no faster: each takes longer, and more memory (docs/benchmark.md).
It begins with few, takes more while the processors have time for them (a slow site leaves much),
and fewer while they have not. It counts pages before they are begun: none is stopped.
"""

import asyncio
import time
from collections.abc import Callable

BUSY, CALM = 0.6, 0.3
"""Shares of the time in which something waited for a processor: beyond the first there are too many
pages at once, below the second there may be more."""
DOWN, UP = 0.75, 1.5
CAUSE = "the processors are busy"


class Crowd:
    """Between `least` and `most`. `waited`: seconds so far in which something had to wait."""

    def __init__(
        self,
        most: int,
        *,
        least: int,
        waited: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._least = min(least, most)
        self._waited = waited
        self._clock = clock
        self._before = (clock(), waited())
        self._is_busy = False
        self._arrivals: list[asyncio.Future[None]] = []
        self._under_way = 0
        self.at_once = self._least

    @property
    def cause(self) -> str:
        """Why there are fewer than there might be; empty where nothing holds them back."""
        return CAUSE if self._is_busy and self.at_once < self._most else ""

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for room."""
        return bool(self._arrivals)

    def look(self) -> None:
        """Read the pressure since the last look, and change how many there may be."""
        (then, had), (present, has) = self._before, (self._clock(), self._waited())
        self._before = (present, has)
        share = (has - had) / (present - then) if present > then else 0.0
        self._is_busy = share > BUSY
        if self._is_busy:
            self.at_once = max(self._least, int(self.at_once * DOWN))
        elif share < CALM and self.is_wanted:
            self.at_once = min(self._most, int(self.at_once * UP) + 1)
        self.count(self._under_way)

    def count(self, under_way: int) -> None:
        """Take note of how many there are; the first who waits may come in if there is room."""
        self._under_way = under_way
        while under_way < self.at_once and self._arrivals:
            first = self._arrivals.pop(0)
            if not first.done():  # one that gave up has not left its place yet
                first.set_result(None)
                return

    async def room(self) -> None:
        """Wait until one page more may be begun, first come first served."""
        if self._under_way < self.at_once and not self._arrivals:
            return
        arrival = asyncio.get_running_loop().create_future()
        self._arrivals.append(arrival)
        try:
            await arrival
        finally:
            if arrival in self._arrivals:
                self._arrivals.remove(arrival)
