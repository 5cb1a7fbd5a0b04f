"""Who is rung for, by the ledger, whatever Redis remembers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis
from sqlalchemy import Engine, update

from app import models
from app.jobs import beacons, doorbell
from app.jobs.beacons import Beacon
from app.jobs.reconcile import bells_wanted, reconcile, rest
from app.models import table
from app.refs import read_refs
from app.runs import parking, states
from app.runs.claims import claim, give_back
from app.runs.counts import counts
from app.runs.due import due_items, is_held
from app.runs.opening import open_run
from app.runs.outcomes import RunState
from app.runs.states import Run
from app.store.clock import now
from app.store.engine import transact
from tests.redis_server import RedisServer

ITEM = table(models.RunItem)


def opened(engine: Engine, offers: int = 3, **options: object) -> Run:
    refs = read_refs(str(610947572360 + n) for n in range(offers))
    return open_run(engine, refs, kind="test", label="some", options=options)


def lit(connection: Redis, name: str, run_id: int | None = None, slots: int = 1) -> None:
    worker = Beacon(name=name, host="h", pid=1, state="idle", run_id=run_id, slots=slots)
    beacons.shine(connection, name, worker)


def held(engine: Engine, run: Run, count: int, seconds: float) -> list:
    return claim(engine, run.id, count, owner="dead", lease_seconds=seconds)


def expire(engine: Engine) -> None:
    """Let all leases be over, as time does."""
    transact(engine, lambda conn: conn.execute(update(ITEM).values(lease_until=now(-1))))


def test_a_run_with_work_is_rung_for_once(engine: Engine, connection: Redis):
    run = opened(engine)
    assert reconcile(engine, connection) == [run.id]
    assert reconcile(engine, connection) == []
    connection.flushdb()
    assert reconcile(engine, connection) == [run.id], "Redis has forgotten, the ledger has not"


def test_a_bell_lost_in_a_workers_hands_is_rung_again(engine: Engine, connection: Redis):
    run = opened(engine)
    reconcile(engine, connection)
    assert connection.lpop(doorbell.queue_of(connection, "default").key)
    assert reconcile(engine, connection) == [run.id]


@pytest.mark.parametrize(
    "move", [states.pause, states.cancel, lambda e, r: parking.park(e, r, "x")]
)
def test_a_run_that_rests_is_not_rung_for(engine: Engine, connection: Redis, move):
    run = opened(engine)
    move(engine, run.id)
    assert reconcile(engine, connection) == []
    if states.read_run(engine, run.id).state is not RunState.CANCELLED:
        states.resume(engine, run.id)
        assert reconcile(engine, connection) == [run.id]


def test_leased_items_are_left_to_their_holder_until_the_lease_is_over(engine, connection):
    run = opened(engine)
    claims = held(engine, run, 3, 60)
    assert reconcile(engine, connection) == []
    give_back(engine, claims[:1])
    assert reconcile(engine, connection) == [run.id]
    connection.flushdb()
    held(engine, run, 1, 60)
    assert reconcile(engine, connection) == []
    expire(engine)
    assert reconcile(engine, connection) == [run.id]


def test_what_is_due_and_who_holds_it_is_known(engine: Engine):
    run = opened(engine)
    assert (due_items(engine, run.id), is_held(engine, run.id, "dead")) == (3, False)
    held(engine, run, 2, 30)
    assert (due_items(engine, run.id), is_held(engine, run.id, "dead")) == (1, True)
    assert is_held(engine, run.id, "other") is False
    assert due_items(engine, run.id, within=40) == 3
    expire(engine)
    assert due_items(engine, run.id) == 3


def test_a_run_whose_last_worker_died_before_closing_it_is_closed(engine, connection):
    run = opened(engine, 1)
    states.resume(engine, run.id)
    transact(engine, lambda conn: conn.execute(update(ITEM).values(state="skipped")))
    assert reconcile(engine, connection) == []
    assert counts(engine, run.id).run.state is RunState.DONE


def test_as_many_workers_are_called_as_there_are_and_have_work(engine, connection):
    run = opened(engine, 10)
    for name in "abc":
        lit(connection, name)
    lit(connection, "a", run.id)
    reconcile(engine, connection)
    assert doorbell.pending(connection)["default"][run.id] == 2, "one of three answers already"
    connection.flushdb()
    for name in "abc":
        lit(connection, name, slots=8)
    reconcile(engine, connection)
    assert doorbell.pending(connection)["default"][run.id] == 2, "two take all ten items"


def test_a_dead_workers_beacon_does_not_keep_others_away(engine, connection):
    run = opened(engine)
    lit(connection, "dead", run.id)
    assert reconcile(engine, connection) == []
    connection.delete("pwsync:beacon:dead")
    assert reconcile(engine, connection) == [run.id]


def test_at_least_one_bell_waits_where_no_worker_is():
    assert bells_wanted(1, []) == 1
    assert bells_wanted(10_000, []) == 1


def test_many_reconcilers_at_once_ring_no_more(engine: Engine, connection: Redis):
    run = opened(engine)
    with ThreadPoolExecutor(4) as many:
        list(many.map(lambda _: reconcile(engine, connection), range(12)))
    assert doorbell.pending(connection)["default"] == {run.id: 1}


def test_bells_hang_in_the_queue_of_the_runs_priority(engine: Engine, connection: Redis):
    high, odd = opened(engine, priority="high"), opened(engine, priority="urgent")
    reconcile(engine, connection)
    found = doorbell.pending(connection)
    assert (found["high"], found["default"]) == ({high.id: 1}, {odd.id: 1})


def test_runs_that_do_not_fit_or_rest_are_left(engine: Engine, connection: Redis):
    run, other = opened(engine), opened(engine)
    assert reconcile(engine, connection, fits=lambda one: one.id == run.id) == [run.id]
    connection.flushdb()
    rest(connection, run.id)
    assert reconcile(engine, connection) == [other.id]


def test_redis_being_away_is_told(engine: Engine, own_redis: RedisServer):
    opened(engine)
    with doorbell.connect(own_redis.url) as client:
        own_redis.stop()
        with pytest.raises(doorbell.RedisUnavailable):
            reconcile(engine, client)
