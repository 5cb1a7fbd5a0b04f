"""Watching a run that others work on: the ledger and the beacons, together in one picture."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from app.monitor.watch import Watch, together
from app.refs import read_refs
from app.runs import parking
from app.runs.claims import claim
from app.runs.opening import open_run
from app.runs.outcomes import Gone, Retry
from app.runs.settling import commit
from app.runs.states import ATTEMPT, resume
from app.store.engine import transact
from browsers.values import PoolStatus, SlotState, SlotStatus
from tests.samples import NOON


def pool(*labels, **more):
    slots = tuple(
        SlotStatus(number=number, state=SlotState.LOADING, label=label)
        for number, label in enumerate(labels, start=1)
    )
    return PoolStatus(slots=slots, **more)


def opened(engine):
    intake = read_refs(str(610947572360 + number) for number in range(4))
    return open_run(engine, intake, kind="test", label="four").id


def test_what_others_settle_is_seen_with_the_ledger_s_numbers(engine):
    run_id = opened(engine)
    first, second = claim(engine, run_id, 2, owner="them", lease_seconds=30)
    commit(engine, first, lambda _: Gone(reason="off_shelf"))
    commit(engine, second, lambda _: Retry(reason="timeout", seconds=9))
    watch = Watch(engine, run_id, pools=lambda: [pool("610947572362")])
    shown = watch.picture()
    assert (shown.settled, shown.planned, shown.state) == (1, 4, "running")
    assert [(event.word, event.text) for event in shown.events] == [
        ("gone", "off_shelf"),
        ("retry", "timeout"),
    ]
    assert shown.pool.slots[0].label == "610947572362"
    assert shown.median is not None
    assert watch.is_live


def test_an_ending_that_is_seen_after_a_later_one_is_told_too_and_once(engine):
    run_id = opened(engine)
    first, second = claim(engine, run_id, 2, owner="them", lease_seconds=30)
    watch = Watch(engine, run_id, pools=list)
    commit(engine, first, lambda _: Gone(reason="off_shelf"))
    watch._ask()
    commit(engine, second, lambda _: Gone(reason="deleted"))
    earlier = {"ended_at": ATTEMPT.c.started_at}
    own = (ATTEMPT.c.run_id == run_id, ATTEMPT.c.offer_id == second.offer_id)
    transact(engine, lambda conn: conn.execute(update(ATTEMPT).where(*own).values(earlier)))
    watch._ask()
    watch._ask()
    told = [event.text for event in watch.picture().events]
    assert sorted(told) == ["deleted", "off_shelf"]


def test_a_run_without_workers_says_what_to_start(engine):
    watch = Watch(engine, opened(engine), pools=list)
    assert "pwsync worker" in watch.picture().notice
    parking.park(engine, watch.counts.run.id, "login: a wall")
    again = Watch(engine, watch.counts.run.id, pools=list)
    assert again.picture().notice == "login: a wall"
    assert not again.is_live


def test_a_parked_run_says_until_when(engine):
    run_id = opened(engine)
    until = datetime.now(UTC) + timedelta(hours=1)
    parking.park(engine, run_id, "slider: a wall", until)
    notice = Watch(engine, run_id, pools=list).picture().notice
    assert notice == f"goes on {until.astimezone():%m-%d %H:%M}: slider: a wall"


def test_many_pools_are_numbered_through_and_weighed_together():
    both = together(
        [pool("1", memory_mb=200), pool("2", "3", memory_mb=300, engine="chromium 156")]
    )
    assert [(slot.number, slot.label) for slot in both.slots] == [(1, "1"), (2, "2"), (3, "3")]
    assert (both.memory_mb, both.engine) == (500, "chromium 156")
    assert together([]).memory_mb is None


def test_who_waits_stays_with_a_run_that_goes_on_by_itself(engine):
    run_id = opened(engine)
    parking.park(engine, run_id, "slider: a wall", NOON)
    assert not Watch(engine, run_id, pools=list).is_live
    assert Watch(engine, run_id, pools=list, waits=True).is_live
    parking.park(engine, run_id, "login: a wall")
    resume(engine, run_id)
    parking.park(engine, run_id, "login: a wall")
    assert not Watch(engine, run_id, pools=list, waits=True).is_live, "it waits for a person"
