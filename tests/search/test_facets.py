"""What an offer is found by follows it: when it is new, when it changes, when it is gone."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from sqlalchemy import delete, insert, select, text

from app.filters.parse import parse
from app.filters.plan import plan_of
from app.filters.search import all_ids
from app.items import OfferItem
from app.models import migrations
from app.store.engine import open_engine, reading, transact
from app.store.facets import FACET, GRAM, facet_of, forget, grams_of
from app.store.offers import OFFER, mark_gone, save
from app.store.refill import fill_facets
from app.store.schema import HEAD, migrate, revision
from tests.conftest import empty
from tests.samples import NOON, any_item, item, seen

LATER = NOON + timedelta(minutes=5)
ONE, OTHER = "600000000001", "600000000002"
ANY = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


def store(engine, offer: OfferItem, **facts):
    return transact(engine, lambda conn: save(conn, offer, seen(**facts)))


def changed(offer: OfferItem, **changes) -> OfferItem:
    return OfferItem.model_validate(offer.model_dump() | changes)


def found(engine, text_: str) -> list[str]:
    with reading(engine) as conn:
        return [str(each) for each in all_ids(conn, parse(text_))]


def facet(engine, offer_id: str = ONE):
    with reading(engine) as conn:
        return conn.execute(select(FACET).where(FACET.c.offer_id == offer_id)).mappings().first()


def index(engine) -> set[tuple[int, str]]:
    with reading(engine) as conn:
        return set(map(tuple, conn.execute(select(GRAM.c.gram, GRAM.c.offer_id))))


def wanted_index(*offers: OfferItem) -> set[tuple[int, str]]:
    return {(gram, offer.offer_id) for offer in offers for gram in grams_of(facet_of(offer))}


def test_an_offer_is_found_by_its_texts(engine):
    store(engine, item(title="夏季连衣裙 YL01", attributes=[{"name": "材质", "values": ["纯棉"]}]))
    store(engine, item(OTHER, title="冬季棉衣"))
    assert found(engine, "连衣裙") == [ONE]
    assert found(engine, "季") == [ONE, OTHER]
    assert found(engine, "纯棉 yl01") == [ONE]
    assert found(engine, "材质") == []
    assert found(engine, "title:棉") == [OTHER]


@ANY
@given(first=any_item(), second=any_item())
def test_the_index_is_that_of_the_last_item(engine, first, second):
    transact(engine, empty)
    other = item(OTHER)
    store(engine, other)
    store(engine, first)
    assert index(engine) == wanted_index(first, other)
    store(engine, second, token=2)
    assert index(engine) == wanted_index(second, other)
    kept = facet(engine)
    assert {name: kept[name] for name in ("title", "words", "tags", "category")} == {
        name: facet_of(second)[name] for name in ("title", "words", "tags", "category")
    }


def test_the_same_page_again_reads_and_writes_no_gram(engine, monkeypatch):
    store(engine, item())
    monkeypatch.setattr("app.store.facets.upsert", None)
    store(engine, item(), token=2, at=LATER)


def test_a_new_price_writes_the_facet_but_no_gram(engine, monkeypatch):
    store(engine, item())
    monkeypatch.setattr("app.store.facets._insert_new", None)
    store(engine, item(price_max=Decimal("99.50"), stock=7), token=2, at=LATER)
    kept = facet(engine)
    assert (kept["price_max"], kept["stock"]) == (Decimal("99.5"), 7)
    assert (kept["first_seen_at"], kept["changed_at"]) == (NOON, LATER)


def test_an_offer_that_is_gone_stays_found_and_says_so(engine):
    store(engine, item())
    transact(engine, lambda conn: mark_gone(conn, ONE, "deleted", seen(token=2, at=LATER)))
    assert found(engine, "gone=deleted status=off_shelf") == [ONE]
    assert facet(engine)["changed_at"] == LATER
    store(engine, item(), token=3)
    assert found(engine, "gone=unknown status=on_sale") == [ONE]


def test_what_is_forgotten_leaves_nothing(engine):
    store(engine, item())
    store(engine, item(OTHER, title="别的"))
    transact(engine, lambda conn: forget(conn, ONE))
    assert facet(engine) is None
    assert index(engine) == wanted_index(item(OTHER, title="别的"))


def test_grams_that_an_offer_left_behind_find_nothing_and_do_no_harm(engine):
    store(engine, item(title="夏季连衣裙"))
    transact(engine, lambda conn: conn.execute(delete(OFFER)))
    assert facet(engine) is None
    assert found(engine, "连衣裙") == []
    store(engine, item(title="连衣裙"))
    assert found(engine, "连衣裙") == [ONE]


def test_common_words_are_not_gathered_and_found_all_the_same(engine):
    for number in range(6):
        store(engine, item(str(600000000001 + number), title=f"连衣裙 {number}{number}{number}"))
    with reading(engine) as conn:
        assert plan_of(conn, parse("连衣裙"), few=6).is_gathered
        assert not plan_of(conn, parse("连衣裙"), few=5).is_gathered
        assert plan_of(conn, parse("连衣裙 333"), few=5).is_gathered
        assert plan_of(conn, parse("连衣裙 title:333"), few=5).is_gathered
        assert not plan_of(conn, parse("连衣裙 or 333"), few=9).is_gathered
        assert not plan_of(conn, parse("not 333"), few=9).is_gathered
        assert not plan_of(conn, parse("price<3"), few=9).is_gathered


def test_words_that_are_common_but_seldom_together_are_gathered(engine):
    for number in range(12):
        title = f"{'冬季' if number % 2 else '夏季'}{'棉衣' if number < 6 else '毛衣'}"
        store(engine, item(str(600000000001 + number), title=title))
    with reading(engine) as conn:
        assert plan_of(conn, parse("冬季"), few=5).is_gathered is False
        assert plan_of(conn, parse("冬季 棉衣"), few=3).is_gathered
        assert plan_of(conn, parse("冬季 棉衣"), few=2).is_gathered is False
        assert len(all_ids(conn, parse("冬季 棉衣"))) == 3


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_a_database_from_before_is_filled_and_filling_again_does_nothing(kind, request, tmp_path):
    file = f"sqlite:///{tmp_path / 'old.db'}"
    engine = open_engine(file if kind == "sqlite" else request.getfixturevalue("mariadb").new_database())  # fmt: skip
    migrate(engine)
    offers = [
        item(str(600000000001 + number), title=f"连衣裙 {number}{number}{number}")
        for number in range(5)
    ]
    for offer in offers:
        store(engine, offer)
    transact(engine, lambda conn: mark_gone(conn, ONE, "deleted", seen(token=2, at=LATER)))
    before = (dict(facet(engine)), index(engine))
    transact(engine, _as_before)
    assert revision(engine) != HEAD
    assert migrate(engine) is True
    assert (dict(facet(engine)), index(engine)) == before
    assert transact(engine, fill_facets) == 0
    engine.dispose()


def _as_before(conn) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = conn
    command.downgrade(config, BEFORE)


BEFORE = "0006"
"""The last revision that knew no facets."""


def test_a_filling_that_was_killed_is_completed_and_a_damaged_row_passed_over(engine):
    for number in range(4):
        store(engine, item(str(600000000001 + number)))
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM offer_gram"))
        conn.execute(text("DELETE FROM offer_facet WHERE offer_id <> 600000000002"))
        conn.execute(text("UPDATE offer SET currency = '' WHERE offer_id = 600000000003"))
    assert transact(engine, fill_facets) == 2
    assert facet(engine, "600000000003") is None
    assert {offer_id for _, offer_id in index(engine)} == {ONE, "600000000004"}


def test_rows_of_grams_may_be_there_already(engine):
    wanted = wanted_index(item())
    rows = [{"gram": gram, "offer_id": offer_id} for gram, offer_id in sorted(wanted)[:5]]
    transact(engine, lambda conn: conn.execute(insert(GRAM), rows))
    store(engine, item())
    assert index(engine) == wanted
