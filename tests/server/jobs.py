"""Jobs of RQ in every state, made by RQ itself."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rq import Queue
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

QUEUE = "pwsync-default"
WORK = """
import sys
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
connection = Redis(unix_socket_path=sys.argv[1])
queue = Queue("pwsync-default", connection=connection, serializer=JSONSerializer)
SimpleWorker([queue], connection=connection, serializer=JSONSerializer).work()
"""
SECONDS = 60


@contextmanager
def in_every_state(server) -> Iterator[dict[str, Job]]:
    """A job for each registry of the dashboard, by its name; a worker is busy with one of them."""
    with server.client() as connection:
        connection.flushall()  # other tests of this process ring here, too
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
        jobs = {
            "finished": _add(queue, "operator.add", 1, 2, run=1, progress="40 of 40"),
            "failed": _add(queue, "operator.truediv", 1, 0, run=2, progress="3 of 40"),
            "started": _add(queue, "time.sleep", 600, run=3, progress="7 of 40"),
        }
        worker = subprocess.Popen(
            [sys.executable, "-c", WORK, str(server.socket)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(jobs["started"], JobStatus.STARTED)
            jobs["queued"] = _add(queue, "time.sleep", 1, run=4, progress="")
            jobs["deferred"] = _add(queue, "time.sleep", 1, run=5, depends_on=jobs["queued"])
            jobs["canceled"] = _add(queue, "time.sleep", 1, run=6)
            jobs["canceled"].cancel()
            jobs["scheduled"] = queue.enqueue_in(
                timedelta(hours=1), "time.sleep", 1, description="run 7: lamps"
            )
            yield jobs
        finally:
            worker.kill()
            worker.wait()
            connection.flushall()


def _add(queue: Queue, name: str, *args: float, run: int, progress: str = "", **more) -> Job:
    meta = {"run": run, "label": "lamps", "progress": progress}
    return queue.enqueue(
        name, args=args, description=f"run {run}: lamps", meta=meta, job_timeout=700, **more
    )


def _wait(job: Job, status: JobStatus) -> None:
    deadline = time.monotonic() + SECONDS
    while job.get_status(refresh=True) is not status:
        assert time.monotonic() < deadline, f"{job.id} is {job.get_status()}"
        time.sleep(0.05)  # polling another program, with a deadline
