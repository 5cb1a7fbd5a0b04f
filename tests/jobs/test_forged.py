"""Whoever can write to Redis can ring for a run, and do nothing else here."""

import json
import pickle
import threading
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import Engine

from app.jobs.doorbell import queue_of
from app.jobs.turn import Turns
from app.jobs.worker import Worker
from app.runtime import Event
from browsers.values import PoolStatus
from tests.jobs import canary

STAMP = "2026-11-24T03:30:07.204707Z"


class Ears:
    """A watcher that only remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def tell(self, event: Event) -> None: ...

    def look(self, found: Any, pool: PoolStatus) -> None: ...


class Bomb:
    """Unpickled, it sings."""

    def __reduce__(self) -> tuple[Any, ...]:
        return canary.sing, ()


@pytest.fixture
def cage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the canary would be."""
    monkeypatch.setenv("CANARY", str(tmp_path / "canary"))
    return tmp_path / "canary"


@pytest.fixture
def work(connection: Redis, sqlite_engine: Engine) -> Callable[[], Ears]:
    """Let a worker answer all that is in the queues; it has no run to work on."""

    def opened(_: object) -> Any:
        raise AssertionError("no browser is needed for a forged job")

    def answer() -> Ears:
        ears = Ears()
        turns = Turns()
        Worker(connection, sqlite_engine, opened, watcher=ears, slots=1, turns=turns).attend(
            burst=True
        )
        return ears

    return answer


def forge(connection: Redis, data: Any, name: str = "bell-1-0", **fields: Any) -> None:
    """A job as somebody else writes it."""
    queue = queue_of(connection, "default")
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    job = {"data": zlib.compress(body), "created_at": STAMP, "status": "queued"}
    connection.hset(f"rq:job:{name}", mapping=job | {"origin": queue.name} | fields)
    connection.rpush(queue.key, name)


def status(connection: Redis, name: str = "bell-1-0") -> str:
    return connection.hget(f"rq:job:{name}", "status").decode()


CANARY = f"{canary.__name__}.sing"
FORGED: dict[str, Any] = {
    "another function": [CANARY, None, [], {}],
    "a shell": ["os.system", None, ["touch $CANARY"], {}],
    "a pickle": pickle.dumps((CANARY, None, (), {})),
    "a pickle that sings when it is read": pickle.dumps(Bomb()),
    "an extra argument": ["pwsync.drain", None, [1, 2], {}],
    "no argument": ["pwsync.drain", None, [], {}],
    "keyword arguments": ["pwsync.drain", None, [1], {"x": 1}],
    "an instance": ["pwsync.drain", "x", [1], {}],
    "a text for a number": ["pwsync.drain", None, ["1"], {}],
    "a truth for a number": ["pwsync.drain", None, [True], {}],
    "a fraction": ["pwsync.drain", None, [1.0], {}],
    "a negative number": ["pwsync.drain", None, [-1], {}],
    "a number beyond all": ["pwsync.drain", None, [2**63], {}],
    "too few parts": ["pwsync.drain"],
    "a list as name": [["pwsync.drain"], None, [1], {}],
    "nothing": b"",
    "null": None,
}


@pytest.mark.parametrize("data", FORGED.values(), ids=FORGED.keys())
def test_a_forged_job_ends_as_failed_and_nothing_has_run(connection, work, cage, data, caplog):
    forge(connection, data)
    ears = work()
    assert status(connection) == "failed"
    assert not cage.exists()
    assert any("bell-1-0 failed" in sentence for sentence in ears.said)
    assert any(one.exc_info and "bell-1-0" in one.getMessage() for one in caplog.records)


def test_rqs_own_worker_would_have_run_it(connection, cage):
    """The proof that these forgeries are ones."""
    forge(connection, FORGED["another function"])
    queue = Queue("pwsync-default", connection, serializer=JSONSerializer)
    SimpleWorker([queue], connection=connection, serializer=JSONSerializer).work(burst=True)
    assert cage.exists()


@pytest.mark.parametrize("run_id", [1, "1"], ids=["a bell", "a forged job"])
@pytest.mark.parametrize("field", ["success", "failure", "stopped"])
def test_callbacks_are_not_called(connection, work, cage, field, run_id):
    forge(connection, ["pwsync.drain", None, [run_id], {}], **{f"{field}_callback_name": CANARY})
    work()
    assert status(connection) == ("finished" if run_id == 1 else "failed")
    assert not cage.exists()


@pytest.mark.parametrize("field", ["meta", "result", "webhooks", "exc_info"])
def test_no_other_field_is_unpickled(connection, work, cage, field):
    forge(connection, ["pwsync.drain", None, [1], {}], **{field: pickle.dumps(Bomb())})
    work()
    assert status(connection) in {"finished", "queued"}, "answered, or passed over as damaged"
    assert not cage.exists()


def test_the_housekeeping_runs_nothing_either(connection, work, cage):
    """An abandoned job has a failure callback, and RQ's cleanup calls it."""
    forge(connection, FORGED["a pickle"], "gone", failure_callback_name=CANARY, status="started")
    connection.delete(queue_of(connection, "default").key)
    connection.zadd("rq:wip:pwsync-default", {"gone:1": 1})
    work()
    assert status(connection, "gone") == "failed"
    assert not cage.exists()


def test_no_address_is_posted_to(connection, work):
    asked = []

    class Trap(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Trap) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        hook = {
            "url": f"http://127.0.0.1:{server.server_port}/",
            "job_status": "finished",
            "method": "POST",
        }
        forge(connection, ["pwsync.drain", None, [1], {}], webhooks=json.dumps([hook]))
        work()
        server.shutdown()
        thread.join()
    assert status(connection) == "finished"
    assert asked == []


@pytest.mark.parametrize("field", ["retries_left", "repeats_left"])
def test_no_job_comes_back_by_itself(connection, work, field):
    forge(connection, FORGED["a shell"], **{field: 1000, "repeat_intervals": "[0]"})
    ears = work()
    assert status(connection) == "failed"
    assert len(ears.said) == 1, "it was tried once"
    assert connection.llen(queue_of(connection, "default").key) == 0


@pytest.mark.parametrize(
    "fields",
    [{"created_at": "never"}, {"status": "?"}, {"timeout": "long"}, {"dependency_ids": "{"}],
    ids=["date", "status", "timeout", "dependencies"],
)
def test_a_damaged_job_is_passed_over_and_the_next_one_answered(connection, work, fields):
    forge(connection, ["pwsync.drain", None, [1], {}], **fields)
    forge(connection, ["pwsync.drain", None, [1], {}], "bell-1-1")
    work()
    assert status(connection, "bell-1-1") == "finished"


@pytest.mark.parametrize("name", [b"\xff\xfe", b"a:b c", b"", b"x" * 100_000])
def test_what_is_no_name_of_a_job_is_passed_over(connection, work, name):
    connection.rpush(queue_of(connection, "default").key, name)
    forge(connection, ["pwsync.drain", None, [1], {}])
    work()
    assert status(connection) == "finished"
