"""A soak's work: run after run over the same offers, whose world turns between two of them.

Everything is the product as a worker has it: ledger, drain, browsers, extraction, store, archive.
Samples are taken here, from the thread that waits.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import wait
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Engine

from app.items import as_json
from app.jobs.kept import KeptRuntime, OpenRuntime
from app.refs import read_refs
from app.runs.counts import counts, offers_with, reasons
from app.runs.opening import open_run
from app.runs.outcomes import STORED, RunState
from app.runs.parking import wake
from app.runs.states import Run, RunClosed, cancel, read_run
from app.runtime import Event, Runtime
from app.soak.meters import Pages, Pulse
from app.store import offers
from app.store.engine import reading

_log = logging.getLogger(__name__)
LOOK_SECONDS = 0.05
MOST_HALTS = 5
"""Runs that may come to nothing before all is given up."""
CLOSE_SECONDS = 30.0
COMPARED = 10
"""Offers of each run whose values are compared with the site's own."""
EXAMPLES = 20
JUMP = "price_jump"
"""Rule of an item whose price is more than twenty times what it was."""


class Site(Protocol):
    """What a soak wants of the local 1688."""

    def listed(self) -> list[dict[str, Any]]: ...
    def expected(self, offer_id: str) -> dict[str, Any]: ...
    def turn(self, epoch: int) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How long, and how often it is looked."""

    pages: int
    seconds: float
    every: int
    """Pages between two samples."""
    seed: int = 1


@dataclass(kw_only=True)
class Tally:
    """What came of the offers."""

    runs: int = 0
    parked: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    bad: int = 0
    """Offers that were not read, though nothing was wrong with the site's answer."""
    compared: int = 0
    """Values."""
    wrong: list[tuple[str, str]] = field(default_factory=list)
    """(offer, field)."""
    halts: list[str] = field(default_factory=list)
    """Why runs did not go on, though nobody stopped them."""


class Rounds:
    """Opens runs and works on them until the plan is fulfilled, or `stop` is called."""

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        site: Site,
        *,
        open_runtime: OpenRuntime,
        go_on: Callable[[Run], object],
        sampled: Callable[[], object],
    ) -> None:
        self.pages, self.pulse, self.tally = Pages(), Pulse(), Tally()
        self.kept = KeptRuntime(self._watched(open_runtime))
        self.kept.tell = self.pages.tell
        self._plan = plan
        self._engine = engine
        self._site = site
        self._go_on = go_on
        """A person's word that a parked run may go on."""
        self._sampled = sampled
        """Called when a sample is due."""
        self._until = time.monotonic() + plan.seconds
        self._stopped = threading.Event()
        self._next = 0
        self._dice = random.Random(plan.seed)  # noqa: S311 - which offers are compared

    def _watched(self, open_runtime: OpenRuntime) -> OpenRuntime:
        """The same, with the pulse of its loop."""

        def opened(tell: Callable[[Event], None]) -> AbstractAsyncContextManager[Runtime]:
            return self.pulse.beside(open_runtime(tell))

        return opened

    def stop(self, *_: object) -> None:
        """Let the pages in flight finish; from a signal's frame, too."""
        self._stopped.set()
        self.kept.stop_soon()

    @property
    def is_over(self) -> bool:
        """Whether enough was done, or somebody wants it to end."""
        late = time.monotonic() >= self._until
        return late or self._stopped.is_set() or self.pages.number >= self._plan.pages

    def work(self) -> None:
        """All of it; the browsers are closed in the end. Raises what a drain raises."""
        urls = [str(one["url"]) for one in self._site.listed()]
        try:
            while not self.is_over and len(self.tally.halts) < MOST_HALTS:
                self._round(urls)
            self._sampled()
        finally:
            self._close_browsers()

    def _close_browsers(self) -> None:
        try:
            self.kept.close(within=CLOSE_SECONDS)
        except TimeoutError as error:
            self.tally.halts.append(f"the browsers were not closed: {error}")

    def _round(self, urls: Sequence[str]) -> None:
        self.tally.runs += 1
        self._site.turn(self.tally.runs)
        left = max(1, self._plan.pages - self.pages.number)
        run = open_run(
            self._engine,
            read_refs(urls[:left]),
            kind="offers",
            label=f"soak, round {self.tally.runs}",
            options={"replica": True, "profile": "guest"},
        )
        self._through(run)
        self._close(run)

    def _through(self, run: Run) -> None:
        """Until the run is done, however often it is parked meanwhile."""
        while run.state in (RunState.OPEN, RunState.RUNNING):
            with self.pages.working():
                if not self._is_drained(run):
                    return
            run = read_run(self._engine, run.id)
            if run.state is RunState.PARKED:
                run = self._waited(run)
            if self.is_over:
                return
        if run.state is not RunState.DONE:
            self.tally.halts.append(f"run {run.id} is {run.state}: {run.reason}")

    def _is_drained(self, run: Run) -> bool:
        """Work on a run as long as there is work; False if that went wrong."""
        try:
            self._drain(run)
        except Exception as error:  # noqa: BLE001 - a worker goes on, and so do we: it is in the report
            _log.exception("run %d", run.id)
            self.tally.halts.append(f"run {run.id}: {type(error).__name__}: {error}")
            return False
        return True

    def _drain(self, run: Run) -> None:
        task = self.kept.drain(run.id)
        while not wait([task], LOOK_SECONDS).done:
            if self.pages.number >= self._next:
                self._next = self.pages.number + self._plan.every
                self._sampled()
            if time.monotonic() >= self._until:
                self.kept.stop_soon()
        task.result()

    def _waited(self, run: Run) -> Run:
        """A parked run that may go on: by itself, or since a person says so."""
        self.tally.parked += 1
        while run.state is RunState.PARKED and not self.is_over:
            if run.parked_until is None:
                self._go_on(run)
            elif not wake(self._engine):
                self._stopped.wait(LOOK_SECONDS)
            run = read_run(self._engine, run.id)
        return run

    def _close(self, run: Run) -> None:
        """What came of a run; one that is not finished is cancelled."""
        found = counts(self._engine, run.id)
        self.tally.outcomes.update(found.by_state)
        self.tally.bad += found.bad - _jumps(self._engine, run.id)
        if not self._stopped.is_set():  # a Ctrl-C reaches the local 1688, too
            self._compare(offers_with(self._engine, run.id, [*STORED]))
        if read_run(self._engine, run.id).state is not RunState.DONE:
            try:
                cancel(self._engine, run.id, "the soak goes on without it")
            except RunClosed:
                return

    def _compare(self, stored: Iterable[str]) -> None:
        found = sorted(stored)
        for offer_id in self._dice.sample(found, min(COMPARED, len(found))):
            wanted = self._site.expected(offer_id)
            self.tally.compared += len(wanted)
            self.tally.wrong += [(offer_id, name) for name in self._wrong(offer_id, wanted)]
        del self.tally.wrong[EXAMPLES:]

    def _wrong(self, offer_id: str, wanted: dict[str, Any]) -> list[str]:
        """Fields of a stored offer that are not as the site shows it now."""
        if "error" in wanted:
            return ["stored, though gone"]
        with reading(self._engine) as conn:
            held = offers.load(conn, offer_id)
        item = as_json(held.item) if held else {}
        return [name for name in wanted if item.get(name) != wanted[name]]


def _jumps(engine: Engine, run_id: int) -> int:
    """Offers held back since their price is another's: where the world turns so, that is right."""
    found = reasons(engine, run_id, limit=1000)
    return sum(one.count for one in found if one.reason and JUMP in one.reason)
