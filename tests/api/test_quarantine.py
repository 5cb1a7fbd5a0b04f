"""Quarantine: each case once, why, and what becomes of it when a person decides."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import delete

from app.archive.archive import Archive
from app.runs.audit import audit
from app.services.trail import latest
from app.store import quarantine
from app.store.engine import open_engine, transact
from app.store.offers import OFFER
from app.store.quarantine import DOUBT, Refusal
from app.store.schema import migrate
from tests.api.test_suppliers import every, told
from tests.archive.conftest import PAGES, Desk, offer_of

TYPES = ("Invalid", "FieldMissing", "Truncated", DOUBT)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quarantine") / "data"
    engine = open_engine(f"sqlite:///{folder / 'pwsync.db'}")
    migrate(engine)
    yield folder, engine
    engine.dispose()


@pytest.fixture(scope="module")
def home(database):
    """Four refused pages that can be read today, of offers that are not stored; one that cannot."""
    folder, engine = database
    archive = Archive(folder / "archive", engine)
    desk = Desk(engine=engine, folder=folder, archive=archive)
    found = sorted((PAGES / "context").glob("*.html"))[: len(TYPES)]
    pages = {offer_of(path.read_bytes()): path.read_bytes() for path in found}
    desk.visit(pages)
    for offer_id, kind in zip(pages, TYPES, strict=True):
        (record,) = desk.records(keys=[offer_id])
        facts = {"rule": "price_jump", "message": "<b>30 times</b>", "digest": record.sha256}
        refused = Refusal(offer_id=offer_id, type=kind, **facts)
        transact(engine, partial(quarantine.keep, refusal=refused, run_id=1))
    transact(engine, lambda conn: conn.execute(delete(OFFER)))
    desk.visit({"610947572360": b"<html><body>a page of another time</body></html>"})
    archive.close()
    return folder.parent


@pytest.fixture
def cases(server, tokens) -> dict[str, dict]:
    found = every(server, tokens, "/quarantine", decided=True, limit=2)
    return {one["type"]: one for one in found}


def act(server, tokens, case: dict, verb: str, *, scope: str = "run"):
    found = server.ask("POST", f"/api/v1/quarantine/{case['id']}/{verb}", token=tokens[scope])
    return found.status, json.loads(found.text)


def test_each_is_told_once_the_last_seen_first(server, tokens):
    found = every(server, tokens, "/quarantine", limit=1)
    assert [one["type"] for one in found] == [
        "LayoutUnknown",
        "Truncated",
        "FieldMissing",
        "Invalid",
    ]
    (doubt,) = every(server, tokens, "/quarantine", type=DOUBT)
    assert doubt["message"] == "<b>30 times</b>"
    waiting = told(server, tokens, "/quarantine")["waiting"]
    assert {kind for kind, number in waiting.items() if number == 1} == {*TYPES, "LayoutUnknown"}
    told(server, tokens, "/quarantine?type=Nice", 422)
    assert told(server, tokens, "/quarantine/999", 404)["title"] == "case-unknown"


def test_one_tells_where_its_page_is(server, tokens, cases):
    found = told(server, tokens, f"/quarantine/{cases['LayoutUnknown']['id']}")
    assert (found["layout"], found["page"]["status"]) == (None, 200)
    page = server.ask("GET", found["page"]["source"], token=tokens["read"])
    assert "a page of another time" in page.text


def test_a_page_is_released_once_and_discarded_for_good(server, tokens, cases, database):
    case = cases["Invalid"]
    assert act(server, tokens, case, "release", scope="read")[0] == 403
    status, done = act(server, tokens, case, "release")
    assert (status, done["decision"]) == (200, "released")
    assert told(server, tokens, f"/offers/{case['offer_id']}")["run"] == done["run"]
    status, again = act(server, tokens, case, "release")
    assert (status, again["title"]) == (409, "case-decided")
    assert act(server, tokens, cases["Truncated"], "discard")[1]["decision"] == "discarded"
    told(server, tokens, f"/offers/{cases['Truncated']['offer_id']}", 404)
    left = [one["type"] for one in every(server, tokens, "/quarantine")]
    assert not {"Invalid", "Truncated"} & set(left)
    verbs = [one.deed.verb for one in latest(database[1])]
    assert verbs[:2] == ["discard_case", "release_case"]


def test_a_page_is_read_again_by_todays_layouts(server, tokens, cases):
    case = cases["FieldMissing"]
    with ThreadPoolExecutor(4) as tabs:
        found = list(tabs.map(lambda _: act(server, tokens, case, "reextract"), range(4)))
    assert sorted(status for status, _ in found) == [200, 409, 409, 409], "once, whoever else asks"
    done = next(done for status, done in found if status == 200)
    assert done["decision"] == "released"
    run = told(server, tokens, f"/runs/{done['run']}")
    assert (run["kind"], run["items"]) == ("reextract", {"created": 1})
    for verb in ("release", "reextract"):
        status, problem = act(server, tokens, cases["LayoutUnknown"], verb)
        assert (status, problem["title"]) == (409, "not-releasable")
        assert "LayoutUnknown" in problem["detail"]


def test_a_retry_is_a_run_over_this_offer_alone(server, tokens, cases):
    case = cases["LayoutUnknown"]
    status, done = act(server, tokens, case, "retry")
    assert (status, done["case"]) == (201, case["id"])
    (item,) = told(server, tokens, f"/runs/{done['run']}/items")["items"]
    assert item["key"] == case["offer_id"]
    assert told(server, tokens, f"/quarantine/{case['id']}")["decision"] is None


def test_the_books_of_what_was_stored_balance(database):
    """Run 1 lost its offers above; two of them are still away."""
    wrong = [(one.run_id, one.name) for one in audit(database[1])]
    assert wrong == [(1, "I3")] * 2
