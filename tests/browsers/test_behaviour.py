"""Plans are repeatable and short, whatever the seed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browsers import identity
from browsers.behaviour import LONGEST, plan

kinds = st.sampled_from(["offer", "list", "shop", ""])


@given(st.integers(), kinds, st.floats(0.01, 5))
def test_plan_keeps_its_bounds(seed, kind, pace):
    steps = plan(seed, kind, pace=pace)
    assert 1 <= len(steps) <= 5
    assert sum(step.dwell for step in steps) <= LONGEST * pace * 1.000001
    width, height = identity.VIEWPORT
    for step in steps:
        assert 0 < step.pointer[0] < width
        assert 0 < step.pointer[1] < height
        assert 0 < abs(step.wheel) <= 900


@given(st.integers(), kinds)
def test_plan_is_repeatable(seed, kind):
    assert plan(seed, kind) == plan(seed, kind)


def test_seeds_and_kinds_differ():
    assert len({plan(seed, "offer") for seed in range(20)}) == 20
    assert plan(1, "offer") != plan(1, "list")


@pytest.mark.parametrize("pace", [0, -1])
def test_pace_nought_is_no_plan(pace):
    assert plan(1, "offer", pace=pace) == ()
