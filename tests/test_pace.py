"""The gap between pages: bounds, order, and no gap at all for a replica."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.pace import PageGap


def test_the_first_turn_is_now_and_the_next_ones_queue_behind_it():
    gap = PageGap(low=6, high=10, chance=random.Random(1))
    waits = [gap.book() for _ in range(5)]
    assert waits[0] == 0
    steps = [later - earlier for earlier, later in pairwise(waits)]
    assert all(6 - 0.1 <= step <= 10 for step in steps)


@given(st.integers())
def test_a_replica_needs_no_rest(seed):
    gap = PageGap(low=0, high=0, chance=random.Random(seed))
    assert [gap.book() for _ in range(3)] == [0, 0, 0]
