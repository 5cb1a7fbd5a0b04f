"""Parked runs: how long they wait, and who lets them go on."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app import models
from app.models import table
from app.runs.audit import audit
from app.runs.outcomes import Blocked, RunState
from app.runs.parking import park, release, wake
from app.runs.states import RunClosed, cancel, pause, read_run, resume
from app.store.clock import now
from app.store.engine import consult, transact
from tests.runs.books import finish, item_row, new_run, take, take_one

RUN = table(models.Run)


@pytest.fixture(autouse=True)
def _balance(engine):
    yield
    assert audit(engine) == []


def soon(engine, seconds: float) -> datetime:
    return consult(engine, lambda conn: conn.scalar(select(now(seconds))))


def test_a_parked_run_goes_on_when_its_time_has_come(engine):
    run = new_run(engine)
    one = take_one(engine, run)
    finish(engine, one, Blocked(reason="slider", seconds=900))
    until = soon(engine, 900)
    parked = park(engine, run.id, "slider", until)
    assert (parked.state, parked.parked_until) == (RunState.PARKED, until)
    assert wake(engine) == []
    assert take(engine, run) == []
    transact(engine, lambda conn: conn.execute(update(RUN).values(parked_until=now(-1))))
    assert wake(engine) == [run.id]
    assert wake(engine) == []
    found = read_run(engine, run.id)
    assert (found.state, found.reason, found.parked_until) == (RunState.RUNNING, None, None)
    assert item_row(engine, one)["not_before"] <= soon(engine, 0), "what waited is due"


def test_a_run_that_waits_for_a_person_does_not_wake(engine):
    run = new_run(engine)
    park(engine, run.id, "login")
    assert wake(engine) == []
    assert resume(engine, run.id).state is RunState.RUNNING


def test_a_persons_pause_is_not_woken_and_forgets_the_parking(engine):
    run = new_run(engine)
    park(engine, run.id, "slider", soon(engine, -1))
    pause(engine, run.id)
    assert wake(engine) == []
    assert read_run(engine, run.id).parked_until is None


def test_a_closed_run_is_not_parked(engine):
    run = new_run(engine)
    cancel(engine, run.id)
    with pytest.raises(RunClosed):
        park(engine, run.id, "slider", datetime.now(UTC) + timedelta(hours=1))


def test_a_profile_that_is_well_again_lets_its_runs_go_on(engine):
    mine = new_run(engine, options={"profile": "main", "replica": False})
    other = new_run(engine, options={"profile": "second"})
    local = new_run(engine, options={"profile": "main", "replica": True})
    guest = new_run(engine, options={"ignore_robots": None})
    for run in (mine, other, local, guest):
        park(engine, run.id, "login")
    assert release(engine, "main", replica=False) == [mine.id]
    assert release(engine, "guest", replica=False) == [guest.id], "a run that names none"
    assert read_run(engine, other.id).state is RunState.PARKED
