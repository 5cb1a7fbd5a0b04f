"""Whole workers: sharing, turns, priorities, and all that can happen to Redis and to themselves."""

import signal
import time

import pytest

from app.jobs import doorbell
from app.jobs.doorbell import queue_of
from app.jobs.work import SAME_SIGNAL_SECONDS
from app.replica.serve import running
from app.runs.claims import claim, give_back
from app.runs.opening import open_list_run
from app.runs.outcomes import RunState
from tests import program
from tests.jobs.conftest import Crew, until


def test_a_worker_keeps_one_browser_across_runs(crew: Crew):
    worker = crew.start()
    first = crew.open(20)
    crew.until_done(first)
    second = crew.open(30)
    crew.until_done(second)
    until(lambda: (seen := crew.beacon(worker)) and seen.pool.pages >= 50)
    assert crew.beacon(worker).pool.browser_starts == 1
    assert crew.stop(worker) == 0
    assert crew.beacons() == []


def test_two_workers_share_a_run(crew: Crew):
    run = crew.open(80, ring=False)
    workers = [crew.start(), crew.start()]
    until(lambda: len(crew.beacons()) == 2)
    crew.until_done(run)
    owners = {owner for _, owner, _ in crew.tries(run)}
    assert len(owners) == 2
    assert len(crew.tries(run)) == 80
    assert [crew.stop(worker) for worker in workers] == [0, 0]


def test_two_runs_take_turns_on_one_worker(crew: Crew):
    runs = [crew.open(80, ring=False), crew.open(80, ring=False)]
    for run in runs:
        doorbell.ring(crew.connection, run.id, label=run.label)
    crew.start(RUN__SLICE_SECONDS="0.5")
    crew.until_done(*runs)
    order = [run_id for run_id, _, _ in crew.tries(*runs)]
    turns = [one for one, before in zip(order, [None, *order], strict=False) if one != before]
    assert len(turns) >= 4, f"the runs were worked on in {len(turns)} turns"


def test_a_search_is_read_through_though_its_turn_is_over(crew: Crew):
    with running(offers=200, seed=11, padded=False, finds=150) as market:
        crew.site = market
        named = {"list": {"kind": "keyword", "value": "女装", "first": None}, "replica": True}
        search = open_list_run(crew.engine, kind="keyword", label="some", options=named)
        other = crew.open(40)
        doorbell.ring(crew.connection, search.id, label=search.label)
        crew.start(RUN__SLICE_SECONDS="0.2", BROWSER__DWELL="0.1")
        crew.until_done(search, other)
        assert len(market.log(kind="search")) == 1, "each time it was opened it began at page 1"
    assert set(crew.counts(search).lists) == {"listed"}


def test_a_more_urgent_run_goes_first_even_in_the_middle(crew: Crew):
    slow = crew.open(120, priority="low")
    crew.start("-c", "1", RUN__SLICE_SECONDS="600")
    crew.until_some(slow)
    urgent = crew.open(5, priority="high")
    crew.until_done(urgent)
    assert crew.counts(slow).queued > 0
    crew.until_done(slow)


@pytest.mark.parametrize("how", ["flushed", "restarted empty", "stopped for good"])
def test_a_run_goes_on_whatever_happens_to_redis(crew: Crew, how: str):
    run = crew.open(120)
    worker = crew.start("-c", "1", RUN__SLICE_SECONDS="2")
    crew.until_some(run)
    if how == "flushed":
        crew.redis.flush()
    else:
        crew.redis.stop(signal.SIGKILL)
    if how == "restarted empty":
        crew.redis.start()
    crew.until_done(run)
    later = crew.open(5, ring=False)
    crew.until_done(later)
    if how != "stopped for good":
        until(lambda: crew.beacon(worker))
        until(lambda: crew.connection.smembers("rq:workers"))
    assert crew.stop(worker) == 0


def test_a_run_begins_without_redis_and_goes_on_when_it_is_there(crew: Crew):
    crew.redis.stop()
    run = crew.open(20, ring=False)
    with pytest.raises(doorbell.RedisUnavailable):
        doorbell.ring(crew.connection, run.id)
    worker = crew.start()
    crew.until_done(run)
    assert "working from the ledger alone" in crew.log(worker)
    crew.redis.start()
    until(lambda: crew.beacon(worker))
    rung = crew.open(5)
    crew.until_done(rung)
    # the bell itself was answered, not only the ledger read
    until(
        lambda: queue_of(crew.connection, "default").finished_job_registry.get_job_ids(
            cleanup=False
        )
    )


