"""Saving and loading offers, on SQLite and MariaDB alike."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import and_, event, select

from app.items import OfferItem, Sku, Status, as_json
from app.models import Row, table
from app.models import Supplier as SupplierRow
from app.quality.marks import compare, marks_of
from app.store.before import look
from app.store.content import fingerprints
from app.store.engine import reading, transact
from app.store.offers import OFFER, Change, describe, load, mark_gone, save
from tests.conftest import empty
from tests.samples import NOON, any_item, item, seen

LATER = NOON + timedelta(minutes=5)
OFFER_ID = "600000000001"
ANY = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


def store(engine, offer: OfferItem, **facts):
    return transact(engine, lambda conn: save(conn, offer, seen(**facts)))


def stored(engine, offer_id: str = OFFER_ID):
    with reading(engine) as conn:
        return load(conn, offer_id)


def all_rows(engine) -> dict[str, list]:
    with reading(engine) as conn:
        return {
            t.name: sorted(map(repr, conn.execute(select(t)))) for t in Row.metadata.sorted_tables
        }


@contextmanager
def statements_of(engine):
    statements = []

    def note(conn, cursor, statement, *rest):
        statements.append(statement.split())

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def changed(offer: OfferItem, **changes) -> OfferItem:
    return OfferItem.model_validate(offer.model_dump() | changes)


def test_what_is_loaded_equals_what_was_saved(engine):
    offer = item()
    assert store(engine, offer).change is Change.CREATED
    found = stored(engine)
    assert found.item == offer
    assert as_json(found.item) == as_json(offer)
    assert (found.version, found.first_seen_at, found.observed_at) == (1, NOON, NOON)


@ANY
@given(offer=any_item())
def test_any_item_comes_back_equal(engine, offer):
    transact(engine, empty)
    store(engine, offer)
    found = stored(engine)
    assert found.item == offer
    assert found.content_hash == fingerprints(found.item)[0]


@ANY
@given(first=any_item(), second=any_item())
def test_any_item_replaces_any_other(engine, first, second):
    transact(engine, empty)
    store(engine, first)
    told = store(engine, second, token=2)
    found = stored(engine)
    kept = first.description_images if first.description_url == second.description_url else None
    expected = second.description_images if second.description_images is not None else kept
    assert found.item == changed(second, description_images=expected)
    assert told.version == (2 if told.change is Change.CHANGED else 1)


def test_the_same_page_again_touches_only_the_observation(engine):
    store(engine, item())
    before = all_rows(engine)
    with statements_of(engine) as statements:
        told = store(engine, item(), run_id=2, token=7, at=LATER)
    assert (told.change, told.version) == (Change.UNCHANGED, 1)
    assert [words[:2] for words in statements if words[0] not in {"SELECT", "BEGIN"}] == [
        ["UPDATE", "offer"]
    ]
    after = all_rows(engine)
    assert {name for name in after if after[name] != before[name]} == {"offer"}
    found = stored(engine)
    assert (found.observed_at, found.run_id, found.token, found.changed_at) == (LATER, 2, 7, NOON)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "测试 Mütze 🔥𠮸"},
        {"stock": 1199},
        {"price_max": Decimal("19.51")},
        {"images": ["https://cbu01.alicdn.com/img/600000000001/0.jpg"]},
        {"attributes": [{"name": "材质", "values": ["cotton", "棉"]}]},
        {"supplier": {"member_id": "b2b-1", "company_name": "别的公司"}},
        {"status": Status.SOLD_OUT},
        {"currency": "cny"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_the_seller_changes_makes_a_version(engine, change):
    store(engine, item())
    told = store(engine, item(**change), token=2, at=LATER)
    assert (told.change, told.version) == (Change.CHANGED, 2)
    found = stored(engine)
    assert found.item == item(**change)
    assert (found.first_seen_at, found.changed_at) == (NOON, LATER)


@pytest.mark.parametrize(
    "change",
    [
        {"sold": {"count": 35001}},
        {"rating": None},
        {"layout": "other"},
        {"provenance": {}},
        {
            "supplier": {
                "member_id": "b2b-1",
                "company_name": "某某有限公司",
                "service_score": "3.9",
            }
        },
    ],
    ids=lambda change: next(iter(change)),
)
def test_counters_and_origin_are_kept_current_without_a_version(engine, change):
    store(engine, item())
    told = store(engine, item(**change), token=2, at=LATER)
    assert (told.change, told.version) == (Change.UNCHANGED, 1)
    found = stored(engine)
    assert found.item == item(**change)
    assert found.changed_at == NOON


def test_a_sku_sold_more_is_no_version(engine):
    store(engine, item())
    offer = item()
    sold = changed(offer, skus=[sku.model_copy(update={"sold": 99}) for sku in offer.skus])
    assert store(engine, sold, token=2).change is Change.UNCHANGED
    assert stored(engine).item == sold


def test_the_way_digits_and_zones_are_written_is_no_change(engine):
    offer = item()
    store(engine, offer)
    told = offer.model_dump() | {
        "price_max": Decimal("19.5000"),
        "created_at": offer.created_at.astimezone(ZoneInfo("Asia/Shanghai")),
    }
    assert store(engine, OfferItem.model_validate(told), token=2).change is Change.UNCHANGED


def test_vanished_skus_tiers_and_images_are_deleted(engine):
    store(engine, item(colours=5, steps=4, pictures=6))
    small = item(colours=2, steps=1, pictures=1)
    store(engine, small, token=2)
    assert stored(engine).item == small
    rows = all_rows(engine)
    assert [len(rows[name]) for name in ("sku", "price_tier", "offer_image")] == [2, 1, 1]


def test_skus_that_change_places_keep_their_order(engine):
    offer = item(colours=4)
    store(engine, offer)
    turned = changed(offer, skus=list(reversed(offer.skus)))
    assert store(engine, turned, token=2).change is Change.CHANGED
    assert [sku.sku_id for sku in stored(engine).item.skus] == [sku.sku_id for sku in turned.skus]


def test_text_is_compared_byte_by_byte(engine):
    skus = [Sku(sku_id=name, options={}) for name in ("a", "A", "á", "ａ", "a.")]
    offer = item(colours=0, steps=0)
    offer = changed(offer, skus=skus, sku_axes=[])
    store(engine, offer)
    assert stored(engine).item == offer


def test_ids_that_mysql_would_confuse_are_one_id():
    skus = [Sku(sku_id=name, options={}) for name in ("a", "a ")]
    with pytest.raises(ValidationError, match="share one sku_id"):
        changed(item(colours=0), skus=skus, sku_axes=[])


def test_what_is_unknown_is_null(engine):
    store(engine, item(rating=None, attributes=[], stock=None))
    unknown = and_(OFFER.c.rating.is_(None), OFFER.c.attributes.is_(None), OFFER.c.stock.is_(None))
    with reading(engine) as conn:
        assert conn.scalars(select(OFFER.c.offer_id).where(unknown)).all() == [OFFER_ID]


def test_description_images_once_fetched_stay_while_the_page_names_the_same_description(engine):
    url = "https://itemcdn.tmall.com/d1"
    fetched = item(description_url=url, description_images=["https://cbu01.alicdn.com/d.jpg"])
    store(engine, fetched)
    page = item(description_url=url)
    assert store(engine, page, token=2).change is Change.UNCHANGED
    assert stored(engine).item == fetched
    moved = item(description_url=url + "x")
    assert store(engine, moved, token=3).change is Change.CHANGED
    assert stored(engine).item.description_images is None


def test_a_supplier_is_merged_from_all_its_offers(engine):
    store(engine, item("600000000001"))
    poor = item("600000000002", supplier={"member_id": "b2b-1", "years": 7})
    store(engine, poor)
    with reading(engine) as conn:
        [row] = conn.execute(select(table(SupplierRow))).mappings().all()
    assert (row["company_name"], row["years"], row["service_score"]) == (
        "某某有限公司",
        7,
        Decimal("4.5"),
    )
    assert stored(engine, "600000000002").item == poor


def test_a_known_offer_that_is_gone_keeps_its_values(engine):
    store(engine, item())
    for token in (2, 3):
        told = transact(
            engine, lambda conn, t=token: mark_gone(conn, OFFER_ID, "off_shelf", seen(token=t))
        )
        assert told.version == 2
    found = stored(engine)
    assert found.item == item(status=Status.OFF_SHELF)
    assert (found.gone, found.token) == ("off_shelf", 3)


def test_an_offer_that_comes_back_is_changed(engine):
    store(engine, item())
    transact(engine, lambda conn: mark_gone(conn, OFFER_ID, "deleted", seen(token=2)))
    told = store(engine, item(), token=3)
    assert (told.change, told.version) == (Change.CHANGED, 3)
    assert stored(engine).gone is None
    assert stored(engine).item == item()


def test_an_unknown_offer_that_is_gone_stores_nothing(engine):
    before = all_rows(engine)
    assert transact(engine, lambda conn: mark_gone(conn, "700000000001", "deleted", seen())) is None
    assert all_rows(engine) == before
    assert stored(engine, "700000000001") is None


@given(ids=st.lists(st.integers(100_000, 10**18 - 1).map(str), min_size=2, max_size=2, unique=True))
@ANY
def test_offers_do_not_mix(engine, ids):
    transact(engine, empty)
    for offer_id in ids:
        store(engine, item(offer_id))
    assert [stored(engine, offer_id).item for offer_id in ids] == [
        item(offer_id) for offer_id in ids
    ]


def test_two_runs_that_meet_a_new_offer_at_once_create_it_once(mariadb_engine):
    start = threading.Barrier(4)

    def meet(run_id: int) -> Change:
        start.wait(10)
        return store(mariadb_engine, item(), run_id=run_id).change

    with ThreadPoolExecutor(4) as runs:
        for _ in range(10):
            transact(mariadb_engine, empty)
            told = sorted(runs.map(meet, range(4)))
            assert told == ["created", "unchanged", "unchanged", "unchanged"]


def before(engine, offer: OfferItem, view: str = ""):
    return transact(engine, lambda conn: look(conn, offer).shown_to(view))


def test_what_was_stored_before_is_the_page_itself_only_if_it_says_just_the_same(engine):
    first = item()
    assert before(engine, first) is None
    store(engine, first)
    assert before(engine, first) is first
    assert before(engine, first, view="somebody") is None
    for facts in ({"title": "another"}, {"layout": "another"}):  # content, and what is aside
        other = first.model_copy(update=facts)
        assert before(engine, other) == first
    transact(engine, lambda conn: mark_gone(conn, first.offer_id, "deleted", seen(at=LATER)))
    assert before(engine, first).status is Status.OFF_SHELF


def test_a_fetched_description_does_not_make_a_page_another(engine):
    first = item(description_url="https://itemcdn.tmall.com/1688offer/icoss1.js")
    store(engine, first)
    own = ["https://cbu01.alicdn.com/img/ibank/1.jpg"]
    assert transact(engine, lambda conn: describe(conn, first.offer_id, first.description_url, own))
    assert stored(engine).item.description_images == own
    assert before(engine, first) is first
    lost = compare(stored(engine).item, first, marks_of(first)).lost
    assert lost == frozenset()
