"""Finding offers with real parts: searches by their arrow, shops by their own call, walls on the way."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from app import discover, models
from app.discover import _request
from app.lists import ListRef
from app.models import table
from app.profiles import rows
from app.replica.serve import running
from app.runs import states
from app.runs.audit import audit
from app.runs.counts import counts, offers_with
from app.runs.opening import open_list_run
from app.runs.outcomes import STORED, Outcome, RunState
from app.store.engine import reading
from browsers.listing import opened

CARD = table(models.OfferCardRow)
DONE = [*STORED, Outcome.GONE]


@pytest.fixture(scope="module")
def market():
    """A local 1688 whose searches find many offers, and one shop with more than three pages."""
    with running(offers=400, seed=11, padded=False, finds=150, large_shop=100) as replica:
        yield replica


def open_list(desk, kind, value, first=None):
    named = {"list": {"kind": kind, "value": value, "first": first}}
    return open_list_run(desk.engine, kind=kind, label=value, options=named).id


def the_large_shop(market):
    return max(market.shops(), key=lambda shop: shop["offers"])


def cards(desk, *where) -> int:
    with reading(desk.engine) as conn:
        return conn.scalar(select(func.count()).select_from(CARD).where(*where))


async def test_a_search_is_read_to_its_end_and_no_ad_is_asked_for(desk, market):
    run_id = open_list(desk, "keyword", "女装")
    found = await desk.drain(market, run_id)
    assert (found.run.state, found.bad) == (RunState.DONE, 0)
    assert set(offers_with(desk.engine, run_id, DONE)) == set(market.list_of("keyword", "女装"))
    assert market.log(kind="ad") == []
    assert cards(desk, CARD.c.is_ad.is_(True)) > 0, "ads are kept as what they are"
    assert cards(desk, CARD.c.offer_id == 0) == 0
    assert audit(desk.engine) == []


@pytest.mark.parametrize("by", ["host", "member_id"])
async def test_a_whole_shop_comes_in(lite_desk, market, by, monkeypatch):
    # the page that a member id leads to asks for nothing by itself, and is waited for so long
    monkeypatch.setattr(discover, "opened", partial(opened, patience=3.0))
    shop = the_large_shop(market)
    run_id = open_list(lite_desk, "shop", shop[by])
    found = await lite_desk.drain(market, run_id)
    got = offers_with(lite_desk.engine, run_id, DONE)
    assert set(got) == set(market.list_of("shop", shop[by]))
    assert found.run.list_total == len(got) == 100
    assert dict(found.lists) == {"listed": 4}
    assert audit(lite_desk.engine) == []


async def test_a_category_is_a_search_without_words(lite_desk, market):
    category = market.expected(market.listed()[0]["offer_id"])["category"]["leaf_id"]
    run_id = open_list(lite_desk, "category", category, first=30)
    found = await lite_desk.drain(market, run_id)
    expected = market.list_of("category", category)
    assert found.planned == min(30, len(expected)) > 0
    assert set(offers_with(lite_desk.engine, run_id, DONE)) <= set(expected)


async def test_offers_are_synced_while_the_list_is_read(lite_desk, market):
    run_id = open_list(lite_desk, "keyword", "灯")
    await lite_desk.drain(market, run_id)
    order = [event.word for event in lite_desk.events]
    last_page = max(place for place, word in enumerate(order) if word == "listed")
    assert any(word in STORED for word in order[:last_page])


async def test_a_stopped_walk_goes_on_at_its_page(desk, market):
    run_id = open_list(desk, "keyword", "女装")

    async def stop_after_a_page(drain, _):
        while not any(event.word == "listed" for event in desk.events):
            await desk.until(len(desk.events) + 1)
        drain.stop()

    stopped = await desk.drain(market, run_id, stop_after_a_page)
    read = dict(stopped.lists)
    assert (read.get("listed", 0) >= 1, read.get("queued", 0), read.get("leased", 0)) == (
        True,
        1,
        0,
    )
    assert audit(desk.engine) == []
    found = await desk.drain(market, run_id)
    assert found.run.state is RunState.DONE
    assert set(offers_with(desk.engine, run_id, DONE)) == set(market.list_of("keyword", "女装"))
    assert audit(desk.engine) == []


@pytest.mark.parametrize(
    ("fault", "rule"),
    [("login=1:list", "login"), ("punish=1:list", "slider"), ("refused=1:call", "refused")],
)
async def test_a_wall_before_a_list_parks_the_run(desk, fault, rule):
    desk.rests = (timedelta(hours=1),)
    # two pages: where there is one, its pager is waited for before it counts as none
    site = {"offers": 80, "seed": 11, "padded": False, "finds": 70}
    with running(**site, faults=fault) as walled:
        run_id = open_list(desk, "keyword", "女装")
        found = await desk.drain(walled, run_id)
    assert found.run.state is RunState.PARKED
    assert found.run.reason.startswith(rule)
    assert found.run.parked_until is not None
    assert (found.planned, cards(desk)) == (0, 0)
    assert audit(desk.engine) == []
    with running(**site) as open_again:
        rows.revive(desk.engine, "replica:guest")
        states.resume(desk.engine, run_id)
        found = await desk.drain(open_again, run_id)
        assert found.planned == len(open_again.list_of("keyword", "女装"))
    assert found.run.state is RunState.DONE


def test_a_list_is_looked_at_for_as_long_as_a_person_says(lite_desk):
    runtime = replace(lite_desk.runtime(None, None, None), dwell=0.0)
    assert _request(runtime, ListRef.of("keyword", "灯"), 1).pace == 0.0


async def test_two_drains_read_one_list_once(desk, market):
    run_id = open_list(desk, "shop", the_large_shop(market)["host"])
    await asyncio.gather(desk.drain(market, run_id), desk.drain(market, run_id))
    found = counts(desk.engine, run_id)
    assert (found.run.state, found.planned, dict(found.lists)) == (
        RunState.DONE,
        100,
        {"listed": 4},
    )
    assert audit(desk.engine) == []
