"""Which addresses are due, who has them, what came of them; on both databases."""

import pytest
from sqlalchemy import text

from app.images import holdings, rows
from app.images.failures import Failure, PictureFailed
from app.images.plan import Kind, key_of
from app.images.rows import Known, Scope
from app.runs.audit import audit
from app.store import offers
from app.store.engine import reading, transact
from tests.samples import item, seen

FIRST, SECOND = "600000000001", "600000000002"
SCRIPT = "https://itemcdn.tmall.com/1688offer/icoss1"
SHARED = "https://cbu01.alicdn.com/img/ibank/shared.jpg"
OTHER = "https://cbu01.alicdn.com/img/ibank/described.jpg"


@pytest.fixture
def do(engine):
    """Runs one transaction."""

    def run(work, *args, **kwargs):
        return transact(engine, lambda conn: work(conn, *args, **kwargs))

    return run


def store(do, offer_id=FIRST, **changes) -> int:
    do(offers.save, item(offer_id, **changes), seen())
    return do(rows.queue, offer_id, profile="guest")


def known(sha256: str = "a" * 64, dhash: int = 1) -> Known:
    return Known(
        sha256=sha256, format="jpeg", bytes=9, width=3, height=2, dhash=dhash, file="a", file_bytes=1,
        file_sha256="b" * 64, thumb="t", thumb_bytes=1, thumb_sha256="c" * 64,
    )  # fmt: skip


def urls(claimed) -> set[str]:
    return {source.url for source in claimed}


def take(do, count=100, **changes):
    return do(rows.claim, count, lease_seconds=60, **changes)


def pass_time(do) -> None:
    do(lambda conn: conn.execute(text("UPDATE image_source SET not_before = seen_at")))


def test_an_address_is_queued_once_however_many_offers_show_it(do):
    assert store(do, FIRST, images=[SHARED, OTHER]) == 2
    assert store(do, SECOND, images=[SHARED]) == 0
    assert store(do, FIRST, images=[SHARED, OTHER]) == 0
    assert urls(take(do)) == {SHARED, OTHER}


def test_who_claims_it_has_it_alone_until_the_time_is_over(do):
    store(do, pictures=3)
    first = take(do, 2)
    second = take(do)
    assert (len(first), len(second)) == (2, 1)
    assert not urls(first) & urls(second)
    assert take(do) == []
    pass_time(do)
    again = take(do)
    assert urls(again) == urls(first) | urls(second)
    assert {source.tries for source in again} == {2}


def test_what_is_given_back_is_due_at_once_and_cost_no_try(do):
    store(do, pictures=2)
    claimed = take(do)
    do(rows.give_back, claimed)
    assert {source.tries for source in take(do)} == {1}


def test_what_was_had_is_never_due_again(do):
    store(do, images=[SHARED])
    [source] = take(do)
    do(rows.settle_picture, source, known())
    pass_time(do)
    store(do, images=[SHARED])
    assert take(do) == []
    with_it = do(holdings.places, [FIRST])
    assert [(one.url, one.picture.sha256) for one in with_it] == [(SHARED, "a" * 64)]


@pytest.mark.parametrize("dhash", [0, 1, 2**63 - 1, 2**63, 2**64 - 1])
def test_all_64_bits_of_a_hash_come_back(do, dhash):
    store(do, images=[SHARED])
    do(rows.settle_picture, take(do)[0], known(dhash=dhash))
    assert do(rows.known, "a" * 64).dhash == dhash


def test_a_failure_is_tried_again_until_its_tries_are_spent(do):
    store(do, images=[SHARED])
    for tries in range(1, 5):
        [source] = take(do)
        again = do(rows.settle_failure, source, PictureFailed(Failure.TRUNCATED, "cut\x00 off"))
        assert (again is None) == (tries == 4)
        assert take(do) == []
        pass_time(do)
    assert take(do) == []
    assert do(holdings.totals) == {"failed": 1}
    assert do(holdings.failures) == {"truncated": 1}
    assert do(rows.ask_again, rows.EVERYTHING) == 1
    assert len(take(do)) == 1


def test_a_failure_that_comes_late_does_not_undo_a_success(do):
    store(do, images=[SHARED])
    [slow] = take(do)
    pass_time(do)
    [quick] = take(do)
    do(rows.settle_picture, quick, known())
    do(rows.settle_failure, slow, PictureFailed(Failure.MISSING))
    assert do(holdings.totals) == {"fetched": 1}


