"""Profiles as API and console tell them, and a run that waited for one."""

import json
from datetime import timedelta

import pytest

from app.profiles import rows
from app.profiles.jar import Jar
from app.runs import opening, parking, states
from tests.console.test_pages import told
from tests.samples import intake

SECRET = "verysecretcookie"
RESTS = (timedelta(minutes=15),)


@pytest.fixture(scope="module")
def parked(home, engine) -> list[int]:
    """Two runs of an account that was blocked: it rests, and they wait."""
    cookie = {"name": "cookie2", "value": SECRET, "domain": ".1688.com", "path": "/"}
    Jar(home / "data" / "profiles").save("main", {"cookies": [cookie], "origins": []})
    rows.note_login(engine, "main", "小王")
    rows.note_block(engine, "main", "slider: 610947572360", RESTS)
    found = []
    for first in (700_000_000_001, 700_000_000_100):
        run = opening.open_run(
            engine, intake(2, first=first), kind="refs", label="waits", options={"profile": "main"}
        )
        parking.park(engine, run.id, "slider: the site asks for a person")
        found.append(run.id)
    return found


def test_a_profile_that_rests_is_told_with_the_runs_that_wait(server, tokens, parked):
    found = {one["name"]: one for one in told(server, tokens["read"], "/profiles")["items"]}
    assert (found["guest"]["kind"], found["guest"]["state"]) == ("nobody", "well")
    main = told(server, tokens["read"], "/profiles/main")
    assert main == found["main"]
    assert (main["state"], main["blocks"], main["logged_in_as"]) == ("resting", 1, "小王")
    assert main["waiting_runs"] == parked
    assert main["cookies_at"]
    assert main["rest_until"]
    assert main["left_today"] == main["per_day"] == 5000


def test_no_page_shows_a_cookie(server, tokens, parked):
    for path in ("/profiles", "/profiles/main", "/api/v1/profiles", "/api/v1/profiles/main"):
        found = server.ask("GET", path, token=tokens["admin"])
        assert found.status == 200, path
        assert "main" in found.text
        assert SECRET not in found.text


def test_what_is_no_profile_is_not_found(server, tokens):
    assert told(server, tokens["read"], "/profiles/nobody", 404)["title"] == "profile-unknown"
    assert server.ask("GET", "/profiles/nobody", token=tokens["read"]).status == 404
    told(server, tokens["read"], "/profiles/..%2Fx", 404)


def test_resuming_a_parked_run_ends_the_rest_of_its_profile(server, tokens, engine, parked):
    first, second = parked
    done = server.ask("POST", f"/api/v1/runs/{first}/resume", token=tokens["run"])
    assert json.loads(done.text)["state"] == "running"
    main = told(server, tokens["read"], "/profiles/main")
    assert (main["state"], main["rest_until"], main["waiting_runs"]) == ("well", None, [])
    assert states.read_run(engine, second).state == "running"
