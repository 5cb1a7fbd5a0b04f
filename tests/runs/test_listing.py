"""A run that finds its offers in a list: pages are items, and nothing of a page is there by halves."""

import pytest
from sqlalchemy import func, select

from app import models
from app.discover import Found, _shortfall
from app.models import table
from app.runs import listing
from app.runs.audit import audit
from app.runs.claims import give_back
from app.runs.counts import counts, offers_with
from app.runs.outcomes import Blocked, Failed, ItemKind, Listed, Retry, RunState
from app.runs.parking import park
from app.runs.settling import Fenced, commit
from app.runs.states import cancel, close_if_finished, pause, read_run, resume
from app.store.engine import reading
from tests.runs.books import (
    endings,
    finish,
    item_row,
    new_list_run,
    pass_time,
    take,
    take_one,
    turn_page,
)

A, B, C, D = (str(600_000_000_001 + n) for n in range(4))
CARD = table(models.OfferCardRow)


@pytest.fixture(autouse=True)
def _balance(engine):
    yield
    assert audit(engine) == []


def cards(engine, run) -> int:
    with reading(engine) as conn:
        return conn.scalar(select(func.count()).where(CARD.c.run_id == run.id))


def test_a_list_run_begins_with_its_first_page(engine):
    run = new_list_run(engine)
    assert (run.expected, run.list_pages, run.list_total) == (0, 1, None)
    one = take_one(engine, run)
    assert (one.kind, one.page, one.name) == (ItemKind.LIST, 1, "page 1")
    assert close_if_finished(engine, run.id).state is RunState.RUNNING


def test_a_page_brings_its_offers_and_the_next_pages_claim(engine):
    run = new_list_run(engine)
    following = turn_page(engine, take_one(engine, run), [A, B, A], total=70)
    assert (following.page, following.kind, following.owner) == (2, ItemKind.LIST, "w1")
    found = read_run(engine, run.id)
    assert (found.expected, found.duplicates, found.lines_read) == (2, 1, 3)
    assert (found.list_pages, found.list_total) == (2, 70)
    assert cards(engine, run) == 3
    assert [one.offer_id for one in take(engine, run, 5)] == [A, B], "in the list's order"


def test_offers_that_an_earlier_page_named_are_counted_and_not_doubled(engine):
    run = new_list_run(engine)
    second = turn_page(engine, take_one(engine, run), [A, B])
    turn_page(engine, second, [B, C, B], is_last=True)
    found = read_run(engine, run.id)
    assert (found.expected, found.duplicates, found.lines_read) == (3, 2, 5)
    assert offers_with(engine, run.id, ["queued"]) == [A, B, C]


def test_only_the_first_offers_are_taken_where_that_was_asked(engine):
    run = new_list_run(engine)
    second = turn_page(engine, take_one(engine, run), [A, B], most=3)
    turn_page(engine, second, [A, C, D], most=3, is_last=True)
    assert offers_with(engine, run.id, ["queued"]) == [A, B, C]


def test_offers_are_worked_on_while_the_list_is_read(engine):
    run = new_list_run(engine)
    second = turn_page(engine, take_one(engine, run), [A])
    finish(engine, take_one(engine, run, "w2"))
    assert close_if_finished(engine, run.id).state is RunState.RUNNING, "a page is still out"
    turn_page(engine, second, [], is_last=True)
    assert close_if_finished(engine, run.id).state is RunState.DONE
    found = counts(engine, run.id)
    assert (found.planned, found.finished, found.bad) == (1, 1, 0)
    assert (dict(found.by_state), dict(found.lists)) == ({"created": 1}, {"listed": 2})


def test_a_killed_walk_goes_on_at_its_page(engine):
    run = new_list_run(engine)
    second = turn_page(engine, take_one(engine, run), [A])
    pass_time(engine, 60)
    again = take_one(engine, run, "w2")
    assert (again.page, again.attempt, again.kind) == (2, 2, ItemKind.LIST)
    with pytest.raises(Fenced):
        turn_page(engine, second, [B])
    turn_page(engine, again, [C], is_last=True)
    assert offers_with(engine, run.id, ["queued"]) == [A, C], "nothing of the dead walk's page"
    assert cards(engine, run) == 2


def test_a_page_that_is_not_committed_leaves_nothing(engine):
    run = new_list_run(engine)
    one = take_one(engine, run)

    def dies(conn):
        raise LookupError

    with pytest.raises(LookupError):
        commit(engine, one, dies)
    assert (read_run(engine, run.id).expected, cards(engine, run)) == (0, 0)


def test_a_page_given_back_is_the_next_one_handed_out(engine):
    run = new_list_run(engine)
    second = turn_page(engine, take_one(engine, run), [A, B, C])
    give_back(engine, [second])
    assert take_one(engine, run).page == 2, "pages come before offers"


@pytest.mark.parametrize("hold", [pause, lambda engine, run_id: park(engine, run_id, "slider")])
def test_a_run_that_is_held_up_has_its_list_read_no_further(engine, hold):
    run = new_list_run(engine)
    one = take_one(engine, run)
    hold(engine, run.id)
    assert turn_page(engine, one, [A]) is None, "the page under way is kept"
    assert read_run(engine, run.id).list_pages == 2
    assert audit(engine) == []
    resume(engine, run.id)
    assert take_one(engine, run).page == 2, "before the offers"


def test_a_blocked_page_waits_and_a_failed_one_is_bad(engine):
    run = new_list_run(engine)
    one = take_one(engine, run)
    finish(engine, one, Blocked(reason="login", seconds=0))
    again = take_one(engine, run)
    finish(engine, again, Retry(reason="timeout", seconds=0))
    last = take_one(engine, run)
    finish(engine, last, Failed(reason="no list"))
    assert endings(engine, last) == ["waited", "retry", "failed"]
    found = counts(engine, run.id)
    assert (found.bad, found.planned) == (1, 0)
    assert close_if_finished(engine, run.id).state is RunState.DONE


def test_a_cancelled_run_has_no_page_left(engine):
    run = new_list_run(engine)
    second = turn_page(engine, take_one(engine, run), [A])
    cancel(engine, run.id)
    assert item_row(engine, second)["state"] == "cancelled"
    with pytest.raises(Fenced):
        turn_page(engine, second, [B])


def test_screens_say_how_far_a_list_is_read(engine):
    run = new_list_run(engine)
    turn_page(engine, take_one(engine, run), [A, B], total=1234)
    assert counts(engine, run.id).label == "search lamp: page 1, 2 of 1,234 found"


def test_a_list_that_stops_short_of_its_own_number_is_told(engine):
    run = new_list_run(engine)
    one = take_one(engine, run)
    told = []

    def work(conn):
        told.append(listing.add_offers(conn, one, [A, B], most=None, total=70))
        return Listed()

    commit(engine, one, work)
    assert told[-1].total == 70
    assert _shortfall(Found(is_last=False), told[-1]) is None
    assert "says 70 offers, its pages showed 2" in _shortfall(Found(is_last=True), told[-1])
