"""Groups in the database: built, built again after changes, obeying what a person says."""

from functools import partial

import pytest
from sqlalchemy import delete, select, update

from app.groups import build as building
from app.groups.build import build
from app.groups.candidates import COMPARED, marks_of
from app.groups.review import PairUnknown, decide, product_of
from app.groups.rows import ACCEPTED, MARK, OFFER, PAIR, REJECTED, TRAIT, doubtful
from app.store.engine import reading, transact
from app.store.offers import save
from tests.groups.bench import grouped
from tests.groups.labelled import put_picture
from tests.samples import item, seen

TITLE = "小熊保温杯便携加厚学生可爱大容量"
LOOK = 0x123456789ABCDEF0


def sell(engine, number, title=TITLE, *, look=LOOK, supplier=None, at=None, **more):
    """Store an offer with one picture; its id."""
    offer_id = str(600_000_000_000 + number)
    told = item(
        offer_id,
        title=title,
        supplier={"member_id": f"s{number if supplier is None else supplier}"},
        attributes=[{"name": "材质", "values": ["钢"]}],
        **more,
    )

    def work(conn):
        save(conn, told, at or seen())
        if look is not None and not conn.scalar(
            select(TRAIT.c.offer_id).where(TRAIT.c.offer_id == offer_id)
        ):
            put_picture(conn, offer_id, 0, f"https://cbu01.alicdn.com/{number}.jpg", look)

    transact(engine, work)
    return offer_id


def last_digits(engine):
    return sorted("".join(sorted(each[-1] for each in group)) for group in grouped(engine))


def say(engine, one, other, verdict):
    transact(engine, partial(decide, one=one, other=other, verdict=verdict))


def test_suppliers_of_one_product_are_found_and_explained(engine):
    first = sell(engine, 1)
    second = sell(engine, 2, "批发 便携加厚 小熊保温杯 可爱大容量学生 现货", look=LOOK ^ 0b101)
    sell(engine, 3, TITLE + "3件套")
    sell(engine, 4, "北欧台灯护眼", look=0xF0F0F0F0F0F0F0F0)
    build(engine)
    assert last_digits(engine) == ["12"]
    with reading(engine) as conn:
        found = product_of(conn, first, 1)
    (other,) = (each for each in found.supplies if each.offer.item.offer_id == second)
    assert {each.kind for each in other.because.evidence} == {
        "picture",
        "title",
        "attributes",
        "category",
    } - (set() if other.offer.item.category else {"category"})


def test_one_shops_own_twins_are_no_group(engine):
    for number in (1, 2):
        sell(engine, number, supplier=7)
    build(engine)
    assert grouped(engine) == []


def test_a_second_build_compares_nothing_and_a_change_only_itself(engine):
    for number in range(1, 6):
        sell(engine, number)
    assert build(engine).compared == 5
    assert build(engine).compared == 0
    sell(engine, 3, TITLE + "750ml 3件套", at=seen(run_id=2))
    again = build(engine)
    assert (again.compared, last_digits(engine)) == (1, ["1245"])
    sell(engine, 3, TITLE, at=seen(run_id=3))
    build(engine)
    assert last_digits(engine) == ["12345"]


def test_an_incremental_build_ends_where_a_whole_one_does(engine):
    titles = (TITLE, TITLE + "500ml", TITLE + "750ml", "便携" + TITLE, TITLE + "5件套")
    for number in range(1, 9):
        sell(engine, number, titles[number % 5], look=LOOK ^ number)
        if number in (3, 6):
            build(engine)
    build(engine)
    step_by_step = last_digits(engine)
    for table in (PAIR, TRAIT, MARK):
        transact(engine, lambda conn, table=table: conn.execute(delete(table)))
    build(engine)
    assert last_digits(engine) == step_by_step != []


def test_a_build_that_was_killed_goes_on(engine, monkeypatch):
    for number in range(1, 7):
        sell(engine, number)
    monkeypatch.setattr(building, "PORTION", 2)
    steps = []

    def dies(step, *_):
        steps.append(step)
        if len(steps) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(engine, tell=dies)
    assert steps[-1] == "comparing"
    assert build(engine).compared == 2, "the portion that was told of is done, and one before it"
    assert last_digits(engine) == ["123456"]


def test_what_a_person_says_is_obeyed_by_every_later_build(engine):
    one, two, three = (sell(engine, number) for number in (1, 2, 3))
    lamp = sell(engine, 4, "北欧台灯护眼", look=0xF0F0F0F0F0F0F0F0)
    build(engine)
    assert last_digits(engine) == ["123"]
    say(engine, three, one, REJECTED)
    assert all(not {"1", "3"} <= set(each) for each in last_digits(engine))
    say(engine, lamp, one, ACCEPTED)
    assert any({"1", "4"} <= set(each) for each in last_digits(engine))
    before = last_digits(engine)
    transact(engine, lambda conn: conn.execute(update(TRAIT), {"state": "compare"}))
    build(engine)
    assert last_digits(engine) == before
    say(engine, one, three, None)
    say(engine, one, lamp, None)
    build(engine)
    assert last_digits(engine) == ["123"]
    with reading(engine) as conn, pytest.raises(PairUnknown):
        decide(conn, two, two, ACCEPTED)


def test_doubtful_pairs_are_for_review_until_somebody_says(engine):
    one = sell(engine, 1, look=None)
    two = sell(engine, 2, look=0xF0F0F0F0F0F0F0F0)
    three = sell(engine, 3, "加厚可爱杯子", look=LOOK)
    four = sell(engine, 4, "小熊保温杯 加厚可爱", look=LOOK)
    build(engine)
    with reading(engine) as conn:
        found, total = doubtful(conn, 10)
    assert total == len(found) > 0
    assert {each.pair for each in found} <= {
        (one, two),
        (one, three),
        (one, four),
        (two, three),
        (three, four),
        (two, four),
    }
    say(engine, *found[0].pair, REJECTED)
    with reading(engine) as conn:
        assert found[0].pair not in {each.pair for each in doubtful(conn, 10)[0]}


def test_a_deleted_offer_leaves_its_group(engine):
    ids = [sell(engine, number) for number in (1, 2, 3)]
    build(engine)
    transact(engine, lambda conn: conn.execute(delete(OFFER).where(OFFER.c.offer_id == ids[1])))
    sell(engine, 4)
    build(engine)
    assert last_digits(engine) == ["134"]


def test_a_picture_of_ever_so_many_shops_costs_each_the_same(sqlite_engine):
    count = 3 * COMPARED
    for number in range(1, count + 1):
        sell(sqlite_engine, number, f"{TITLE}")
    built = build(sqlite_engine)
    assert built.pairs <= count * (COMPARED + 1)
    assert [len(group) for group in grouped(sqlite_engine)] == [count], "and is one product still"


def test_marks_of_what_is_no_more_lead_nowhere(engine):
    sell(engine, 1)
    build(engine)
    sell(engine, 1, "北欧台灯护眼", at=seen(run_id=2))
    build(engine)
    with reading(engine) as conn:
        (told,) = building.Known().of(conn, ["600000000001"]).values()
        assert set(conn.scalars(select(MARK.c.mark))) == marks_of(told)
