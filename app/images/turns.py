"""When the next picture may be asked for: two a second from one address, over all processes.

Booked in the ledger's database as the turns of pages are, in an account of their own.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import TypeVar

from sqlalchemy import Engine

from app.images.fetch import NotNow
from app.pace.turns import Gate
from app.pace.values import Closed, Pace, Turn

T = TypeVar("T")

GAP_SECONDS = 0.5
NAME = "~pictures"
"""Of their account; no profile is called so."""


def picture_gate(engine: Engine, pace: Pace, *, realm: str, egress: str) -> Gate:
    """The turns of pictures from one address: the quiet hours of pages, no budget of theirs."""
    gap = min(pace.floor, GAP_SECONDS)
    own = replace(
        pace, gap=(gap, gap), list_gap=(gap, gap), floor=gap, per_day=None, egress_per_day=None
    )
    name = f"{realm}{NAME}:{egress}"
    return Gate(engine, own, profile=name, per_day=None, egress=name)


class PictureTurns:
    """The turns of one gate, waited for."""

    def __init__(self, gate: Gate, books: Executor) -> None:
        self._gate = gate
        self._books = books

    async def wait(self) -> None:
        """Return when the next picture may be asked for. Raises NotNow, DatabaseUnavailable."""
        while not self._gate.is_free:
            found = await self._aside(self._gate.book, "offer")
            if isinstance(found, Closed):
                raise NotNow(found.why)
            await asyncio.sleep(found.seconds)
            if isinstance(found, Turn):
                return

    async def put_off(self, seconds: float, why: str) -> None:
        """Nobody asks from this address before. Raises DatabaseUnavailable."""
        if not self._gate.is_free:
            await self._aside(self._gate.put_off, seconds, why)

    async def _aside(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._books, work, *args)
