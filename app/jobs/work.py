"""What a worker does and when it stops, as far as no Redis is needed: turns on runs, one at a time.

Bells are answered in `worker.py`; while Redis is away the same turns are taken from here.
"""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from types import FrameType

from sqlalchemy import Engine

from app.jobs.kept import KeptRuntime
from app.jobs.reconcile import rank_of
from app.jobs.signs import Signs, Watcher
from app.jobs.turn import Turn, Turns
from app.profiles.jar import NotLoggedIn
from app.profiles.values import ProfileError
from app.runs.counts import Counts, counts
from app.runs.due import Due, due_runs
from app.runs.parking import park, wake
from app.runs.states import Run, RunClosed, close_if_finished
from app.store.engine import StoreError

CLOSE_SECONDS = 20.0
MOST_REFUSALS = 4
"""Times in a row that a profile has no cookies here, nor anybody else takes its run."""
SHUN_SECONDS = 15.0
"""How long a run is left alone whose profile another process is, or has no cookies here."""
SAME_SIGNAL_SECONDS = 1.0
"""A terminal and a supervisor both pass on one Ctrl-C."""


class Work:
    """Turns on runs with one kept runtime, until it is asked to stop."""

    def __init__(
        self,
        engine: Engine,
        kept: KeptRuntime,
        signs: Signs,
        watcher: Watcher,
        *,
        turns: Turns,
        fits: Callable[[Run], bool],
    ) -> None:
        self._engine = engine
        self._kept = kept
        self._signs = signs
        self._watcher = watcher
        self._turns = turns
        self._last_run = 0
        self._asked: float | None = None
        self._fits = fits
        self._shunned: dict[int, float] = {}
        """Runs whose profile is not to be had here, and until when they are left alone."""
        self._refusals: Counter[int] = Counter()
        """How often in a row a run's profile had no cookies here."""
        self.cold: int | None = None
        """The signal that asked a second time, if one did."""

    @property
    def is_over(self) -> bool:
        """Whether somebody asked to stop."""
        return self._asked is not None

    def fits(self, run: Run) -> bool:
        """Whether a run may be worked on here now."""
        return self._fits(run) and time.monotonic() >= self._shunned.get(run.id, 0.0)

    def take(
        self,
        run: Run,
        *,
        is_wanted: Callable[[bool], bool],
        beat: Callable[[Counts], None] = lambda _: None,
        state: str = "working",
    ) -> Counts:
        """One turn on a run; how it stands then. Raises what its drain raises."""

        def look(found: Counts) -> None:
            beat(found)
            self._watcher.look(found, self._kept.status())

        def is_over(same_rank: bool) -> bool:
            return self.is_over or is_wanted(same_rank)

        self._last_run = run.id
        turn = Turn(
            self._kept, self._engine, run.id, turns=self._turns, is_wanted=is_over, look=look
        )
        try:
            with self._signs.working_on(run.id, state=state):
                self._through(turn)
        except ProfileError as error:
            self._shun(run, error)
        else:
            self._refusals.pop(run.id, None)
        found = counts(self._engine, run.id)
        self._watcher.look(found, self._kept.status())
        return found

    def _shun(self, run: Run, error: ProfileError) -> None:
        """Leave a run to others for a while; one that nobody has cookies for waits for a login."""
        self._shunned[run.id] = time.monotonic() + SHUN_SECONDS
        self._watcher.say(f"run {run.id}: {error}")
        self._refusals[run.id] += isinstance(error, NotLoggedIn)
        if self._refusals[run.id] >= MOST_REFUSALS:
            del self._refusals[run.id]
            with suppress(RunClosed):
                park(self._engine, run.id, f"login: {error}")

    def _through(self, turn: Turn) -> None:
        try:
            turn.take()
        except CancelledError:
            pass  # told to end the pages in flight, too; their leases are given back
        except (StoreError, ProfileError):
            raise  # the browsers are well
        except Exception:
            with suppress(TimeoutError):  # whatever went wrong, the next turn has new browsers
                self._kept.reset(within=CLOSE_SECONDS)
            raise

    def take_next(self) -> bool:
        """A turn on the run whose turn it is by the ledger alone; False if nothing is due.

        Raises DatabaseUnavailable, EngineMissing.
        """
        due = self._due()
        if not due:
            return False
        run = next((one for one in due if one.id > self._last_run), due[0])
        self.take(run, is_wanted=lambda same: same and len(self._due()) > 1, state="alone")
        return True

    def _due(self) -> list[Run]:
        """Runs with something to do now, of the most urgent rank there is."""
        found = self.runs()
        for one in found:
            if not one.unfinished:
                close_if_finished(self._engine, one.run.id)
        due = [one.run for one in found if one.items]
        best = min(map(rank_of, due), default=0)
        return [run for run in due if rank_of(run) == best]

    def runs(self, *, within: float = 0.0) -> list[Due]:
        """The runs that may be worked on here. Raises DatabaseUnavailable."""
        wake(self._engine)
        return [one for one in due_runs(self._engine, within=within) if self.fits(one.run)]

    def nap(self, seconds: float) -> None:
        """Sleep, but not through a signal."""
        until = time.monotonic() + seconds
        while not self.is_over and time.monotonic() < until:
            time.sleep(0.1)

    def close(self) -> None:
        """End the browsers."""
        try:
            self._kept.close(within=CLOSE_SECONDS)
        except TimeoutError as error:
            self._watcher.say(str(error))

    @contextmanager
    def signals(self) -> Iterator[None]:
        """The first lets the pages in flight finish, the second ends them."""

        def stop(number: int, _: FrameType | None) -> None:
            present = time.monotonic()
            if self._asked is None:
                self._asked = present
                self._signs.stopping()
                self._kept.stop_soon()
            elif present > self._asked + SAME_SIGNAL_SECONDS and self.cold is None:
                self.cold = number
                self._kept.abandon()

        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, stop) for number in wanted}
        try:
            yield
        finally:
            for number, earlier in before.items():
                signal.signal(number, earlier)
