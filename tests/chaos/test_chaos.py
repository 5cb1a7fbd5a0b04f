"""A small storm in every check; by hand a large one (`scripts/chaos`). And that a storm can fail."""

import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.chaos.__main__ import plan_of
from tests.chaos.plan import Blow, Plan, blows
from tests.chaos.scene import rage
from tests.chaos.verdict import complaints

SEED = 20260305
SMALL = Plan(
    items=500, workers=3, kills=15, pauses=3, database_restarts=1, redis_restarts=1, seed=SEED
)
LARGE = Plan(items=10_000, kills=300, pauses=30, database_restarts=10, redis_restarts=5)


@pytest.mark.timeout(600)
def test_a_storm_loses_doubles_and_leaves_nothing(tmp_path):
    found = rage(SMALL, tmp_path)
    assert found["clean"], f"seed {SEED}: {json.dumps(found, indent=1, default=str)}"
    assert found["compared_offers"] == SMALL.items
    assert found["attempts"].get("abandoned", 0) > 0, "no kill hit a worker at work"
    assert sum(found["blows"].values()) == 20


def test_a_plan_holds_every_blow_it_was_asked_for():
    kinds = Counter(due.blow for due in blows(LARGE))
    assert sum(kinds[one] for one in kinds if one.startswith("kill")) == 300
    assert kinds[Blow.PAUSE] == 30
    assert sum(kinds[one] for one in kinds if one.startswith("database")) == 10
    assert sum(kinds[one] for one in kinds if one.startswith("redis")) == 5
    assert set(kinds) == set(Blow)


def test_blows_are_spread_over_the_progress_and_end_before_it_does():
    due = blows(LARGE)
    steps = [after.finished - before.finished for before, after in pairwise(due)]
    assert due[0].finished > 0
    assert due[-1].finished < 0.95 * LARGE.items
    assert set(steps) <= {26, 27}


def test_a_seed_gives_the_same_blows_again():
    assert [one.blow for one in blows(SMALL)] == [one.blow for one in blows(SMALL)]
    assert [one.blow for one in blows(SMALL)] != [one.blow for one in blows(Plan(**OTHER))]


OTHER = {name: getattr(SMALL, name) for name in Plan.__slots__} | {"seed": 1}


def test_the_command_line_describes_a_plan():
    words = [
        "--items",
        "10",
        "--kills",
        "2",
        "--seed",
        "4",
        "--no-offers-kept-light",
        "--folder",
        "f",
    ]
    plan, folder = plan_of(words)
    assert (plan.items, plan.kills, plan.seed, plan.light) == (10, 2, 4, False)
    assert folder == Path("f")


GOOD = {
    "ended": "the run is done: None",
    "blows_left": 0,
    "audit": {
        "code": 0,
        "violations": [],
        "history": {"lost": 0, "duplicated": 0, "unexpected": 0},
    },
    "wrong_outcomes_total": 0,
    "wrong_values_total": 0,
    "left_over": [],
    "tracebacks": {},
    "workers": {"exits": {"7": 2}, "at_the_end": {"0": 3}},
}


def test_a_good_storm_has_no_complaints():
    assert list(complaints(GOOD)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ended": "not over after 5 s"}, "not over after 5 s"),
        ({"ended": "the run is parked: login"}, "the run is parked: login"),
        ({"blows_left": 2}, "2 blows did not fall"),
        ({"audit": {"code": 10}}, "pwsync audit left with 10"),
        ({"audit": {**GOOD["audit"], "violations": [{"name": "I1"}]}}, "rules of the books"),
        ({"audit": {**GOOD["audit"], "history": {"lost": 1}}}, "settlements were lost"),
        ({"audit": {**GOOD["audit"], "history": {"duplicated": 1}}}, "settlements were doubled"),
        ({"audit": {**GOOD["audit"], "history": {"unexpected": 1}}}, "nobody made"),
        ({"wrong_outcomes_total": 3}, "3 outcomes are wrong"),
        ({"wrong_values_total": 3}, "3 values are wrong"),
        ({"left_over": ["chrome"]}, "programs were left over"),
        ({"tracebacks": {"KeyError: 1": 1}}, "a worker met a bug"),
        ({"workers": {"exits": {"1": 1}, "at_the_end": {}}}, "a worker met a bug"),
        ({"workers": {"exits": {}, "at_the_end": {"late": 1}}}, "did not leave in order"),
    ],
)
def test_each_thing_that_is_wrong_is_a_complaint(change, said):
    assert any(said in one for one in complaints(GOOD | change))


CLOCK = "import time, datetime as d; print(time.time(), d.datetime.now(d.UTC).isoformat())"


@pytest.mark.parametrize("shift", [0, 3600, -3600])
def test_a_workers_clock_can_be_wrong(shift):
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent / "clock"),
        "CHAOS_CLOCK": str(shift),
    }
    told = subprocess.run(
        [sys.executable, "-c", CLOCK], env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    now = datetime.now(UTC)
    assert float(told[0]) - now.timestamp() == pytest.approx(shift, abs=600)
    assert (datetime.fromisoformat(told[1]) - now).total_seconds() == pytest.approx(shift, abs=600)
