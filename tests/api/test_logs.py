"""What the server tells of the house: logs, who did what, how much there is."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from app.services import trail
from app.services.trail import Deed
from app.store.engine import open_engine

START = datetime(2026, 11, 5, 10, tzinfo=UTC)
LINES = (
    {"event": "created", "run": 7, "item": "610947572360", "profile": "anna", "attempt": 1},
    {"event": "retry", "level": "warning", "run": 7, "item": "610947572361", "text": "图 timeout"},
    {"event": "<b>odd</b>", "level": "error", "run": "seven", "exception": "Traceback…"},
)


@pytest.fixture(scope="module")
def lines(home):
    """Log lines of a worker."""
    folder = home / "data" / "logs"
    folder.mkdir(exist_ok=True)
    told = [
        {"time": (START + timedelta(seconds=n)).isoformat(), "level": "info", "role": "worker"}
        | one
        for n, one in enumerate(LINES)
    ]
    (folder / "worker.jsonl").write_text(
        "\n".join(json.dumps(one, ensure_ascii=False) for one in told)
    )
    return told


def told(server, tokens, path: str, status: int = 200, **query):
    found = server.ask("GET", f"/api/v1{path}?{urlencode(query)}", token=tokens["read"])
    assert found.status == status, found.text
    return json.loads(found.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["<b>odd</b>", "retry", "created"]),
        ({"q": "图 TIME"}, ["retry"]),
        ({"level": "warning"}, ["<b>odd</b>", "retry"]),
        ({"run": 7}, ["retry", "created"]),
        ({"item": "610947572360"}, ["created"]),
        ({"profile": "anna"}, ["created"]),
        ({"since": "2026-11-05T18:00:01+08:00"}, ["<b>odd</b>", "retry"]),
        ({"since": "0001-01-01T00:00:00Z", "run": 7}, ["retry", "created"]),
        ({"role": "scheduler"}, []),
    ],
)
def test_lines_are_found(server, tokens, lines, query, found):
    items = told(server, tokens, "/logs", **{"role": "worker"} | query)["items"]
    assert [one["event"] for one in items] == found


def test_lines_come_page_by_page_whatever_stands_in_them(server, tokens, lines):
    seen, cursor = [], None
    while True:
        query = {"role": "worker", "limit": 1} | ({"cursor": cursor} if cursor else {})
        page = told(server, tokens, "/logs", **query)
        seen += page["items"]
        if (cursor := page["next"]) is None:
            break
    odd, retry, _ = seen
    assert (odd["run"], odd["exception"], odd["more"]) == (None, "Traceback…", {})
    assert (retry["run"], retry["more"]) == (7, {"text": "图 timeout"})


@pytest.mark.parametrize(
    "query", [{"since": "2026-11-05T10:00:00"}, {"since": 0.5}, {"level": "bad"}, {"run": 0}]
)
def test_what_no_line_can_have_is_refused(server, tokens, query):
    assert told(server, tokens, "/logs", 422, **query)["title"] == "invalid"


def test_a_cursor_of_another_list_is_refused(server, tokens, lines):
    wrong = told(server, tokens, "/offers", limit=1)["next"]
    assert told(server, tokens, "/logs", 400, cursor=wrong)["title"] == "cursor"
    mine = told(server, tokens, "/logs", role="worker", limit=1)["next"]
    assert told(server, tokens, "/audit", 400, cursor=mine)["title"] == "cursor"


def test_the_trail_tells_who_did_what(server, tokens, home):
    engine = open_engine(f"sqlite:///{home / 'data' / 'pwsync.db'}")
    deed = {"role": "operator", "door": "api", "verb": "pause"}
    for actor, run in (("anna", 1), ("ben", 1), ("anna", 2)):
        trail.note(engine, Deed(actor=actor, target=f"run {run}", detail={"n": run}, **deed))
    engine.dispose()
    first = told(server, tokens, "/audit", actor="anna", limit=1)
    rest = told(server, tokens, "/audit", actor="anna", limit=1, cursor=first["next"])
    found = [*first["items"], *rest["items"]]
    assert [(one["target"], one["detail"]) for one in found] == [
        ("run 2", {"n": 2}),
        ("run 1", {"n": 1}),
    ]
    assert rest["next"] is None
    assert {one["actor"] for one in told(server, tokens, "/audit", target="run 1")["items"]} == {
        "anna",
        "ben",
    }


def test_numbers_are_those_of_the_books(server, tokens):
    stats = told(server, tokens, "/stats")
    offers = told(server, tokens, "/offers", limit=200)["items"]
    assert stats["offers"] == sum(stats["by_status"].values()) >= len(offers) > 0
    assert (stats["runs"], stats["by_state"], stats["database"]) == (2, {"done": 2}, "sqlite")
    assert stats["history_rows"] > 0
    assert stats["suppliers"] > 0
    assert stats["database_bytes"] > 100_000
    assert told(server, tokens, "/stats") == stats, "nobody makes us count twice"
