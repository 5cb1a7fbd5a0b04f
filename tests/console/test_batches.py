"""Batches as API and console tell them, and one that is run by hand."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.schedule.batches import Timetable
from app.schedule.sources import Batch, StaleOffers
from app.schedule.ticker import present_of, tick
from app.services import trail
from tests.console.test_pages import told

DECLARED = """
[[batch]]
name = "hourly"
cron = "0 * * * *"
catchup = "0"
stale = "1s"
limit = 5

[[batch]]
name = "broken"
cron = "@daily"
file = "missing.txt"
"""
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batches")
    (folder / "pwsync.toml").write_text(DECLARED)
    return folder


@pytest.fixture(scope="module")
def missed(engine) -> None:
    """Nobody watched the clock for three hours."""
    zone = ZoneInfo("Asia/Shanghai")
    batch = Batch(
        name="hourly",
        timetable=Timetable(cron="0 * * * *", zone=zone),
        catchup=timedelta(),
        source=StaleOffers(older=HOUR),
    )
    half_past = present_of(engine).replace(minute=30) - HOUR
    tick(engine, [batch], now=half_past - 3 * HOUR)
    tick(engine, [batch], now=half_past)


def test_missed_instants_and_the_next_ones_are_told(server, tokens, missed):
    hourly, broken = told(server, tokens["read"], "/batches")["items"]
    assert (hourly["name"], broken["name"]) == ("hourly", "broken")
    assert len(hourly["coming"]) == 5
    assert hourly["next_at"] == hourly["coming"][0] > hourly["last"]["due_at"]
    fires = told(server, tokens["read"], "/batches/hourly")["fires"]
    assert [one["decision"] for one in fires] == ["skipped", "skipped", "skipped", "begun"]
    assert [one["missed"] for one in fires] == [True, True, True, False]
    assert (broken["last"], broken["source"]) == (None, "file missing.txt")


def test_a_batch_is_run_now_once_and_by_operators_alone(server, tokens, engine, missed):
    place = "/api/v1/batches/hourly/fire"
    assert server.ask("POST", place, token=tokens["read"]).status == 403
    made = server.ask("POST", place, token=tokens["run"])
    found = json.loads(made.text)
    assert (made.status, found["decision"], found["manual"]) == (201, "fired", True)
    assert found["items"]["queued"] == 5
    again = server.ask("POST", place, token=tokens["run"])
    assert (again.status, json.loads(again.text)["run"]) == (409, found["run"])
    assert told(server, tokens["read"], "/batches/hourly")["unfinished_run"] == found["run"]
    form = server.ask("POST", "/batches/hourly/fire", token=tokens["run"], body="")
    assert (form.status, "is not finished" in form.text) == (409, True)
    [deed] = trail.latest(engine, target="batch hourly")
    assert (deed.deed.verb, deed.deed.detail) == ("fire", {"run": found["run"]})


def test_a_source_that_gives_nothing_says_why(server, tokens):
    found = server.ask("POST", "/batches/broken/fire", token=tokens["run"], body="")
    assert found.status == 409
    assert 'role="alert"' in found.text
    assert "missing.txt" in found.text
    last = told(server, tokens["read"], "/batches/broken")["last"]
    assert (last["decision"], last["run"]) == ("failed", None)


def test_pages_show_them_in_both_languages(server, tokens, missed):
    for path in ("/batches", "/batches/hourly"):
        for language in ("en", "zh-CN"):
            found = server.ask("GET", path, token=tokens["read"], Accept_Language=language)
            assert found.status == 200
            assert "0 * * * *" in found.text
            assert "/fire" not in found.text, "a viewer has no button"
    told(server, tokens["read"], "/batches/nothing", 404)
    assert server.ask("GET", "/batches/nothing", token=tokens["read"]).status == 404
