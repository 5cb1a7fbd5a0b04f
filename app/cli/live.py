"""Working on a run in this process while somebody watches: browsers, screen, signals, exit code."""

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, wait
from contextlib import contextmanager, suppress
from types import FrameType

from rich.console import Console
from sqlalchemy import Engine

from app.cli import exits
from app.drain import Drain
from app.monitor import words
from app.monitor.progress import Follower, Progress
from app.monitor.status import Recorder, Status
from app.quality.books import SAID as DRIFT
from app.runs.counts import Counts, counts
from app.runs.outcomes import RunState
from app.runs.parking import wake
from app.runs.states import read_run
from app.runtime import Runtime
from app.settings import Settings
from app.store.engine import DatabaseUnavailable
from app.wiring import open_runtime
from browsers.loop import LoopThread
from browsers.pool import BrowserPool
from browsers.values import PoolStatus

COUNT_SECONDS = 1.0
"""How often the ledger is asked; the screen moves faster than that."""
CLOSE_SECONDS = 20.0
LOOK_SECONDS = 0.5
"""How often a command that waits looks whether the rest is over."""


class LiveRun:
    """One run being worked on here and now."""

    def __init__(
        self, settings: Settings, engine: Engine, run_id: int, *, waits: bool = False
    ) -> None:
        self._settings = settings
        self._waits = waits
        """Stay with a parked run until it may go on."""
        self._engine = engine
        self._run_id = run_id
        self._loop = LoopThread(name="browsers")
        self._lock = threading.Lock()
        self._drain: Drain | None = None
        self._pool: BrowserPool | None = None
        self._counts = counts(engine, run_id)
        self._counted = time.monotonic()
        self._asked = False
        self._pictures = False
        """Whether only pictures are left to do."""
        self.recorder = Recorder()
        self.signal: int | None = None
        """The first signal that asked to stop, if any did."""

    def work(self, progress: Progress, console: Console) -> Counts:
        """Drain the run and show it; the ledger's counts at the end.

        Raises what the drain raises: DatabaseUnavailable, EngineMissing.
        """
        self._loop.start()
        follower = Follower(
            console=console, picture=self.picture, progress=progress, asked=self._was_asked
        )
        try:
            task = self._loop.run(self._drain_run())
            with self._signals(task):
                follower.follow(lambda seconds: bool(wait([task], seconds).done))
            self._end_of(task)
        finally:
            self._loop.stop(within=CLOSE_SECONDS)
        return counts(self._engine, self._run_id)

    def _end_of(self, task: "Future[None]") -> None:
        try:
            task.result()
        except CancelledError:
            if self.signal is None:
                raise

    async def _drain_run(self) -> None:
        tell = self.recorder.tell
        async with open_runtime(self._settings, self._engine, tell=tell) as runtime:
            self._loop.on_stall = runtime.pool.kill
            while True:
                with self._lock:
                    self._pool, self._drain = runtime.pool, Drain(runtime, self._run_id)
                    if self.signal is not None:
                        return
                try:
                    await self._drain.run()
                finally:
                    self._counted = -COUNT_SECONDS  # the last picture has the last numbers
                await self._pictured(runtime)
                if not self._waits or not await self._rested(runtime):
                    return

    async def _pictured(self, runtime: Runtime) -> None:
        """Wait for the pictures of what was stored, until somebody wants to stop."""
        if runtime.pictures is None:
            return
        self._pictures = True
        rest = asyncio.create_task(runtime.pictures.finish())
        try:
            while not rest.done() and self.signal is None:
                await asyncio.wait({rest}, timeout=LOOK_SECONDS)
        finally:
            rest.cancel()
            self._pictures = False

    async def _rested(self, runtime: Runtime) -> bool:
        """Wait with a parked run until it goes on; False if it does not by itself."""
        while self.signal is None:
            await runtime.aside(wake, self._engine)
            run = await runtime.aside(read_run, self._engine, self._run_id)
            if run.state is not RunState.PARKED or run.parked_until is None:
                return run.state in (RunState.OPEN, RunState.RUNNING)
            await asyncio.sleep(LOOK_SECONDS)
        return False

    def picture(self) -> Status:
        """What the screen shows."""
        present = time.monotonic()
        if present - self._counted >= COUNT_SECONDS or self._counted < 0:
            with suppress(DatabaseUnavailable):  # the drain tries again; so does the next picture
                self._counts, self._counted = counts(self._engine, self._run_id), present
        run = self._counts.run
        pool = self._pool.status() if self._pool else PoolStatus()
        alive = run.state in (RunState.OPEN, RunState.RUNNING)
        return self.recorder.picture(
            run_id=run.id,
            label=self._counts.label,
            state="stopping" if self.signal is not None and alive else run.state.value,
            planned=self._counts.planned,
            counts=self._counts.by_state,
            pool=pool,
            database=self._engine.dialect.name,
            notice=self._notice(),
            hint="Ctrl-C finishes the pages in flight",
        )

    def _notice(self) -> str:
        if self.signal is not None:
            return "finishing the pages in flight; Ctrl-C again stops now"
        if self._pictures:
            return "fetching the last pictures; Ctrl-C leaves them for `pwsync images fetch`"
        run = self._counts.run
        return words.waits(run.reason, run.parked_until)

    def _was_asked(self) -> bool:
        asked, self._asked = self._asked, False
        return asked

    @contextmanager
    def _signals(self, task: "Future[None]") -> Iterator[None]:
        """Two stages: the first signal lets the pages in flight finish, the second ends them."""

        def stop(number: int, _: FrameType | None) -> None:
            if self.signal is not None:
                task.cancel()
                return
            self.signal = number
            with self._lock:
                if self._drain:
                    self._drain.stop_soon()

        def ask(_: int, __: FrameType | None) -> None:
            self._asked = True

        wanted = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGUSR1: ask}
        before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def exit_code(found: Counts, stopped_by: int | None) -> int:
    """What a run that was worked on here leaves with (CONTRACT §3)."""
    if found.run.state is RunState.DONE:
        return exits.SOME_FAILED if found.bad else exits.GOOD
    if found.run.state is RunState.PARKED:
        login = (found.run.reason or "").startswith("login")
        return exits.LOGIN_NEEDED if login else exits.PARKED
    if (found.run.reason or "").startswith(DRIFT):
        return exits.DRIFT
    if stopped_by is not None:
        return 128 + stopped_by
    return exits.LIMIT  # a limit, or somebody paused or stopped it before it was done
