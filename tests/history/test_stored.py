"""Differences in the database, written with the version they make; on SQLite and MariaDB."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.history.movements import Wanted, movements
from app.history.past import series
from app.history.pruning import prune
from app.runs.opening import open_run
from app.store import changes
from app.store.changes import CHANGE, of_offer, over_offers
from app.store.differences import diff
from app.store.engine import reading, transact
from app.store.facts import Kind, facts_of
from app.store.offers import Change, load, mark_gone, save
from tests.samples import NOON, intake, item, seen

OFFER_ID = "600000000001"


def store(engine, offer, number: int, **facts):
    at = seen(run_id=number, token=number, at=NOON + timedelta(days=number), **facts)
    return transact(engine, lambda conn: save(conn, offer, at))


def kinds(engine, offer_id: str = OFFER_ID) -> list[tuple[int, str, str]]:
    """(version, kind, field), the oldest first."""
    with reading(engine) as conn:
        found = [
            (one.version, one.difference.kind.value, one.difference.field)
            for one in of_offer(conn, offer_id)
        ]
    return found[::-1]


def test_a_new_offer_has_no_changes(engine):
    store(engine, item(), 1)
    assert kinds(engine) == []


def test_a_version_has_its_changes_and_the_same_page_none(engine):
    store(engine, item(), 1)
    told = store(engine, item(stock=7, title="新"), 2)
    assert (told.change, told.version) == (Change.CHANGED, 2)
    assert store(engine, item(stock=7, title="新"), 3).differences == ()
    store(engine, item(stock=0, title="新"), 4)
    assert kinds(engine) == [
        (2, "title", "title"),
        (2, "stock", "stock"),
        (3, "stock_out", "stock"),
    ]
    with reading(engine) as conn:
        last, *_, first = of_offer(conn, OFFER_ID)
        assert (last.run_id, last.token, last.observed_at) == (4, 4, NOON + timedelta(days=4))
        assert (first.difference.before, first.difference.after) == (item().title, "新")
        assert [one.difference for one in of_offer(conn, OFFER_ID)][1:][::-1] == list(
            told.differences
        )
        assert len(list(of_offer(conn, OFFER_ID, since=NOON + timedelta(days=3)))) == 1


@pytest.mark.parametrize("unknown", [{"stock": None}, {"images": []}, {"supplier": None}])
def test_what_a_page_does_not_tell_is_no_version_and_is_remembered(engine, unknown):
    store(engine, item(), 1)
    assert store(engine, item(**unknown), 2).change is Change.UNCHANGED
    with reading(engine) as conn:
        found = load(conn, OFFER_ID)
    assert (found.item, found.version) == (item(**unknown), 1)
    assert found.memory.known(facts_of(found.item)) == facts_of(item()) | found.memory.known(
        facts_of(found.item)
    )
    assert store(engine, item(), 3).change is Change.UNCHANGED
    with reading(engine) as conn:
        assert load(conn, OFFER_ID).memory.as_json() is None


def test_a_change_across_a_gap_is_found(engine):
    for number, stock in enumerate((12, None, None, 9)):
        store(engine, item(stock=stock), number)
    assert kinds(engine) == [(2, "stock", "stock")]


def test_prices_of_a_buyer_stay_the_buyers(engine):
    def price(low):
        return item(steps=0, price_min=low, price_max="20")

    views = (("10", ""), ("9", "ann"), ("10", ""), ("8", "ann"), ("9.5", ""))
    for number, (low, view) in enumerate(views):
        at = changes.Observation(run_id=1, token=number, observed_at=NOON, view=view)
        transact(engine, lambda conn, at=at, low=low: save(conn, price(low), at))
    with reading(engine) as conn:
        found = [(one.difference.view, one.difference.after) for one in of_offer(conn, OFFER_ID)]
    assert found == [("", "9.50"), ("ann", "8.00")]


def test_gone_and_back_are_versions_with_their_change(engine):
    store(engine, item(), 1)
    for rule in ("off_shelf", "off_shelf", "deleted"):
        transact(engine, lambda conn, rule=rule: mark_gone(conn, OFFER_ID, rule, seen(2, 2)))
    assert store(engine, item(), 3).version == 4
    assert kinds(engine) == [(2, "gone", "status"), (3, "gone", "status"), (4, "back", "status")]
    with reading(engine) as conn:
        rows = conn.execute(select(CHANGE.c.key, CHANGE.c.before, CHANGE.c.after)).all()
    assert [tuple(row) for row in rows] == [
        ("off_shelf", "on_sale", "off_shelf"),
        ("deleted", "off_shelf", "off_shelf"),
        ("deleted", "off_shelf", "on_sale"),
    ]


def test_all_kinds_of_values_come_back_as_they_were(engine):
    before = item(colours=2, pictures=2, steps=1)
    after = item(colours=3, pictures=3, steps=3, lead_times=[{"min_quantity": 1, "hours": 48}],
                 freight={"free": True}, title='[red]"甲" 🔥')  # fmt: skip
    store(engine, before, 1)
    told = store(engine, after, 2)
    assert told.differences == diff(before, after)
    with reading(engine) as conn:
        assert tuple(one.difference for one in of_offer(conn, OFFER_ID))[::-1] == told.differences


@pytest.mark.parametrize("page", [1, 2, 3, 500])
def test_changes_over_all_offers_come_latest_first_in_pages(engine, monkeypatch, page):
    monkeypatch.setattr(changes, "PAGE", page)
    for day, stock in enumerate((10, 0, 5, 7), start=1):
        for number in range(1, 4):
            offer = item(f"60000000000{number}", stock=stock, title=f"第{stock // 5}版")
            store(engine, offer, day)
    wanted = (Kind.STOCK_OUT, Kind.RESTOCK, Kind.TITLE)
    with reading(engine) as conn:
        everything = list(over_offers(conn, wanted, since=NOON))
        late = list(over_offers(conn, wanted, since=NOON + timedelta(days=3)))
        early = list(over_offers(conn, wanted, since=NOON, until=NOON + timedelta(days=3)))
    places = [(one.observed_at, one.offer_id, one.version, one.seq) for one in everything]
    assert places == sorted(set(places), reverse=True)
    assert len(everything) == 12
    assert late + early == everything


def test_both_ways_of_asking_go_along_an_index(mariadb_engine):
    for number in range(1, 30):
        store(mariadb_engine, item(f"6000000{number:05}"), 1)
        store(mariadb_engine, item(f"6000000{number:05}", stock=0), 2)
    asked = {
        "PRIMARY": "SELECT * FROM offer_change WHERE offer_id = 600000000001 ORDER BY version DESC, seq DESC",
        "ix_offer_change_kind_observed_at": "SELECT * FROM offer_change WHERE kind = 'price' AND observed_at >= '2026-03-05' ORDER BY observed_at DESC, offer_id DESC, version DESC, seq DESC LIMIT 500",
    }
    with reading(mariadb_engine) as conn:
        for index, query in asked.items():
            [plan] = conn.execute(text(f"EXPLAIN {query}")).mappings().all()
            assert plan["key"] == index
            assert "filesort" not in (plan["Extra"] or "")


def test_what_was_forgotten_has_no_beginning_in_a_chart(engine):
    store(engine, item(), 1)
    for day, stock in ((2, 7), (3, 8), (4, 9)):
        store(engine, item(stock=stock), day)

    def chart() -> list[tuple[float, int]]:
        with reading(engine) as conn:
            points = series(conn, load(conn, OFFER_ID), "stock")
        return [((one.at - NOON) / timedelta(days=1), one.value) for one in points]

    prune(engine, NOON + timedelta(days=3))
    assert chart() == [(pytest.approx(3), 7), (3, 8), (4, 9)]
    assert chart()[0] < (3,)
    prune(engine, NOON + timedelta(days=9))
    assert chart() == [(4, 9)]


def test_what_was_only_read_better_is_a_correction_and_no_movement(engine):
    runs = [open_run(engine, intake(1), kind=kind) for kind in ("sync", "reextract", "sync")]
    for run, price in zip(runs, ("1", "10", "11"), strict=True):
        at = seen(run.id, 1, NOON + timedelta(days=run is runs[2]))
        offer = item(steps=0, price_min=price, price_max="20")
        transact(engine, lambda conn, offer=offer, at=at: save(conn, offer, at))
    with reading(engine) as conn:
        stored = load(conn, OFFER_ID)
        assert [one.is_correction for one in of_offer(conn, OFFER_ID)] == [False, True]
        assert [one.value for one in series(conn, stored, "price_min")] == ["10.00", "11.00"]
        told = list(movements(conn, Wanted(since=NOON)))
        assert [one.recorded.difference.before for one in told] == ["10.00"]
        assert len(list(movements(conn, Wanted(since=NOON, corrections=True)))) == 2
