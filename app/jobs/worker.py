"""The worker: answers bells with one runtime for all of them, and goes on when Redis does not.

An RQ SimpleWorker: registered, seen in the dashboard, its jobs in the queues' registries. RQ's own
loop is not used: it leaves when Redis dies while it is busy, and can't stop a drain. RQ pops
several queues with BLPOP, so a kill in that moment loses the bell: reconcile rings again.
"""

import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, cast
from uuid import uuid4

from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import DequeueTimeout
from rq.executions import Execution
from rq.suspension import is_suspended
from sqlalchemy import Engine

from app.jobs import doorbell
from app.jobs.doorbell import BellQueue, NoAlarm, RedisUnavailable
from app.jobs.kept import KeptRuntime, OpenRuntime
from app.jobs.reconcile import priority_of, rank_of, reconcile, rest
from app.jobs.safe_job import SafeJob
from app.jobs.signs import Signs, Watcher
from app.jobs.turn import Turns
from app.jobs.work import Work
from app.runs.claims import WORKABLE
from app.runs.counts import Counts
from app.runs.due import due_items
from app.runs.states import Run, RunUnknown, read_run
from app.store.engine import StoreError
from browsers.errors import EngineMissing

LISTEN_SECONDS = 1
"""Longest wait for a bell; a signal is heeded after it."""
RECONCILE_SECONDS = 2.0
MAINTENANCE_SECONDS = 60.0
BEAT_SECONDS = 5.0
BEAT_TTL = 30
"""Seconds after which RQ takes a silent worker's job for abandoned; only the dashboard cares."""
AWAY_SECONDS = (0.5, 5.0)
"""Between two tries to reach Redis or the database: at first, and at most (it doubles)."""
BURST_PATIENCE = 60.0
"""Seconds: a burst waits for items that are due within them."""
SAY_AGAIN_SECONDS = 30.0
_log = logging.getLogger(__name__)


def _is_news(record: logging.LogRecord) -> bool:
    """RQ tells each minute, for each queue, that it tidies up: nothing else would be seen."""
    return "cleaning registries" not in str(record.msg)


def progress_of(found: Counts) -> str:
    """How far a run is, as the dashboard shows it."""
    return f"{found.finished}/{found.planned}"


