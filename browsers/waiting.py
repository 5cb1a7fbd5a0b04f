"""Who waits for a slot, and how long the pool waits for a browser."""

import asyncio
from dataclasses import dataclass

from browsers.slot import Slot


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """Seconds after which the pool stops waiting for a browser."""

    launch: float = 30.0
    context: float = 5.0
    """To close or open one; after that the browser is killed."""
    close: float = 5.0
    probe: float = 3.0
    """For a sign of life, when a page failed in a way that a dead browser explains."""
    retired: float = 120.0
    """For pages still loading in a browser that was retired."""
    weigh_every: float = 1.0
    retry: tuple[float, float] = (0.5, 10.0)
    """After a launch that failed: at first, and at most (it doubles)."""
    launches: int = 3
    """Failures in a row after which whoever waits is told."""


class Waiter:
    """A caller in the queue."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._future: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()

    def set(self, slot: Slot) -> bool:
        """Hand over a slot; False if the caller has left, so that nobody holds a slot for him."""
        if self._future.done():
            return False
        self._future.set_result(slot)
        return True

    def fail(self, error: Exception) -> None:
        if not self._future.done():
            self._future.set_exception(error)

    async def wait(self) -> Slot:
        return await self._future

    def leave(self) -> Slot | None:
        """Stop waiting; the slot, if one was handed over in the very moment of leaving."""
        if self._future.cancel() or self._future.cancelled() or self._future.exception():
            return None
        return self._future.result()