def test_what_is_no_address_of_the_hosts_is_told_and_never_due(do):
    store(do, images=["https://evil.example/a.jpg", SHARED])
    assert urls(take(do)) == {SHARED}
    assert do(holdings.failures) == {"wrong_address": 1}
    assert do(rows.ask_again, rows.EVERYTHING) == 0


def test_a_description_becomes_the_offers_and_its_pictures_due(do, engine):
    store(do, images=[SHARED], description_url=SCRIPT)
    claimed = {source.kind: source for source in take(do)}
    do(rows.settle_script, claimed[Kind.SCRIPT], [OTHER, SHARED])
    with reading(engine) as conn:
        found = offers.load(conn, FIRST)
    assert found.item.description_images == [OTHER, SHARED]
    assert found.version == 1
    assert urls(take(do)) == {OTHER}
    do(offers.save, item(images=[SHARED], description_url=SCRIPT), seen(run_id=2))
    with reading(engine) as conn:
        assert offers.load(conn, FIRST).version == 1
        assert offers.load(conn, FIRST).item.description_images == [OTHER, SHARED]
    assert "I3" not in {wrong.name for wrong in audit(engine)}


def test_another_offer_with_the_same_description_asks_for_nothing(do, engine):
    store(do, FIRST, images=[], description_url=SCRIPT)
    [script] = take(do)
    do(rows.settle_script, script, [OTHER])
    assert urls(take(do)) == {OTHER}
    assert store(do, SECOND, images=[], description_url=SCRIPT) == 0
    with reading(engine) as conn:
        assert offers.load(conn, SECOND).item.description_images == [OTHER]
    assert take(do) == []


def test_a_description_that_the_offer_no_longer_names_is_not_its(do, engine):
    store(do, images=[], description_url=SCRIPT)
    [script] = take(do)
    store(do, images=[], description_url=f"{SCRIPT}2")
    do(rows.settle_script, script, [OTHER])
    with reading(engine) as conn:
        assert offers.load(conn, FIRST).item.description_images is None
    assert urls(take(do)) == {f"{SCRIPT}2"}


def test_scopes(do):
    store(do, FIRST, images=[SHARED, OTHER])
    store(do, SECOND, images=[SHARED])
    of_second = Scope(offer_id=SECOND)
    assert do(rows.offers_in, of_second) == [SECOND]
    assert do(holdings.totals, of_second) == {"waiting": 1}
    assert do(rows.offers_in, Scope(run_id=1)) == []
    assert do(rows.offers_in, Scope(seconds=1e9)) == [FIRST, SECOND]
    assert do(rows.offers_in, Scope(seconds=1)) == []
    assert urls(take(do, scope=of_second)) == {SHARED}


def test_what_no_offer_shows_is_unused_and_what_is_named_meanwhile_is_not(do):
    store(do, FIRST, images=[SHARED, OTHER])
    for source in take(do):
        do(rows.settle_picture, source, known(source.key))
    store(do, FIRST, images=[SHARED])
    assert do(holdings.unused_sources, 10) == [key_of(OTHER)]
    assert [one.sha256 for one in do(holdings.unused_pictures, 10)] == [key_of(OTHER)]
    assert do(holdings.drop_pictures, [key_of(OTHER), key_of(SHARED)]) == [], "addresses go first"
    do(holdings.drop_sources, [key_of(OTHER)])
    assert do(holdings.drop_pictures, [key_of(OTHER), key_of(SHARED)]) == [key_of(OTHER)]


def test_nothing_is_deleted_that_somebody_names_at_this_moment(mariadb_engine):
    """A queue that has named an address, and a sweep that found it unused before: the sweep yields."""

    def run(work, *args, **kwargs):
        return transact(mariadb_engine, lambda conn: work(conn, *args, **kwargs))

    store(run, FIRST, images=[SHARED])
    store(run, FIRST, images=[])
    run(offers.save, item(SECOND, images=[SHARED]), seen())
    with mariadb_engine.connect() as queueing, queueing.begin():
        rows.queue(queueing, SECOND, profile="guest")
        assert run(holdings.unused_sources, 10) == []
    assert run(holdings.unused_sources, 10) == []
