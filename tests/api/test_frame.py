"""What holds the routes: faults, sizes, streams, cursors, the trail."""

import http.client
import json
import logging
from contextlib import suppress
from typing import Annotated

import pytest
from fastapi import Body, FastAPI
from starlette.responses import StreamingResponse

from app.access.tokens import Scope
from app.api.deps import Admin, Asker
from app.api.paging import cursor, place
from app.api.problems import KNOWN, Problem
from app.services.trail import Deed, latest, note
from app.store.engine import DatabaseUnavailable
from tests.api.conftest import SECRET, own_server

CANARY = "canary of the traceback"
MIB = 1024 * 1024
sent: list[int] = []


def break_(what: str) -> None:
    raise {"fault": RuntimeError, "database": DatabaseUnavailable}[what](CANARY)


def refuse() -> None:
    raise Problem(409, "taken", "somebody has it", holder="anna")


def read(body: Annotated[dict, Body()]) -> int:
    return len(body)


def number(number: int) -> int:
    return number


async def stream() -> StreamingResponse:
    async def parts():
        for n in range(100_000):
            sent.append(n)
            yield b'{"a":1}\n'

    return StreamingResponse(parts(), media_type="application/json")


async def event_stream() -> StreamingResponse:
    async def parts():
        yield "event: now\n\n"

    return StreamingResponse(parts(), media_type="text/event-stream")


async def broken_stream() -> StreamingResponse:
    async def parts():
        yield b"begun"
        raise RuntimeError(CANARY)

    return StreamingResponse(parts(), media_type="text/plain")


def whose(asker: Asker, admin: Admin) -> str:
    return asker.name + admin.name


def add(app: FastAPI) -> None:
    gets = {"break/{what}": break_, "refuse": refuse, "stream": stream, "cut": broken_stream}
    gets |= {"events": event_stream}
    for name, route in (gets | {"number/{number}": number, "whose": whose}).items():
        app.add_api_route(f"/api/v1/{name}", route)
    app.add_api_route("/page/{what}", break_)
    app.add_api_route("/api/v1/read", read, methods=["POST"])


@pytest.fixture(scope="module")
def server():
    with own_server(add) as running:
        yield running


def test_a_fault_is_logged_under_the_number_that_the_answer_names(server, caplog):
    with caplog.at_level(logging.ERROR, "app.server.faults"):
        found = server.ask("GET", "/api/v1/break/fault?a=%0Aforged", token=SECRET)
    assert found.status == 500
    told = json.loads(found.text)
    assert (told["title"], told["request"]) == ("fault", found.headers["X-Request-Id"])
    assert CANARY not in found.text
    assert "Traceback" not in found.text
    assert found.headers["X-Frame-Options"] == "DENY"
    (record,) = [one for one in caplog.records if one.name == "app.server.faults"]
    assert told["request"] in record.getMessage()
    assert CANARY in caplog.text
    assert "\n" not in record.getMessage()


def test_a_fault_of_a_page_tells_as_little(server):
    found = server.ask("GET", "/page/fault", token=SECRET)
    assert found.status == 500
    assert found.headers["X-Request-Id"] in found.text
    assert CANARY not in found.text


def test_an_answer_that_breaks_is_not_taken_for_whole(server):
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        server.ask("GET", "/api/v1/cut", token=SECRET)


def test_known_errors_are_problems(server):
    found = server.ask("GET", "/api/v1/break/database", token=SECRET)
    assert (found.status, json.loads(found.text)["title"]) == (503, "database")
    found = server.ask("GET", "/api/v1/refuse", token=SECRET)
    told = json.loads(found.text)
    assert (found.status, told["title"], told["holder"]) == (409, "taken", "anna")
    assert all(400 <= status < 600 for status, _ in KNOWN.values())


def test_wrong_values_are_listed(server):
    found = server.ask("GET", "/api/v1/number/x", token=SECRET)
    told = json.loads(found.text)
    assert (found.status, told["errors"][0]["where"]) == (422, ["path", "number"])


