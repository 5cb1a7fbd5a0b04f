"""Runs whose profile is not to be had: left alone for a while, and parked if nobody has its cookies."""

from types import SimpleNamespace

from app.jobs.turn import Turns
from app.jobs.work import MOST_REFUSALS, Work
from app.profiles.jar import NotLoggedIn
from app.profiles.values import ProfileHeld
from app.runs import states
from app.runs.outcomes import RunState
from tests.runs.books import new_run


def work_on(engine, said):
    watcher = SimpleNamespace(say=said.append)
    return Work(engine, None, None, watcher, turns=Turns(), fits=lambda _: True)


def test_a_run_whose_profile_another_process_is_is_left_to_it(sqlite_engine):
    run, said = new_run(sqlite_engine), []
    work = work_on(sqlite_engine, said)
    assert work.fits(run)
    for _ in range(MOST_REFUSALS + 1):
        work._shun(run, ProfileHeld("main", "h:1:2"))
    assert not work.fits(run)
    assert states.read_run(sqlite_engine, run.id).state is RunState.OPEN
    assert "in use" in said[0]


def test_a_run_that_nobody_has_cookies_for_waits_for_a_login(sqlite_engine):
    run, said = new_run(sqlite_engine), []
    work = work_on(sqlite_engine, said)
    for _ in range(MOST_REFUSALS - 1):
        work._shun(run, NotLoggedIn("main"))
    assert states.read_run(sqlite_engine, run.id).state is RunState.OPEN
    work._shun(run, NotLoggedIn("main"))
    found = states.read_run(sqlite_engine, run.id)
    assert (found.state, found.parked_until) == (RunState.PARKED, None)
    assert found.reason.startswith("login: profile 'main'")
