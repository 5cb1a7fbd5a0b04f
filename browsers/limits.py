"""What a pool may lend at this moment, and what it wants done.

The rules are in `throttle.py` and `crowd.py`; here are the readings, and what rendered pages may.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from browsers.crowd import Crowd
from browsers.errors import Busy, NetworkFailed, RenderError, TimedOut, Verdict
from browsers.fleet import Fleet
from browsers.launch import Browser
from browsers.machine import memory_in_use
from browsers.slot import Slot
from browsers.throttle import MOST_BAD, Answer, Move, Reading, Throttle
from browsers.values import Mode
from browsers.waiting import Queue, Waiter

Told = Callable[[Move], None]


class Stage(StrEnum):
    NEW = "new"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Orders:
    """What a pool wants done."""

    launch: bool
    open: tuple[Slot, ...]
    mend: tuple[tuple[Slot, Verdict], ...]
    clear: tuple[Slot, ...]
    end: tuple[Browser, ...]


def _nobody(_: Move) -> None:
    """The default listener."""


class Limits:
    """How many slots may be lent, all in all and to rendered pages."""

    def __init__(
        self,
        most: int,
        *,
        natural: int | None = None,
        told: Told | None = None,
        memory: Callable[[], float] = memory_in_use,
        crowd: Crowd | None = None,
    ) -> None:
        self._throttle = Throttle(most)
        self._natural = natural
        self._told = told or _nobody
        self._memory = memory
        self._crowd = crowd
        self._answers: list[Answer] = []
        self.slots: Collection[Slot] = ()
        """The pool's, which sets them."""
        self.memory = 0.0
        """Share in use when it was last looked."""

    @property
    def allowed(self) -> int:
        """Slots that may be lent, all in all."""
        return self._throttle.allowed

    @property
    def natural(self) -> int:
        """Where rendered pages are bounded, one slot is left to the lean ones."""
        if self._natural is None:
            return self.allowed
        return max(1, min(self._natural, self.allowed - 1))

    @property
    def at_once(self) -> int:
        """Pages that may be under way, all in all."""
        return min(self.allowed, self._crowd.at_once) if self._crowd else self.allowed

    @property
    def cause(self) -> str:
        """Why not all are lent; empty if nothing holds them back."""
        if cause := self._throttle.cause:
            return cause.value
        return self._crowd.cause if self._crowd else ""

    async def room(self) -> None:
        """Wait until a page more may be begun; who does not lease at once then loses it again."""
        if self._crowd:
            await self._crowd.room()

    def count(self, queue: Queue) -> None:
        """Take note of how many pages are under way or about to be."""
        if self._crowd:
            self._crowd.count(sum(slot.is_lent for slot in self.slots) + len(queue))

    def share(self, fleet: Fleet) -> float:
        """The fullest memory, from 0 to 1."""
        return max(self.memory, min(1.0, fleet.fullness))

    def next_of(self, queue: Queue) -> Waiter | None:
        """Take out who may have an idle slot; of those there are none beyond what is allowed."""
        return queue.next_waiter(natural=self._natural_room() > 0)

    def due(self, queue: Queue) -> int:
        """How many could be served, were there slots enough."""
        return queue.due(natural=self._natural_room())

    def _natural_room(self) -> int:
        lent = sum(slot.is_lent and slot.mode is Mode.NATURAL for slot in self.slots)
        return max(0, self.natural - lent)

    def answered(self, error: RenderError | None = None) -> None:
        """Take note of how the work in a slot ended."""
        if error is None:
            self._answers.append(Answer.GOOD)
        elif isinstance(error, Busy):
            self._answers.append(Answer.REFUSED)
        elif isinstance(error, (TimedOut, NetworkFailed)):
            self._answers.append(Answer.SILENT)

    def blocked(self) -> None:
        """Take note of a block, which counts at once."""
        self._answers.extend([Answer.REFUSED] * MOST_BAD)

    async def look(self, fleet: Fleet, *, lag: float, is_wanted: bool) -> None:
        """Read everything, and change what is allowed."""
        if self._crowd:
            self._crowd.look()
            is_wanted |= self._crowd.is_wanted
        self.memory = await asyncio.to_thread(self._memory)
        answers, self._answers = tuple(self._answers), []
        reading = Reading(
            memory=self.memory,
            browser=fleet.fullness,
            lag=lag,
            answers=answers,
            is_wanted=is_wanted,
        )
        if move := self._throttle.look(reading):
            if move.renews:
                fleet.life = 0
            if move.before != move.after:
                self._told(move)
