"""Watching a run: one look for all who watch, no look for nobody, and nothing missed."""

import asyncio
import http.client
import json
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select, update

from app import models
from app.cli.desk import desk_of
from app.models import table
from app.refs import Intake, OfferRef
from app.runs import opening, states
from app.services import watched as watching
from app.services.watched import Watched
from app.settings import load
from app.store.clock import now
from app.store.engine import open_engine, transact

ITEM, ATTEMPT = table(models.RunItem), table(models.Attempt)
IDS = ("610947572511", "610947572512", "610947572513")
LISTENERS = 50


@pytest.fixture
def engine(home):
    engine = open_engine(f"sqlite:///{home / 'data' / 'pwsync.db'}")
    yield engine
    engine.dispose()


def opened(engine) -> int:
    refs = Intake(accepted=tuple(OfferRef(offer_id=each) for each in IDS))
    return opening.open_run(engine, refs, kind="refs", label="three").id


def settle(engine, run_id: int, offer_id: str) -> None:
    """One item is created, as a worker would have it in the books."""

    def work(conn) -> None:
        present = conn.execute(select(now())).scalar_one()
        of = {"run_id": run_id, "offer_id": offer_id}
        told = {"attempt": 1, "token": 1, "owner": "here", "ending": "created", "reason": None}
        times = {"started_at": present - timedelta(seconds=2), "ended_at": present}
        conn.execute(insert(ATTEMPT).values(of | told | times))
        item = (ITEM.c.run_id == run_id, ITEM.c.offer_id == offer_id)
        conn.execute(update(ITEM).where(*item).values(state="created", attempt=1, token=1))

    transact(engine, work)


async def test_fifty_who_watch_cost_one_look_a_second(sqlite_engine, tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr("app.monitor.watch.ASK_SECONDS", 0.0)
    run_id = opened(sqlite_engine)
    asked: list[str] = []
    event.listen(sqlite_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    watched = Watched(desk_of(load({"data_dir": tmp_path}), sqlite_engine, None))
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        ears = [
            await stack.enter_async_context(watched.listening(run_id)) for _ in range(LISTENERS)
        ]
        looks = await asyncio.gather(*(ear.next(60) for ear in ears))
        assert len({id(look) for look in looks}) == 1, "one look for all"
        for _ in range(4):
            looks = await asyncio.gather(*(ear.next(60) for ear in ears))
        assert looks[0].counts.queued == 3
        of_items = [query for query in asked if "GROUP BY run_item.kind" in query]
        assert len(of_items) < LISTENERS / 2, "as many as looks, whoever listens"
        await stack.aclose()
        assert watched.runs == ()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*tasks, return_exceptions=True)
        before = len(asked)
        async with watched.listening(run_id) as ear:
            await ear.next(60)
            assert len(asked) > before, "who comes later begins anew"
            states.cancel(sqlite_engine, run_id)
            while not (await ear.next(60)).is_over:
                pass
            with pytest.raises(EOFError):
                await ear.next(60)


class Stream:
    """Frames of an event stream, one by one."""

    def __init__(self, server, token: str, path: str, **headers: str) -> None:
        self._conn = http.client.HTTPConnection(server.address, timeout=60)
        told = {"Authorization": f"Bearer {token}"} | headers
        self._conn.request("GET", f"/api/v1{path}", headers=told)
        self.answer = self._conn.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._conn.close()

    def frame(self) -> dict[str, str]:
        """The next one; {} at the end."""
        found: dict[str, str] = {}
        for line in iter(self.answer.readline, b""):
            if line == b"\n":
                return found
            name, _, value = line.decode().rstrip("\n").partition(": ")
            found[name] = value
        return found


def test_who_comes_back_misses_nothing(server, tokens, engine):
    run_id = opened(engine)
    path = f"/runs/{run_id}/events"
    with Stream(server, tokens["read"], path) as stream:
        assert stream.answer.getheader("Content-Type").startswith("text/event-stream")
        first = stream.frame()
        assert (first["event"], json.loads(first["data"])["items"]) == ("status", {"queued": 3})
        settle(engine, run_id, IDS[0])
        item = stream.frame()
        assert (item["event"], json.loads(item["data"])["key"]) == ("item", IDS[0])
        assert json.loads(item["data"])["seconds"] == 2
    settle(engine, run_id, IDS[1])
    states.cancel(engine, run_id)
    told = {"Last-Event-ID": item["id"]}
    with Stream(server, tokens["read"], path, **told) as stream:
        frames = list(iter(stream.frame, {}))
    assert [one["event"] for one in frames] == ["item", "status", "over"]
    assert json.loads(frames[0]["data"])["key"] == IDS[1]
    assert server.ask("GET", "/api/v1/runs/999999/events", token=tokens["read"]).status == 404


def test_a_stream_ends_when_its_time_is_over(server, tokens, engine):
    with Stream(server, tokens["read"], f"/runs/{opened(engine)}/events?seconds=1") as stream:
        frames = list(iter(stream.frame, {}))
    assert {one["event"] for one in frames} == {"status"}
