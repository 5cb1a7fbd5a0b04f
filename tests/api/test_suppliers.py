"""Suppliers: each once in every order, with the sums of its offers, and why its shop lacks some."""

import json
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import update

from app import models
from app.lists import ListRef
from app.models import table
from app.runs.opening import open_list_run
from app.runs.outcomes import Outcome
from app.services.wanted import Wanted
from app.store.changes import Observation
from app.store.engine import open_engine, transact
from app.store.offers import mark_gone

RUN = table(models.Run)


def told(server, tokens, path: str, status: int = 200):
    found = server.ask("GET", f"/api/v1{path}", token=tokens["read"])
    assert found.status == status, found.text
    return json.loads(found.text)


def every(server, tokens, path: str, **asked) -> list[dict]:
    rows, cursor, been = [], "", set()
    while cursor is not None:
        assert cursor not in been, "a list that never ends"
        been.add(cursor)
        query = urlencode(asked | ({"cursor": cursor} if cursor else {}))
        page = told(server, tokens, f"{path}?{query}")
        rows, cursor = rows + page["items"], page["next"]
    return rows


@pytest.fixture(scope="module")
def offers(server, tokens, home) -> list[dict]:
    """Two of them are gone."""
    engine = open_engine(f"sqlite:///{home / 'data' / 'pwsync.db'}")
    seen = Observation(run_id=1, token=1, observed_at=datetime(2026, 3, 3, tzinfo=UTC))
    for one in every(server, tokens, "/offers", limit=2)[:2]:
        transact(engine, partial(mark_gone, offer_id=one["offer_id"], rule="deleted", seen=seen))
    engine.dispose()
    return every(server, tokens, "/offers", limit=200)


@pytest.mark.parametrize("sort", ["offers", "changed", "new", "id"])
def test_each_is_told_once_and_its_sums_are_those_of_its_offers(server, tokens, offers, sort):
    found = every(server, tokens, "/suppliers", sort=sort, limit=7)
    assert len({one["id"] for one in found}) == len(found) > 7
    known = Counter(one["company_name"] for one in found for _ in range(one["offers"]["known"]))
    assert known == Counter(one["supplier"] for one in offers)
    assert sum(one["offers"]["gone"] for one in found) == sum(bool(o["gone"]) for o in offers) == 2
    key = {"offers": lambda one: -one["offers"]["known"], "id": lambda one: one["id"]}.get(sort)
    if key:
        assert found == sorted(found, key=key)


def test_prices_and_moments_are_those_of_its_offers(server, tokens, offers):
    one = every(server, tokens, "/suppliers", limit=1)[0]
    own = [o for o in offers if o["supplier"] == one["company_name"]]
    prices = [float(o["price_min"]) for o in own if not o["gone"] and o["price_min"]]
    assert float(one["price"]["low"]) == min(prices)
    assert one["seen_at"] == max(o["observed_at"] for o in own)
    assert one["offers"] | {"share": 0} == {
        "known": len(own),
        "stored": sum(not o["gone"] for o in own),
        "gone": sum(bool(o["gone"]) for o in own),
        "listed": None,
        "share": 0,
    }


def test_one_is_found_by_a_part_of_its_name_or_id(server, tokens):
    one = every(server, tokens, "/suppliers", limit=1)[0]
    for words in (one["company_name"][1:5], one["id"].upper()):
        assert one in every(server, tokens, "/suppliers", q=words)
    assert every(server, tokens, "/suppliers", q="nobody at all") == []


def test_its_offers_are_where_it_says(server, tokens):
    for one in every(server, tokens, "/suppliers")[:5]:
        report = told(server, tokens, f"/suppliers/{quote(one['id'])}")
        path = report["offers_url"].removeprefix("/api/v1")
        assert len(told(server, tokens, path)["items"]) == one["offers"]["stored"]


def test_a_shop_is_not_complete_and_it_is_told_why(server, tokens, home):
    one = every(server, tokens, "/suppliers", limit=1)[0]
    path = f"/suppliers/{quote(one['id'])}"
    assert [lack["reason"] for lack in told(server, tokens, path)["lacks"]] == ["never_read"]
    engine = open_engine(f"sqlite:///{home / 'data' / 'pwsync.db'}")
    wanted = Wanted(found_in=ListRef.of("shop", told(server, tokens, path)["shop"]))
    run = open_list_run(engine, kind="shop", label=wanted.label, options=wanted.options).id
    said = {"list_total": 2 * one["offers"]["stored"], "state": "paused"}
    transact(engine, lambda conn: conn.execute(update(RUN).where(RUN.c.id == run), said))
    engine.dispose()
    report = told(server, tokens, path)
    assert (report["offers"]["listed"], report["offers"]["share"]) == (said["list_total"], 0.5)
    assert [(one["reason"], one["run"]) for one in report["lacks"]] == [
        ("not_finished", run), ("not_shown", run),
    ]  # fmt: skip
    assert [one["run"] for one in report["lists"]] == [run]


def test_an_unknown_one_is_a_problem(server, tokens):
    assert told(server, tokens, "/suppliers/m:nobody", 404)["title"] == "supplier-unknown"
    assert told(server, tokens, "/suppliers/a/b", 404)["title"] == "supplier-unknown"
    told(server, tokens, "/suppliers?sort=nice", 422)


def test_outcomes_that_leave_an_offer_out_are_all_but_those_that_store_it():
    from app.services.shops import NOT_STORED  # noqa: PLC0415 - beside what it is about

    assert set(Outcome) - set(NOT_STORED) == {
        Outcome.CREATED, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.LISTED,
    }  # fmt: skip
