"""How a worker's doings look in a log: plain lines at changes of state and every half minute."""

import logging
import signal
import time

import typer

from app.monitor.progress import plain_line
from app.monitor.status import Recorder, Status
from app.runs.counts import Counts
from app.runtime import Event
from browsers.values import PoolStatus

LINE_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Lines:
    """Plain lines on standard error: at each change of state, every half minute, on SIGUSR1."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._recorder = Recorder()
        self._run_id = 0
        self._said = ""
        self._next = 0.0
        self._asked = False
        signal.signal(signal.SIGUSR1, self._ask)

    def _ask(self, *_: object) -> None:
        self._asked = True

    def say(self, sentence: str) -> None:
        """A sentence for a person."""
        _log.info("%s", sentence)
        typer.echo(f"pwsync: {sentence}", err=True)

    def tell(self, event: Event) -> None:
        """Take note of what happened to an offer."""
        self._recorder.tell(event)

    def look(self, found: Counts, pool: PoolStatus) -> None:
        """Print how the run stands, if it is time to."""
        run = found.run
        if run.id != self._run_id:
            self._run_id, self._recorder = run.id, Recorder()
        present = time.monotonic()
        state = f"{run.id} {run.state}"
        if state == self._said and present < self._next and not self._asked:
            return
        self._said, self._next, self._asked = state, present + LINE_SECONDS, False
        typer.echo(plain_line(self._status(found, pool)), err=True)

    def _status(self, found: Counts, pool: PoolStatus) -> Status:
        run = found.run
        return self._recorder.picture(
            run_id=run.id,
            label=found.label,
            state=run.state.value,
            planned=found.planned,
            counts=found.by_state,
            pool=pool,
            database=self._database,
            notice=run.reason or "",
        )
