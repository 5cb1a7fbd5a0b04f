"""`pwsync scheduler`: watches the clock for batches and rings for runs that nobody works on."""

import signal
import threading
from collections.abc import Callable, Sequence
from itertools import chain, islice
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from app.schedule.sources import Batch
    from app.settings import Settings

LONGEST_NAP = 15.0
"""Seconds between two looks; so late at most is a bell rung that was lost."""
FIRST_PAUSE = 1.0


def scheduler(
    once: Annotated[bool, typer.Option("--once", help="Look once, then end.")] = False,
) -> None:
    """Open the runs of batches when they are due, and see to it that workers know of all runs.

    Several schedulers do no harm: each instant fires once. SIGTERM or Ctrl-C ends it with 0. When
    the database or Redis is away it waits and says so once.
    """
    from app.cli.working import say
    from app.noting import begin_log
    from app.places import open_database
    from app.settings import load
    from app.telling import courier_of

    settings = load()
    begin_log(settings, "scheduler")
    engine = open_database(settings)
    stopped = threading.Event()

    def stop(_: int, __: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        with courier_of(settings, engine):
            Scheduler(settings, engine, say).work(stopped, once=once)
    finally:
        engine.dispose()


class Scheduler:
    """The loop; what it does is the ticker's and the reconciler's."""

    def __init__(self, settings: "Settings", engine: "Engine", say: Callable[[str], None]) -> None:
        from app.timetable import batches_of, opener_of

        self._settings = settings
        self._engine = engine
        self._say = say
        self._batches: Sequence[Batch] = batches_of(settings)
        self._open = opener_of(settings)
        self._away: dict[str, str] = {}

    def work(self, stopped: threading.Event, *, once: bool = False) -> None:
        """Until `stopped` is set."""
        from app.store.engine import DatabaseUnavailable

        number = len(self._batches)
        self._say(f"scheduler of {number} batch{'' if number == 1 else 'es'}")
        pause = FIRST_PAUSE
        while not stopped.is_set():
            try:
                nap = self._look()
                self._is_back("the database")
                pause = FIRST_PAUSE
            except DatabaseUnavailable as error:
                self._is_away("the database", str(error))
                nap, pause = pause, min(2 * pause, LONGEST_NAP)
            if once:
                return
            stopped.wait(nap)

    def _look(self) -> float:
        """See to what is due; seconds until the next look."""
        from app.cli.batch import ringer, sentence
        from app.runs.parking import wake
        from app.schedule.ticker import present_of, tick

        ring = ringer(self._settings, lambda said: self._is_away("Redis", said))
        for fire in tick(self._engine, self._batches, opener=self._open, ring=ring):
            self._say(sentence(fire))
        wake(self._engine)
        self._reconcile()
        return nap_until(self._batches, present_of(self._engine))

    def _reconcile(self) -> None:
        if self._settings.redis_url is None:
            return
        from app.jobs import doorbell
        from app.jobs.reconcile import reconcile

        replica = self._settings.site.replica is not None
        try:
            with doorbell.connect(self._settings.redis_url) as connection:
                rung = reconcile(
                    self._engine,
                    connection,
                    fits=lambda run: bool(run.options.get("replica")) == replica,
                )
        except doorbell.RedisUnavailable as error:
            self._is_away("Redis", str(error))
            return
        self._is_back("Redis")
        for run_id in rung:
            self._say(f"run {run_id} has work and too few at it: rang")

    def _is_away(self, what: str, said: str) -> None:
        if what not in self._away:
            self._say(f"{said}; waiting for {what}")
        self._away[what] = said

    def _is_back(self, what: str) -> None:
        if self._away.pop(what, None) is not None:
            self._say(f"{what} is back")


def nap_until(batches: "Sequence[Batch]", now: "datetime") -> float:
    """Seconds until the next due instant, at most `LONGEST_NAP`."""
    coming = chain.from_iterable(islice(batch.timetable.forwards(now), 1) for batch in batches)
    waits = ((at - now).total_seconds() for at in coming)
    return min(LONGEST_NAP, *waits, LONGEST_NAP)
