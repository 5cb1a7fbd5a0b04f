"""One worker's turn on one run, seen from the main thread: when it ends, and who is told meanwhile.

The work itself goes on in the loop thread (`kept.py`).
"""

import time
from collections.abc import Callable
from concurrent.futures import wait
from dataclasses import dataclass

from sqlalchemy import Engine

from app.jobs.kept import KeptRuntime
from app.lists import ListKind
from app.runs.counts import Counts, counts
from app.runs.due import due_items, is_held
from app.runs.outcomes import ItemKind
from app.store.engine import StoreError
from browsers.values import SlotState

LOOK_SECONDS = 0.25
COUNT_SECONDS = 1.0
"""How often the ledger is asked how the run stands, and whether others wait."""
IDLE_SECONDS = 2.0
"""Patience with a run that has nothing for us: all of it is others', or not due yet."""
MOST_SLICES = 5
"""A bell is answered no longer than so many slices, even if nobody else waits."""
GRACE_SECONDS = 15.0
"""Beyond the deadline of the last page, before what is left of a turn is cancelled."""
BUSY = (SlotState.LOADING, SlotState.BEHAVING, SlotState.READING, SlotState.MENDING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turns:
    """How long turns last, in seconds."""

    slice_seconds: float = 60.0
    page_seconds: float = 60.0
    leaves_idle: bool = True
    """Go when the run has nothing for us; a burst has no other run to go to."""


class Turn:
    """Follows a drain until it ends by itself, or it is the turn of another run."""

    def __init__(
        self,
        kept: KeptRuntime,
        engine: Engine,
        run_id: int,
        *,
        turns: Turns,
        is_wanted: Callable[[bool], bool],
        look: Callable[[Counts], None],
    ) -> None:
        self._kept = kept
        self._engine = engine
        self._run_id = run_id
        self._turns = turns
        self._is_wanted = is_wanted
        """Whether another run's bell waits: a more urgent one, or (True) one of the same rank."""
        self._look = look
        self._began = self._counted = self._worked = time.monotonic()
        self._stopped: float | None = None
        self._is_abandoned = False

    def take(self) -> None:
        """Work until the turn is over. Raises what the drain raises."""
        work = self._kept.drain(self._run_id)
        while not wait([work], LOOK_SECONDS).done:
            self._watch(time.monotonic())
        work.result()

    def _watch(self, present: float) -> None:
        if any(slot.state in BUSY for slot in self._kept.status().slots):
            self._worked = present
        if self._stopped is not None:
            late = present > self._stopped + self._turns.page_seconds + GRACE_SECONDS
            if late and not self._is_abandoned:
                self._is_abandoned = True  # once: a second cancel would end the giving back
                self._kept.abandon()
        elif present >= self._counted + COUNT_SECONDS:
            self._counted = present
            if self._is_over(present):
                self._stopped = present
                self._kept.stop_soon()

    def _is_over(self, present: float) -> bool:
        try:
            found = counts(self._engine, self._run_id)
            self._look(found)
            if self._is_idle(present) or self._is_wanted(False):
                return True
            return self._is_done(present) and not self._reads_a_search(found)
        except StoreError:
            return False  # the drain meets the same, and decides

    def _is_done(self, present: float) -> bool:
        """Whether it has lasted long enough, by what others want."""
        elapsed = present - self._began
        if elapsed >= MOST_SLICES * self._turns.slice_seconds:
            return True
        return elapsed >= self._turns.slice_seconds and self._is_wanted(True)

    def _reads_a_search(self, found: Counts) -> bool:
        """A search cut short begins again at its first page: cut each time, it would never end."""
        listed = found.run.options.get("list") or {}
        owner = self._kept.owner
        if owner is None or listed.get("kind") in (None, ListKind.SHOP):
            return False
        return is_held(self._engine, self._run_id, owner, kind=ItemKind.LIST)

    def _is_idle(self, present: float) -> bool:
        owner = self._kept.owner
        if not self._turns.leaves_idle or owner is None:
            return False
        if present < self._worked + IDLE_SECONDS:
            return False
        # a claim that waits for the pace is work, though no slot is busy
        if is_held(self._engine, self._run_id, owner):
            return False
        return due_items(self._engine, self._run_id, within=IDLE_SECONDS) == 0
