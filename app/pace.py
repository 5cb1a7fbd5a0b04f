"""How long to rest between two pages of the real site.

One process, one gap, shared by all its slots; the pace shared by many workers comes with budgets.
"""

import random
import time
from dataclasses import dataclass, field


@dataclass(kw_only=True, slots=True)
class PageGap:
    """Turns that are a random `low`..`high` seconds apart; 0, 0 never waits."""

    low: float
    high: float
    chance: random.Random = field(default_factory=random.Random)
    _next: float = 0.0

    def book(self) -> float:
        """Take the next turn: how many seconds to wait for it from now."""
        present = time.monotonic()
        turn = max(present, self._next)
        self._next = turn + self.chance.uniform(self.low, self.high)
        return turn - present
