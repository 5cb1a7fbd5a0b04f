"""Groups: each once, with the numbers of its offers; a person's word moves them and is kept."""

import json

import pytest

from app.groups.build import build
from app.services.groups import MEMBERS
from app.services.trail import latest
from app.store.engine import open_engine
from app.store.schema import migrate
from tests.api.test_suppliers import every, told
from tests.groups.test_build import TITLE, sell

LOOKS = (0x123456789ABCDEF0, 0x0F1E2D3C4B5A6978, 0xF0F0F0F0F0F0F0F0)
TITLES = (TITLE, "北欧台灯护眼学习卧室床头充电", "露营帐篷防雨加厚户外双人便携")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Three products: of four, three and two suppliers; one offer that may be of the first."""
    folder = tmp_path_factory.mktemp("groups")
    engine = open_engine(f"sqlite:///{folder / 'data' / 'pwsync.db'}")
    migrate(engine)
    for product, (title, look) in enumerate(zip(TITLES, LOOKS, strict=True)):
        for number in range(4 - product):
            price = str(10 * (number + 1))
            tiers = [{"min_quantity": 1, "max_quantity": None, "price": price}]
            more = {"price_min": price, "price_max": price, "price_tiers": tiers}
            sell(engine, 10 * product + number + 1, title, look=look, **more)
    sell(engine, 90, "加厚可爱杯子 小熊")
    build(engine)
    engine.dispose()
    return folder


def say(server, tokens, verdict: str, one: str, other: str, *, scope: str = "run"):
    body = json.dumps({"one": one, "other": other, "verdict": verdict})
    found = server.ask(
        "POST",
        "/api/v1/groups/pairs",
        token=tokens[scope],
        body=body,
        Content_Type="application/json",
    )
    return found.status, json.loads(found.text)


def test_each_is_told_once_in_both_orders_with_its_numbers(server, tokens):
    by_size = every(server, tokens, "/groups", limit=1)
    assert [one["offers"] for one in by_size] == [4, 3, 2]
    assert by_size == sorted(
        every(server, tokens, "/groups", sort="id", limit=2), key=lambda one: -one["offers"]
    )
    first = by_size[0]
    assert (first["price"], first["spread_percent"]) == ({"low": "10.00", "high": "40.00"}, 300.0)
    assert (first["suppliers"], first["gone"], first["title"]) == (4, 0, TITLE)
    assert {"picture", "title"} <= set(first["evidence"])


def test_its_offers_stand_side_by_side_whichever_is_asked_for(server, tokens):
    group = every(server, tokens, "/groups", limit=1)[0]["group_id"]
    found = told(server, tokens, f"/groups/{group}?quantity=5")
    assert [one["total"] for one in found["offers"]] == ["50.00", "100.00", "150.00", "200.00"]
    assert found["offers"][0]["price_tiers"] == [
        {"min_quantity": 1, "max_quantity": None, "price": "10.00"}
    ]
    assert found["size"] == 4 <= MEMBERS
    other = found["offers"][-1]["offer_id"]
    assert told(server, tokens, f"/groups/{other}")["group_id"] == group


def test_a_person_splits_a_group_and_takes_it_back(server, tokens, home):
    group = every(server, tokens, "/groups", limit=3)[2]["group_id"]
    one, other = (each["offer_id"] for each in told(server, tokens, f"/groups/{group}")["offers"])
    assert say(server, tokens, "reject", one, other, scope="read")[0] == 403
    assert say(server, tokens, "reject", one, other) == (200, {"groups": {one: None, other: None}})
    assert told(server, tokens, f"/groups/{group}", 404)["title"] == "group-unknown"
    assert say(server, tokens, "accept", other, one)[1]["groups"] == {one: group, other: group}
    assert every(server, tokens, "/groups")[2]["evidence"][0] == "person"
    assert {each["said"] for each in told(server, tokens, f"/groups/{group}")["offers"]} == {
        None, "accepted",
    }  # fmt: skip
    assert say(server, tokens, "forget", one, other)[0] == 200
    engine = open_engine(f"sqlite:///{home / 'data' / 'pwsync.db'}")
    done = [each.deed for each in latest(engine)]
    engine.dispose()
    assert [each.verb for each in done] == ["forget", "accept", "reject"]
    assert (done[0].target, done[0].role, done[0].door) == (
        f"pair {one} {other}",
        "operator",
        "api",
    )


def test_doubtful_pairs_are_those_of_the_command(server, tokens, home):
    from app.groups.rows import doubtful  # noqa: PLC0415
    from app.store.engine import reading  # noqa: PLC0415

    engine = open_engine(f"sqlite:///{home / 'data' / 'pwsync.db'}")
    with reading(engine) as conn:
        pairs, number = doubtful(conn, 10)
    engine.dispose()
    found = told(server, tokens, "/groups/pairs?limit=10")
    assert found["found"] == number > 0
    assert [tuple(one["offers"]) for one in found["items"]] == [one.pair for one in pairs]


def test_what_is_not_known_is_a_problem(server, tokens):
    assert told(server, tokens, "/groups/610000000000", 404)["title"] == "group-unknown"
    assert say(server, tokens, "accept", "610000000000", "610000000001")[0] == 404
    assert say(server, tokens, "nice", "610000000000", "610000000001")[0] == 422
    assert say(server, tokens, "accept", "9" * 19, "610000000001")[0] == 422