class Worker(SimpleWorker):
    """Works on runs until it is stopped: `attend()`."""

    queue_class = BellQueue  # type: ignore[assignment]
    job_class = SafeJob
    death_penalty_class = NoAlarm

    def __init__(
        self,
        connection: "Redis",
        engine: Engine,
        open_runtime: OpenRuntime,
        *,
        watcher: Watcher,
        slots: int,
        turns: Turns,
        fits: Callable[[Run], bool] = lambda _: True,
        name: str = "",
    ) -> None:
        """`fits` tells which runs may be worked on here; a runtime has `slots` slots."""
        host = socket.gethostname()[:40]
        # Never the name of an earlier one: RQ refuses it until that one's traces are gone.
        unique = f"{name or host}-{os.getpid()}-{uuid4().hex[:4]}"
        super().__init__(
            doorbell.queues(connection),
            name=unique,
            connection=connection,
            worker_ttl=BEAT_TTL,
            job_monitoring_interval=BEAT_TTL,
        )
        self.log.addFilter(_is_news)
        self._redis = connection
        self._engine = engine
        self._watcher = watcher
        kept = KeptRuntime(open_runtime)
        self.signs = Signs(unique, host, connection, kept.status, watcher, slots=slots)
        kept.tell = self.signs.tell
        self._work = Work(engine, kept, self.signs, watcher, turns=turns, fits=fits)
        self._times: dict[str, float] = {}
        self._left: Run | None = None
        """The run of the bell just answered, if something of it is left."""
        self._fatal: Exception | None = None
        self._is_away = False

    def _set_ip_address(self, connection: "Redis") -> None:  # noqa: ARG002
        """RQ would ask Redis; it may be away when a worker begins."""
        self.ip_address = "unknown"

    def _set_connection(self, connection: "Redis") -> "Redis":
        """RQ would lengthen the timeouts for its long BLPOP; ours is short."""
        return connection

    # Life

    def attend(self, *, burst: bool = False) -> int:
        """Answer bells until a signal comes; `burst`: until nothing is left to do.

        Without Redis it works on what the ledger has. Returns the signal that made it drop its
        pages, else 0. Raises EngineMissing.
        """
        with self._work.signals(), self.signs:
            try:
                while not self._work.is_over and self._live(burst):
                    pass
            finally:
                self._work.close()
                self._sign_off()
        return self._work.cold or 0

    def _sign_off(self) -> None:
        if not self._is_away:  # else each word to it costs a timeout, and its keys expire anyway
            with suppress(RedisError):
                self.register_death()  # type: ignore[no-untyped-call]

    def _live(self, burst: bool) -> bool:
        """One round; False: a burst has nothing left to do."""
        try:
            return self._round(burst)
        except (RedisError, RedisUnavailable) as error:
            return self._alone(error, burst)
        except StoreError as error:
            self._say(f"{error}; waiting")
            self._work.nap(AWAY_SECONDS[1])
            return True

    def _round(self, burst: bool) -> bool:
        self._be_known()
        if is_suspended(self._redis, self):
            self._work.nap(LISTEN_SECONDS)
            return True
        self._keep_house()
        bell = self._listen(None if burst else LISTEN_SECONDS)
        if bell:
            self._answer_bell(*bell)
        elif burst:
            return self._is_more()
        return True

    def _be_known(self) -> None:
        """Registered with RQ; again when Redis has forgotten us."""
        if not self._redis.sismember(self.redis_workers_keys, self.key):
            self._redis.delete(self.key)  # a beat may have written it anew, and only it
            self.register_birth()  # type: ignore[no-untyped-call]
            self.set_state("idle")

    def _keep_house(self) -> None:
        # one worker of all of them reconciles, no matter if sometimes two
        if self._is_time("reconcile", RECONCILE_SECONDS) and self._redis.set(
            "pwsync:reconcile", self.name, nx=True, px=1500
        ):
            reconcile(self._engine, self._redis, fits=self._work.fits)
        if self._is_time("maintenance", MAINTENANCE_SECONDS):
            # under the queues' locks: RQ's cleanups are not safe against each other
            self.clean_registries()  # type: ignore[no-untyped-call]

    def _listen(self, seconds: int | None) -> tuple[SafeJob, BellQueue] | None:
        while not self._work.is_over:
            try:
                found = BellQueue.dequeue_any(self._ordered_queues, seconds, connection=self._redis)
            except DequeueTimeout:
                return None
            except RedisError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever lay in the queue, it is out of it
                self._say(f"something in a queue is no bell: {type(error).__name__}")
            else:
                return cast("tuple[SafeJob, BellQueue] | None", found)
        return None

    def _is_more(self) -> bool:
        """Whether a burst has to wait for something; naps if so."""
        soon = self._work.runs(within=BURST_PATIENCE)
        if more := any(one.items or not one.unfinished for one in soon):
            self._work.nap(AWAY_SECONDS[0])
        return more

    # A bell

    def _answer_bell(self, job: SafeJob, queue: BellQueue) -> None:
        job.origin = queue.name
        self._left = None
        try:
            self.execute_job(job, queue)
        finally:
            self.executions.clear()
        if self._fatal:
            raise self._fatal
        if run := self._left:  # at the end of the queue: the others' turn comes first
            doorbell.ring(self._redis, run.id, priority=priority_of(run), label=run.label)

    def perform_job(self, job: Any, queue: Any, execution: Execution) -> bool:
        """RQ's bookkeeping around a slice; what the job may do is handed to it here."""
        job.answer = partial(self._answer, job, execution)
        return super().perform_job(job, queue, execution)

    def handle_exception(self, job: Any, *exc_info: Any) -> None:
        """Say in one line what RQ records in the failed job; the log has all of it."""
        error = exc_info[1]
        _log.error("job %s failed", job.id, exc_info=error)
        self._watcher.say(f"job {job.id} failed: {error or type(error).__name__}")

    def get_heartbeat_ttl(self, job: Any, working_time: float = 0.0) -> int:  # noqa: ARG002
        """The same for every job: `_beat` renews it while the slice goes on."""
        return BEAT_TTL

    def _answer(self, job: SafeJob, execution: Execution, run_id: int) -> str:
        try:
            run = read_run(self._engine, run_id)
        except RunUnknown as error:
            return str(error)
        if run.state not in WORKABLE:
            return f"run {run_id} is {run.state}"
        if not self._work.fits(run):
            return f"run {run_id} is for other workers"
        wanted, beat = partial(self._is_wanted, run), partial(self._beat, job, execution)
        try:
            found = self._work.take(run, is_wanted=wanted, beat=beat)
        except Exception as error:
            self._note_failure(run, error)
            raise
        with suppress(RedisError):
            job.show(progress_of(found))
        if found.run.state in WORKABLE and due_items(self._engine, run_id):
            self._left = found.run
        return f"{found.run.state} {progress_of(found)}"

    def _note_failure(self, run: Run, error: Exception) -> None:
        if isinstance(error, EngineMissing):
            self._fatal = error
        elif not isinstance(error, StoreError):
            with suppress(RedisUnavailable):
                rest(self._redis, run.id)

    def _beat(self, job: SafeJob, execution: Execution, found: Counts) -> None:
        """Tell RQ and its dashboard that the job is alive, and how far it is."""
        if self._is_time("beat", BEAT_SECONDS):
            with suppress(RedisError):  # the slice goes on without it
                job.show(progress_of(found))
                self.maintain_heartbeats(job, execution)

    def _is_wanted(self, run: Run, same_rank: bool) -> bool:
        """Whether another run's bell waits: a more urgent one, or one of the same rank."""
        try:
            waiting = doorbell.pending(self._redis)
        except RedisUnavailable:
            return same_rank
        urgent = doorbell.PRIORITIES[: rank_of(run) + same_rank]
        return any(other != run.id for priority in urgent for other in waiting[priority])

    # Without Redis

    def _alone(self, error: Exception, burst: bool) -> bool:
        """Work on what the ledger has until Redis answers; False: a burst has nothing left."""
        self._is_away = True
        if isinstance(error, RedisError):
            error = doorbell.unavailable(self._redis, error)
        self._say(f"{error}; working from the ledger alone")
        pause, longest = AWAY_SECONDS
        while not self._work.is_over:
            if not self._work_alone():
                if burst and not self._is_more():
                    return False
                self._work.nap(pause)
                pause = min(pause * 2, longest)
            with suppress(RedisError):
                self._redis.ping()
                self._is_away = False
                self._say("Redis answers")
                return True
        return True

    def _work_alone(self) -> bool:
        try:
            return self._work.take_next()
        except StoreError as error:
            self._say(f"{error}; waiting")
            return False

    # Time

    def _is_time(self, what: str, seconds: float) -> bool:
        present = time.monotonic()
        if present < self._times.get(what, 0.0):
            return False
        self._times[what] = present + seconds
        return True

    def _say(self, sentence: str) -> None:
        if self._is_time(sentence, SAY_AGAIN_SECONDS):
            self._watcher.say(sentence)
