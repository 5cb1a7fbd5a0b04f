"""Ringing for workers. The ledger holds the work; a bell only says "there is some in run N".

A bell that is lost, doubled or late costs nothing: workers claim what is due, and `reconcile.py`
rings again. One queue per priority; a higher one is always answered first.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.client import Pipeline
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ConnectionError,  # noqa: A004 - Redis' own
    RedisError,
    ResponseError,
    WatchError,
)
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer
from rq.timeouts import BaseDeathPenalty

from app.jobs.safe_job import DRAIN, FAILURE_TTL, RESULT_TTL, SafeJob

PRIORITIES = ("high", "default", "low")
QUEUED_TTL = 86_400
"""Seconds after which a bell that nobody answered is forgotten; it will be rung anew."""
COUNTER_TTL = 2 * FAILURE_TTL
"""Bells are numbered per run; a number returns only when its old job is long gone."""
LOCK_SECONDS = 60
TRIES = 5
LABEL_LENGTH = 200
CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 3.0


class RedisUnavailable(Exception):
    """Redis does not answer, or not to us; one sentence, never the password."""

    def __init__(self, sentence: str, *, lasting: bool = False) -> None:
        super().__init__(sentence)
        self.lasting = lasting
        """Waiting will not help: a wrong URL, password or right."""


class NoAlarm(BaseDeathPenalty):
    """RQ's job timeout is SIGALRM, wherever the main thread is; a slice has its own deadlines."""

    def setup_death_penalty(self) -> None:
        """Set no alarm."""

    def cancel_death_penalty(self) -> None:
        """Nothing was set."""


class BellQueue(Queue):
    """A queue of doorbells."""

    job_class = SafeJob

    def __init__(self, name: str, connection: "Redis", **_: Any) -> None:
        super().__init__(
            name,
            connection,
            job_class=SafeJob,
            serializer=JSONSerializer,
            death_penalty_class=NoAlarm,
        )

    def acquire_maintenance_lock(self) -> bool:
        """RQ's is held for 899 s by whoever was killed with it."""
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=LOCK_SECONDS))


def open_client(url: str) -> "Redis":
    """A client that connects when first used. Raises RedisUnavailable for a URL it can't read."""
    try:
        return Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            health_check_interval=15,
            # a connection that broke is made anew; who does not answer is not asked twice
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 1, (ConnectionError,)),
        )
    except ValueError:  # its text may hold the password
        raise RedisUnavailable(
            "the Redis URL does not parse; write redis://:PASSWORD@HOST:PORT/0 or unix://PATH",
            lasting=True,
        ) from None


def connect(url: str) -> "Redis":
    """A client that has been answered. Raises RedisUnavailable."""
    client = open_client(url)
    try:
        with reached(client):
            client.ping()
    except RedisUnavailable:
        client.close()
        raise
    return client


@contextmanager
def reached(connection: "Redis") -> Iterator[None]:
    """Redis' errors in our words: RedisUnavailable."""
    try:
        yield
    except RedisError as error:
        raise unavailable(connection, error) from error


def unavailable(connection: "Redis", error: RedisError) -> RedisUnavailable:
    """Our error for one of Redis'."""
    refusals = (AuthenticationError, AuthorizationError, ResponseError)
    said = f"Redis at {_place(connection)} does not answer: {error}"
    return RedisUnavailable(said, lasting=isinstance(error, refusals))


def _place(connection: "Redis") -> str:
    known = connection.connection_pool.connection_kwargs
    if path := known.get("path"):
        return str(path)
    return f"{known.get('host', 'localhost')}:{known.get('port', 6379)}"


def queues(connection: "Redis") -> list[BellQueue]:
    """The queues, the most urgent first."""
    return [queue_of(connection, priority) for priority in PRIORITIES]


def queue_of(connection: "Redis", priority: str) -> BellQueue:
    """The queue of a priority. Raises ValueError for a word that is none."""
    if priority not in PRIORITIES:
        raise ValueError(f"priority {priority}: choose one of {', '.join(PRIORITIES)}")
    return BellQueue(f"pwsync-{priority}", connection)


def ring(
    connection: "Redis", run_id: int, *, priority: str = "default", label: str = "", bells: int = 1
) -> int:
    """See to it that at least `bells` bells of a run wait to be answered; how many are new.

    Each brings one worker for one slice. Calling again, or from several places at once, adds
    nothing. Raises RedisUnavailable: the caller goes on, workers find the run in the ledger.
    """
    queue = queue_of(connection, priority)
    with reached(connection):
        for _ in range(TRIES):
            try:
                return _add_missing(queue, run_id, label[:LABEL_LENGTH], bells)
            except WatchError:
                continue  # another one rang, or a worker answered, in this very moment
    return 0


def _add_missing(queue: BellQueue, run_id: int, label: str, bells: int) -> int:
    with queue.connection.pipeline() as pipe:
        pipe.watch(queue.key)  # type: ignore[no-untyped-call]
        waiting = cast("list[bytes]", pipe.lrange(queue.key, 0, -1))
        missing = bells - _count(waiting)[run_id]
        if missing <= 0:
            return 0
        last = pipe.incrby(f"pwsync:bells:{run_id}", missing)
        jobs = [_bell(queue, run_id, number, label) for number in range(last - missing, last)]
        pipe.multi()
        pipe.expire(f"pwsync:bells:{run_id}", COUNTER_TTL)
        _push(queue, jobs, pipe)
        pipe.execute()
        return missing


def _push(queue: BellQueue, jobs: list[SafeJob], pipe: "Pipeline") -> None:
    for job in jobs:
        queue.enqueue_job(job, pipeline=pipe)


def _bell(queue: BellQueue, run_id: int, number: int, label: str) -> SafeJob:
    # Never the id of an earlier bell: RQ would take the leftovers of a killed worker's job for
    # this one's, and call it abandoned while it runs.
    job = SafeJob.create(
        DRAIN,
        args=(run_id,),
        connection=queue.connection,
        id=f"bell-{run_id}-{number}",
        description=f"run {run_id}: {label}" if label else f"run {run_id}",
        meta={"run": run_id, "label": label, "progress": ""},
        timeout=-1,
        ttl=QUEUED_TTL,
        result_ttl=RESULT_TTL,
        failure_ttl=FAILURE_TTL,
    )
    return cast("SafeJob", job)


def pending(connection: "Redis") -> Mapping[str, Counter[int]]:
    """Bells that wait, by priority and run. Raises RedisUnavailable."""
    with reached(connection), connection.pipeline(transaction=False) as pipe:
        for queue in queues(connection):
            pipe.lrange(queue.key, 0, -1)
        return dict(zip(PRIORITIES, map(_count, pipe.execute()), strict=True))


def _count(ids: list[bytes]) -> Counter[int]:
    found = (re.fullmatch(rb"bell-(\d{1,19})-\d+", one) for one in ids)
    return Counter(int(one[1]) for one in found if one)
