"""The ledger, event by event, on SQLite and MariaDB: every test ends with books that balance."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from app.refs import Intake
from app.runs.audit import audit
from app.runs.claims import claim, give_back, renew
from app.runs.counts import counts, counts_of, next_due, reasons
from app.runs.opening import open_run
from app.runs.outcomes import MOST_EXCUSED, Blocked, Failed, Gone, Retry, RunState
from app.runs.parking import park
from app.runs.settling import Fenced, commit, fence, settle
from app.runs.states import (
    RunClosed,
    RunUnknown,
    cancel,
    close_if_finished,
    find_unfinished,
    pause,
    read_run,
    recent_runs,
    resume,
)
from app.store.engine import reading, transact
from app.store.offers import load
from tests.runs.books import (
    LEASE,
    endings,
    finish,
    item_row,
    new_run,
    pass_time,
    stores,
    take,
    take_one,
)
from tests.samples import intake, item


@pytest.fixture(autouse=True)
def _balance(engine):
    yield
    assert audit(engine) == []


def due(engine, run) -> float | None:
    return next_due(engine, run.id)


# -- opening -------------------------------------------------------------------------------------


def test_opening_freezes_the_input(engine):
    run = open_run(
        engine, intake(5, duplicates=7, rejected=2), kind="sync", label="list", options={"a": [1]}
    )
    assert (run.state, run.expected, run.lines_read, run.duplicates, run.rejected) == (
        "open",
        5,
        14,
        7,
        2,
    )
    assert (run.options, run.label) == ({"a": [1]}, "list")
    found = counts(engine, run.id)
    assert (found.planned, found.queued, found.finished) == (5, 5, 0)


def test_nothing_of_a_run_is_seen_that_was_not_opened_whole(engine, monkeypatch):
    monkeypatch.setattr("app.runs.opening._rejects", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        open_run(engine, intake(3), kind="sync")
    assert recent_runs(engine) == []


def test_input_that_no_database_stores_is_kept_readable(engine):
    odd = intake(1, rejected=1)
    [line] = odd.rejected
    hostile = type(line)(line=1, text="a\x00b\ud800" + "c" * 9999, reason="no offer")
    run = open_run(engine, Intake(accepted=odd.accepted, rejected=(hostile,)), kind="sync")
    assert run.rejected == 1


def test_an_empty_run_is_done_at_once(engine):
    run = open_run(engine, Intake(), kind="sync")
    assert take(engine, run, 5) == []
    assert close_if_finished(engine, run.id).state == "done"


def test_offers_to_skip_are_settled_with_their_reason(engine):
    run = open_run(engine, intake(3), kind="sync", skip={"600000000002": "fresh"})
    assert [one.offer_id for one in take(engine, run, 9)] == ["600000000001", "600000000003"]
    assert counts(engine, run.id).by_state["skipped"] == 1
    [why] = reasons(engine, run.id)
    assert (why.state, why.reason, why.count) == ("skipped", "fresh", 1)


# -- claiming ------------------------------------------------------------------------------------


def test_claims_come_in_the_order_of_the_input_and_once(engine):
    run = new_run(engine, 5)
    first, rest = take(engine, run, 2), take(engine, run, 9)
    assert [one.offer_id for one in first + rest] == [ref.offer_id for ref in intake(5).accepted]
    assert [one.token for one in first] == [1, 1]
    assert take(engine, run, 1) == []
    assert read_run(engine, run.id).state == "running"


def test_claimers_at_the_same_moment_share_without_overlap(engine):
    run = new_run(engine, 40)
    start = threading.Barrier(5)

    def drain(owner: int) -> list[str]:
        start.wait(10)
        mine = []
        while claims := take(engine, run, 3, owner=f"w{owner}"):
            mine += [one.offer_id for one in claims]
        return mine

    with ThreadPoolExecutor(5) as threads:
        taken = [offer for mine in threads.map(drain, range(5)) for offer in mine]
    assert sorted(taken) == [ref.offer_id for ref in intake(40).accepted]


@pytest.mark.parametrize(
    "stop", [pause, lambda e, r: park(e, r, "login"), cancel], ids=["pause", "park", "cancel"]
)
def test_a_run_that_was_stopped_hands_out_nothing(engine, stop):
    run = new_run(engine)
    stop(engine, run.id)
    assert take(engine, run, 9) == []


def test_an_unknown_run_is_an_error(engine):
    with pytest.raises(RunUnknown, match="no run 4711"):
        claim(engine, 4711, 1, owner="w", lease_seconds=1)


# -- leases --------------------------------------------------------------------------------------


def test_an_item_whose_lease_ran_out_is_handed_out_again_uncharged(engine):
    run = new_run(engine, 1)
    lost = take_one(engine, run, "dead")
    pass_time(engine, LEASE - 1)
    assert take(engine, run) == []
    pass_time(engine, 2)
    again = take_one(engine, run, "alive")
    assert (again.token, again.attempt, again.charges, again.excused) == (2, 2, 0, 1)
    assert endings(engine, lost) == ["abandoned", None]
    assert finish(engine, again).state == "created"


def test_abandoned_items_come_before_fresh_ones(engine):
    run = new_run(engine, 3)
    lost = take_one(engine, run)
    pass_time(engine, LEASE + 1)
    assert take_one(engine, run).offer_id == lost.offer_id


def test_a_late_result_is_fenced_and_nothing_of_it_is_stored(engine):
    run = new_run(engine, 1)
    late = take_one(engine, run)
    pass_time(engine, LEASE + 1)
    winner = take_one(engine, run, "w2")
    with pytest.raises(Fenced, match=r"lease of w1 is lost"):
        finish(engine, late)
    with reading(engine) as conn:
        assert load(conn, late.offer_id) is None
    finish(engine, winner)
    with pytest.raises(Fenced):
        finish(engine, late)
    with reading(engine) as conn:
        assert load(conn, late.offer_id).token == winner.token


def test_a_late_result_counts_if_nobody_else_has_taken_the_item(engine):
    run = new_run(engine, 1)
    late = take_one(engine, run)
    pass_time(engine, LEASE + 1)
    assert finish(engine, late).state == "created"


def test_a_renewed_lease_lives_on_and_a_lost_one_is_told(engine):
    run = new_run(engine, 2)
    kept, lost = take(engine, run, 2)
    pass_time(engine, LEASE - 1)
    assert renew(engine, [kept], lease_seconds=LEASE) == {kept}
    pass_time(engine, 2)
    assert take_one(engine, run, "w2").offer_id == lost.offer_id
    assert renew(engine, [kept, lost], lease_seconds=LEASE) == {kept}


def test_an_item_that_is_lost_again_and_again_is_given_up(engine):
    run = new_run(engine, 1)
    for _ in range(MOST_EXCUSED):
        last = take_one(engine, run)
        pass_time(engine, LEASE + 1)
    assert take(engine, run) == []
    row = item_row(engine, last)
    assert (row["state"], row["excused"]) == ("failed", MOST_EXCUSED)
    assert "did not come back" in row["reason"]
    assert close_if_finished(engine, run.id).state == "done"


def test_given_back_items_return_to_their_place_uncharged(engine):
    run = new_run(engine, 3)
    claims = take(engine, run, 2)
    assert give_back(engine, claims) == 2
    again = take(engine, run, 9)
    assert [one.offer_id for one in again] == [ref.offer_id for ref in intake(3).accepted]
    assert {(one.charges, one.excused) for one in again} == {(0, 0)}
    assert endings(engine, claims[0]) == ["given_back", None]
    assert give_back(engine, claims) == 0


def test_giving_back_never_uses_an_item_up(engine):
    run = new_run(engine, 1)
    for _ in range(MOST_EXCUSED + 5):
        give_back(engine, take(engine, run))
    assert finish(engine, take_one(engine, run)).state == "created"


# -- settling ------------------------------------------------------------------------------------


def test_an_outcome_is_final(engine):
    run = new_run(engine, 1)
    one = take_one(engine, run)
    finish(engine, one)
    for settlement in (Failed(reason="late"), Retry(reason="late"), None):
        with pytest.raises(Fenced):
            finish(engine, one, settlement)
    assert item_row(engine, one)["state"] == "created"
    assert give_back(engine, [one]) == 0
    assert renew(engine, [one], lease_seconds=1) == set()


def test_the_same_offer_in_a_second_run_is_unchanged(engine):
    for state in ("created", "unchanged"):
        run = new_run(engine, 1)
        assert finish(engine, take_one(engine, run)).state == state
    changed = take_one(engine, new_run(engine, 1))
    assert (
        commit(engine, changed, stores(changed, item(changed.offer_id, title="neu"))).state
        == "changed"
    )


def test_an_error_in_the_work_leaves_the_claim_as_it_was(engine):
    run = new_run(engine, 1)
    one = take_one(engine, run)

    def work(conn):
        stores(one)(conn)
        raise LookupError

    with pytest.raises(LookupError):
        commit(engine, one, work)
    with reading(engine) as conn:
        assert load(conn, one.offer_id) is None
    assert item_row(engine, one)["state"] == "leased"
    assert finish(engine, one).state == "created"


def test_fence_and_settle_stand_alone_in_the_callers_transaction(engine):
    run = new_run(engine, 1)
    one = take_one(engine, run)

    def work(conn):
        fence(conn, one)
        return settle(conn, one, stores(one)(conn))

    assert transact(engine, work).state == "created"
    with pytest.raises(Fenced):
        transact(engine, work)


def test_charged_tries_end_in_failure_with_the_reason(engine):
    run = new_run(engine, 1, attempts=3)
    for state in ("queued", "queued", "failed"):
        one = take_one(engine, run)
        assert finish(engine, one, Retry(reason="timeout")).state == state
    assert endings(engine, one) == ["retry", "retry", "failed"]
    assert item_row(engine, one)["reason"] == "timeout"
    assert counts(engine, run.id).bad == 1


def test_uncharged_tries_end_too_but_late(engine):
    run = new_run(engine, 1, attempts=1)
    states = [
        finish(engine, take_one(engine, run), Retry(reason="busy", charged=False)).state
        for _ in range(MOST_EXCUSED)
    ]
    assert states == ["queued"] * (MOST_EXCUSED - 1) + ["failed"]


def test_a_blocked_item_waits_uncharged_and_ends_blocked(engine):
    run = new_run(engine, 1, attempts=1)
    for _ in range(MOST_EXCUSED):
        one = take_one(engine, run)
        told = finish(engine, one, Blocked(reason="slider", seconds=0))
    assert told.state == "blocked"
    assert item_row(engine, one)["reason"] == "blocked: slider"
    assert close_if_finished(engine, run.id).state == "done"


def test_a_retry_waits_behind_the_others_until_it_is_due(engine):
    run = new_run(engine, 2)
    one = take_one(engine, run)
    finish(engine, one, Retry(reason="reset", seconds=8))
    other = take_one(engine, run)
    assert other.offer_id != one.offer_id
    finish(engine, other)
    assert 7 < due(engine, run) <= 8
    assert take(engine, run) == []
    pass_time(engine, 8.1)
    assert due(engine, run) == 0
    assert take_one(engine, run).charges == 1


def test_next_due_counts_leases_and_ends_with_the_run(engine):
    run = new_run(engine, 1)
    assert due(engine, run) == 0
    one = take_one(engine, run)
    assert LEASE - 2 < due(engine, run) <= LEASE
    finish(engine, one)
    assert due(engine, run) is None


def test_gone_is_an_outcome_with_its_rule(engine):
    run = new_run(engine, 1)
    one = take_one(engine, run)
    assert finish(engine, one, Gone(reason="deleted")).state == "gone"
    assert item_row(engine, one)["reason"] == "deleted"


def test_a_reason_from_a_page_is_made_storable(engine):
    run = new_run(engine, 1)
    one = take_one(engine, run)
    finish(engine, one, Failed(reason="x\x00\ud83d" + "🔥" * 5000))
    assert item_row(engine, one)["reason"].startswith("x�")


# -- whole runs ----------------------------------------------------------------------------------


def test_a_run_is_done_when_its_last_item_is(engine):
    run = new_run(engine, 2)
    for one in take(engine, run, 2):
        assert close_if_finished(engine, run.id).state == "running"
        finish(engine, one)
    done = close_if_finished(engine, run.id)
    assert done.state == "done"
    assert done.closed_at >= done.created_at
    assert close_if_finished(engine, run.id) == done
    with pytest.raises(RunClosed, match="is done"):
        resume(engine, run.id)


def test_counts_add_up_at_every_moment(engine):
    run = new_run(engine, 4)
    ends = [None, Retry(reason="x"), Failed(reason="y"), Gone(reason="off_shelf")]
    for settlement in ends:
        finish(engine, take_one(engine, run), settlement)
        found = counts(engine, run.id)
        assert found.planned == found.queued + found.leased + found.finished
    assert (found.stored, found.bad, found.queued) == (1, 1, 1)


def test_cancelling_closes_every_item_and_fences_those_in_flight(engine):
    run = new_run(engine, 4)
    flying, waiting, stored = take(engine, run, 3)
    finish(engine, waiting, Blocked(reason="login"))
    finish(engine, stored)
    done = cancel(engine, run.id, "enough")
    assert (done.state, done.reason) == ("cancelled", "enough")
    assert done.closed_at is not None
    assert counts(engine, run.id).by_state == {"cancelled": 2, "blocked": 1, "created": 1}
    with pytest.raises(Fenced):
        finish(engine, flying)
    assert cancel(engine, run.id).state == "cancelled"


@pytest.mark.parametrize("close", [cancel, close_if_finished])
def test_the_items_of_a_closed_run_are_not_counted_again(engine, close):
    run = new_run(engine, 2)
    for settlement in (None, Failed(reason="y")):
        finish(engine, take_one(engine, run), settlement)
    close(engine, run.id)
    with engine.connect() as conn:
        conn.execute(text("DELETE FROM attempt"))
        conn.execute(text("DELETE FROM run_item"))
        assert counts_of(conn, run.id).by_state == {"created": 1, "failed": 1}


def test_pausing_lets_pages_in_flight_finish(engine):
    run = new_run(engine, 2)
    one = take_one(engine, run)
    pause(engine, run.id)
    assert finish(engine, one).state == "created"
    assert take(engine, run) == []
    resume(engine, run.id)
    assert len(take(engine, run)) == 1


def test_a_persons_pause_outlasts_a_parking(engine):
    run = new_run(engine)
    pause(engine, run.id)
    assert park(engine, run.id, "slider").state is RunState.PAUSED


def test_resuming_makes_blocked_items_due(engine):
    run = new_run(engine, 1)
    finish(engine, take_one(engine, run), Blocked(reason="login", seconds=900))
    parked = park(engine, run.id, "login")
    assert (parked.state, parked.reason) == ("parked", "login")
    assert resume(engine, run.id).reason is None
    assert len(take(engine, run)) == 1


def test_unfinished_runs_are_found(engine):
    done, paused, fresh = new_run(engine, 1), new_run(engine, 1), new_run(engine, 1)
    finish(engine, take_one(engine, done))
    close_if_finished(engine, done.id)
    pause(engine, paused.id)
    assert [run.id for run in find_unfinished(engine)] == [paused.id, fresh.id]
    assert [run.id for run in recent_runs(engine, 2)] == [fresh.id, paused.id]