def test_a_doubled_bell_changes_nothing(crew: Crew):
    run = crew.open(60)
    queue = queue_of(crew.connection, "default")
    for _ in range(5):
        queue.push_job_id(queue.job_ids[0])
    workers = [crew.start(), crew.start()]
    crew.until_done(run)
    until(lambda: not queue.job_ids)
    assert [ending for _, _, ending in crew.tries(run)].count("retry") == 0
    assert len(crew.tries(run)) == 60
    assert [crew.stop(worker) for worker in workers] == [0, 0]


def test_sigterm_finishes_the_pages_in_flight_and_leaves_nothing_leased(crew: Crew):
    run = crew.open(120)
    worker = crew.start()
    crew.until_some(run)
    assert crew.stop(worker) == 0
    left = crew.counts(run)
    assert (left.leased, left.run.state) == (0, RunState.RUNNING)
    assert left.queued > 0
    assert {ending for _, _, ending in crew.tries(run)} <= {
        "created",
        "unchanged",
        "gone",
        "given_back",
    }
    assert doorbell.pending(crew.connection)["default"][run.id] == 1, "others are called"
    crew.start()
    crew.until_done(run)


def test_a_second_signal_ends_pages_that_would_take_for_ever(crew: Crew):
    with running(offers=6, seed=12, faults="silent=1") as site:
        crew.site = site
        run = crew.open(6)
        worker = crew.start("-c", "3")
        until(lambda: len(site.log(kind="offer")) == 3)  # leased is not yet begun
        sent = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        until(lambda: (seen := crew.beacon(worker)) and seen.state == "stopping")
        until(lambda: time.monotonic() > sent + 2 * SAME_SIGNAL_SECONDS)
        assert crew.counts(run).leased == 3, "the first one lets the pages finish"
        assert crew.stop(worker) == 128 + signal.SIGTERM
    assert (crew.counts(run).leased, crew.counts(run).queued) == (0, 6)


def test_what_a_killed_worker_held_is_done_by_another(crew: Crew):
    with running(offers=6, seed=12, faults="silent=1:first") as site:
        crew.site = site
        run = crew.open(6)
        victim = crew.start("-c", "3", RUN__LEASE_SECONDS="3")
        until(lambda: len(site.log(kind="offer")) == 3)
        heir = crew.start("-c", "3", RUN__LEASE_SECONDS="3", RUN__DEADLINE_SECONDS="2")
        victim.kill()
        victim.wait()
        crew.until_done(run)
        assert crew.stop(heir) == 0
    assert {"abandoned"} < {ending for _, _, ending in crew.tries(run)}
    assert crew.counts(run).finished == 6


def test_a_worker_does_not_sit_on_a_run_that_is_in_other_hands(crew: Crew):
    taken = crew.open(5)
    claims = claim(crew.engine, taken.id, 5, owner="another", lease_seconds=600)
    crew.start(RUN__SLICE_SECONDS="600")
    until(lambda: any(one.run_id == taken.id for one in crew.beacons()))
    other = crew.open(5)
    crew.until_done(other)
    assert crew.counts(taken).leased == 5
    give_back(crew.engine, claims)
    crew.until_done(taken)


def test_a_burst_ends_when_nothing_is_left(crew: Crew):
    run = crew.open(20, ring=False)
    worker = crew.start("--burst")
    assert worker.wait(90) == 0
    assert crew.counts(run).run.state is RunState.DONE
    logged = "".join(path.read_text() for path in (crew.folder / "data" / "logs").iterdir())
    assert f'"run": {run.id}' in logged
    assert "cleaning registries" not in logged


def test_a_run_of_the_real_site_is_left_alone_by_a_worker_of_a_local_one(crew: Crew):
    real = crew.open(5, replica=False)
    other = crew.open(5)
    worker = crew.start()
    crew.until_done(other)
    until(lambda: not queue_of(crew.connection, "default").job_ids)
    assert crew.counts(real).queued == 5
    assert crew.stop(worker) == 0


@pytest.mark.parametrize(
    ("variables", "code", "said"),
    [
        ({}, 2, "redis_url"),
        ({"PWSYNC_REDIS_URL": "http://secret@here"}, 7, "does not parse"),
        ({"PWSYNC_REDIS_URL": "{redis}", "PWSYNC_BROWSER__EXECUTABLE": "/nowhere"}, 7, "nowhere"),
        (
            {
                "PWSYNC_REDIS_URL": "{redis}",
                "PWSYNC_DATABASE_URL": "mysql://u:secret@127.0.0.1:1/n",
            },
            7,
            "127.0.0.1",
        ),
    ],
)
def test_what_is_missing_at_start_is_said(redis_server, tmp_path, variables, code, said):
    given = {name: value.format(redis=redis_server.url) for name, value in variables.items()}
    own = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **given}
    done = program.run("worker", "--burst", environment=own, folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "secret" not in done.stderr