@pytest.mark.parametrize("body", ['{"a', "[1]", '"\\ud800"', "\x00", "{" * 5_000])
def test_bodies_that_are_none_are_refused(server, body):
    found = server.ask(
        "POST", "/api/v1/read", token=SECRET, body=body, Content_Type="application/json"
    )
    assert found.status in {400, 422}
    assert found.headers["Content-Type"] == "application/problem+json"
    json.loads(found.text)


def chunked(server, path: str, size: int) -> tuple[int, bytes]:
    line = http.client.HTTPConnection(server.address, timeout=30)
    parts = (b"x" * (MIB // 4) for _ in range(size * 4 // MIB))
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    try:
        with suppress(ConnectionError):  # refused before all was sent; the answer has come
            line.request("POST", path, body=parts, headers=headers, encode_chunked=True)
        found = line.getresponse()
        return found.status, found.read()
    finally:
        line.close()


def test_a_body_that_is_too_large_is_refused_as_it_comes(server):
    status, body = chunked(server, "/api/v1/read", 9 * MIB)
    assert (status, json.loads(body)["title"]) == (413, "body")
    status, body = chunked(server, "/rq/", 9 * MIB)
    assert (status, body) == (413, b"the body is larger than 8,388,608 bytes\n")


def test_a_body_that_says_it_is_too_large_is_not_read(server):
    line = http.client.HTTPConnection(server.address, timeout=20)
    line.putrequest("POST", "/api/v1/read")
    line.putheader("Authorization", f"Bearer {SECRET}")
    line.putheader("Content-Length", str(8 * MIB + 1))
    line.endheaders()
    found = line.getresponse()
    assert (found.status, json.loads(found.read())["title"]) == (413, "body")
    line.close()


def test_a_body_just_as_large_as_it_may_be_is_read(server):
    assert chunked(server, "/rq/", 8 * MIB) == (200, b"read")


def test_head_of_a_stream_ends_it(server):
    sent.clear()
    found = server.ask("HEAD", "/api/v1/stream", token=SECRET)
    assert (found.status, found.text) == (200, "")
    assert server.ask("GET", "/healthz").status == 200
    assert sent == [0]


def test_streams_have_no_tag(server):
    assert server.ask("HEAD", "/api/v1/stream", token=SECRET).headers["ETag"] is None


def test_a_proxy_is_told_to_hold_no_events_back(server):
    found = server.ask("GET", "/api/v1/events", token=SECRET)
    assert (found.text, found.headers["X-Accel-Buffering"]) == ("event: now\n\n", "no")
    assert server.ask("HEAD", "/api/v1/stream", token=SECRET).headers["X-Accel-Buffering"] is None


def test_routes_know_who_asks(server):
    assert server.ask("GET", "/api/v1/whose", token=SECRET).text == '"teststests"'


@pytest.mark.parametrize("kept", [None, 7, [1, "a"], {"price": "1.50", "id": 3}, "商品"])
def test_a_cursor_leads_back(kept):
    word = cursor(kept)
    assert place(word) == kept
    assert word.isascii()
    assert not set(word) & set("+/= &")


@pytest.mark.parametrize("word", ["!", "eA", "商", "e30=e30", "x" * 5_000, "\x00"])
def test_what_is_no_cursor_is_refused(word):
    with pytest.raises(Problem) as caught:
        place(word)
    assert (caught.value.status, caught.value.word) == (400, "cursor")


def test_a_cursor_of_another_list_is_refused():
    assert place(cursor([3, "a"]), tuple[int, str]) == (3, "a")
    for other in ({}, 7, [3], ["a", 3]):
        with pytest.raises(Problem):
            place(cursor(other), tuple[int, str])


def test_without_a_cursor_a_list_begins():
    assert place(None) is place("") is None


def test_the_trail_is_told_newest_first(engine):
    for n in range(5):
        role = Scope.RUN.name.lower()
        note(
            engine,
            Deed(actor="anna" * 40, role=role, door="api", verb="pause", target=f"run {n % 2}"),
        )
    found = latest(engine, limit=3)
    assert [one.deed.target for one in found] == ["run 0", "run 1", "run 0"]
    assert len(found[0].deed.actor) == 64
    assert found[0].done_at.tzinfo is not None
    rest = latest(engine, before=found[-1].id)
    assert len(rest) == 2
    assert {one.deed.target for one in latest(engine, target="run 1")} == {"run 1"}
