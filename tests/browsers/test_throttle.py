"""How many slots are allowed under which pressure, and how memory is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from browsers.machine import memory_in_use
from browsers.throttle import (
    CALM,
    HIGH,
    LAG_READINGS,
    LAG_SECONDS,
    LOW,
    MOST_BAD,
    SETTLE,
    WINDOW,
    Answer,
    Pressure,
    Reading,
    Throttle,
)

FULL = Reading(memory=HIGH, is_wanted=True)
HEAVY = Reading(browser=HIGH, is_wanted=True)
WELL = Reading(is_wanted=True)
FEW = settings(max_examples=50, deadline=None)
CASES = [
    Reading(memory=memory, browser=browser, lag=lag, answers=answers, is_wanted=is_wanted)
    for memory in (0.1, 0.85, 0.95)
    for browser in (0.1, 0.85, 2.0)
    for lag in (0.0, 0.7, 3.0)
    for answers in ((), (Answer.GOOD,), (Answer.GOOD, Answer.SILENT), (Answer.REFUSED,) * 9)
    for is_wanted in (True, False)
]
READINGS = st.lists(st.sampled_from(CASES), max_size=40)


def looked(throttle: Throttle, *readings: Reading):
    """What each of the readings changed."""
    return [throttle.look(reading) for reading in readings]


@FEW
@given(st.integers(1, 6), READINGS)
def test_it_stays_between_one_and_all_and_tells_each_change(most, readings):
    throttle = Throttle(most)
    allowed = most
    for reading in readings:
        move = throttle.look(reading)
        assert 1 <= throttle.allowed <= most
        assert bool(throttle.cause) == (throttle.allowed < most)
        assert (move is not None and move.before != move.after) == (allowed != throttle.allowed)
        if move:
            assert (move.before, move.after, move.most) == (allowed, throttle.allowed, most)
            assert move.after == (max(1, allowed // 2) if move.cause else allowed + 1)
        allowed = throttle.allowed


@FEW
@given(st.integers(2, 60), READINGS)
def test_it_recovers_from_anything_once_it_is_calm_and_slots_are_wanted(most, readings):
    throttle = Throttle(most)
    looked(throttle, *readings)
    well = Reading(answers=(Answer.GOOD,) * WINDOW, is_wanted=True)
    looked(throttle, *[well] * (SETTLE + 1 + CALM * most))
    assert (throttle.allowed, throttle.cause) == (most, None)


@FEW
@given(READINGS)
def test_slots_come_back_one_at_a_time_after_calm_readings_only(readings):
    throttle = Throttle(64)
    since = 0
    for reading in [*[FULL] * 20, *readings]:
        move = throttle.look(reading)
        since += 1
        if move and move.before < move.after:
            assert since >= CALM
            assert max(reading.memory, reading.browser) < LOW
        if move:
            since = 0


def test_lasting_pressure_halves_until_one_is_left_and_waits_after_each_cut():
    throttle = Throttle(8)
    moves = looked(throttle, *[FULL] * (3 * SETTLE + 4))
    assert [move and move.after for move in moves][::SETTLE] == [4, 2, 1, None, None]
    assert sum(move is not None for move in moves) == 3
    assert str(moves[0]) == "8 → 4 of 8: memory 90 %"


def test_between_the_two_marks_nothing_changes():
    throttle = Throttle(8)
    throttle.look(FULL)
    between = Reading(memory=(LOW + HIGH) / 2, is_wanted=True)
    assert looked(throttle, *[between] * 50) == [None] * 50
    assert throttle.allowed == 4


def test_nothing_is_given_back_that_nobody_wants():
    throttle = Throttle(8)
    throttle.look(FULL)
    assert looked(throttle, *[Reading()] * 50) == [None] * 50


def test_a_late_loop_counts_only_if_it_is_late_again_and_again():
    late = Reading(lag=LAG_SECONDS * 5)
    throttle = Throttle(8)
    assert not any(looked(throttle, *([late] * (LAG_READINGS - 1) + [WELL]) * 10))
    assert looked(throttle, *[late] * LAG_READINGS)[-1].cause is Pressure.LAG
    slow = Reading(lag=LAG_SECONDS * 0.9, is_wanted=True)
    assert looked(Throttle(8), *[slow] * 50) == [None] * 50


@pytest.mark.parametrize(
    ("answer", "cause"), [(Answer.REFUSED, Pressure.REFUSED), (Answer.SILENT, Pressure.SILENT)]
)
def test_answers_count_by_their_share_of_the_latest(answer, cause):
    rare = Reading(answers=(*[Answer.GOOD] * (WINDOW // 2), answer))
    assert looked(Throttle(8), *[rare] * 50) == [None] * 50
    throttle = Throttle(8)
    some = Reading(answers=(Answer.GOOD, answer))
    moves = looked(throttle, *[some] * MOST_BAD)
    assert [move and move.cause for move in moves] == [None] * (MOST_BAD - 1) + [cause]
    assert looked(throttle, *[Reading(answers=(Answer.GOOD,))] * 50) == [None] * 50


def test_an_engine_that_fewer_pages_make_no_lighter_is_replaced():
    throttle = Throttle(8)
    moves = [move for move in looked(throttle, *[HEAVY] * (3 * SETTLE + 1)) if move]
    assert [move.renews for move in moves] == [False, True, True, True]
    calmed = Throttle(8)
    looked(calmed, HEAVY, *[WELL] * SETTLE)
    assert calmed.look(HEAVY).renews is False


GIB = 2**30
WHOLE = "MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: 6291456 kB\n"


@pytest.mark.parametrize(
    ("own", "files", "share"),
    [
        ("0::/\n", {}, 0.25),
        ("0::/a/b\n", {"a/memory.max": GIB, "a/memory.current": GIB // 2}, 0.5),
        ("0::/a\n", {"a/memory.max": "max", "a/memory.current": 9 * GIB}, 0.25),
        ("0::/host/only\n", {"memory.max": 2 * GIB, "memory.current": GIB}, 0.5),
        (
            "0::/a\n",
            {
                "a/memory.max": GIB,
                "a/memory.current": GIB,
                "a/memory.stat": f"anon 5\ninactive_file {GIB // 4}\n",
            },
            0.75,
        ),
        (
            "0::/\n4:memory:/a\n",
            {
                "memory/a/memory.limit_in_bytes": GIB,
                "memory/a/memory.usage_in_bytes": GIB,
                "memory/a/memory.stat": f"inactive_file 1\ntotal_inactive_file {GIB // 4}\n",
                "memory/memory.limit_in_bytes": 2**63 - 4096,
                "memory/memory.usage_in_bytes": GIB,
            },
            0.75,
        ),
    ],
    ids=["machine", "group above", "no limit", "container", "cache", "version 1"],
)
def test_the_tightest_memory_counts(tmp_path, own, files, share):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{content}\n")
    (tmp_path / "own").write_text(own)
    (tmp_path / "meminfo").write_text(WHOLE)
    assert memory_in_use(tmp_path, tmp_path / "own", tmp_path / "meminfo") == share


def test_where_nothing_can_be_read_nothing_is_full(tmp_path):
    assert memory_in_use(tmp_path, tmp_path / "own", tmp_path / "meminfo") == 0.0
    assert 0 < memory_in_use() < 1
