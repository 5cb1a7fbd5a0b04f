"""Quality: rates as the tallies have them, drift with the run it began in, accuracy once checked."""

import shutil

import pytest

from app.quality import books
from app.runs.states import resume
from app.store.engine import open_engine
from app.store.schema import migrate
from tests.api.test_suppliers import told
from tests.archive.conftest import PAGES
from tests.quality.test_books import items, read, run_of


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Pictures cease to be told in the second run, and still are not in the third."""
    folder = tmp_path_factory.mktemp("quality")
    engine = open_engine(f"sqlite:///{folder / 'data' / 'pwsync.db'}")
    migrate(engine)
    read(engine, run_of(engine), items(120))
    for _ in range(2):
        run = run_of(engine)
        read(engine, run, items(60))
        assert read(engine, run, items(8, images=[]))
        resume(engine, run)
    read(engine, run, items(50, images=[]))
    engine.dispose()
    return folder


def test_rates_and_drift_are_those_of_the_tallies(server, tokens, home):
    found = told(server, tokens, "/quality")
    (layout,) = found["layouts"]
    assert (layout["pages"], layout["since_run"], found["pages"]) == (118, 3, 118)
    rate = {one["field"]: one for one in layout["fields"]}
    assert (rate["title"]["rate"], rate["title"]["suspect"]) == (1.0, False)
    assert rate["images"]["rate"] == round(60 / 118, 4)
    assert rate["images"]["before"] > 0.95  # what was suspect is in no baseline
    assert rate["images"]["suspect"]
    (drift,) = found["drift"]
    assert (drift["field"], drift["first_run"], drift["last_run"]) == ("images", 2, 3)
    assert (drift["accepted"], drift["told"]) == (False, 0)
    assert drift["rows"].startswith("/api/v1/offers?where=layout")
    told(server, tokens, drift["rows"].removeprefix("/api/v1"))


def test_what_a_person_accepts_is_no_open_finding(server, tokens, home):
    engine = open_engine(f"sqlite:///{home / 'data' / 'pwsync.db'}")
    assert books.accept(engine, 3) == ["images"]
    engine.dispose()
    found = told(server, tokens, "/quality")
    assert [one["accepted"] for one in found["drift"]] == [True]
    assert not any(one["suspect"] for one in found["layouts"][0]["fields"])


def test_accuracy_is_told_once_pages_were_checked(server, tokens, home):
    assert told(server, tokens, "/quality")["accuracy"] is None
    page = PAGES / "context" / "single.html"
    (home / "data" / "golden").mkdir()
    for suffix in (".html", ".json"):
        shutil.copy(page.with_suffix(suffix), home / "data" / "golden" / f"one{suffix}")
    found = told(server, tokens, "/quality")["accuracy"]
    assert (found["pages"], found["percent"], found["high"]) == (1, 100.0, 100.0)
    (home / "data" / "golden" / "one.json").write_text("no json", "utf-8")
    assert told(server, tokens, "/quality")["accuracy"] is None
    page = server.ask("GET", "/quality", token=tokens["read"])
    assert (page.status, "one.json" in page.text) == (200, True)
