"""Slopes of points that are known."""

import random

import pytest

from app.soak.slopes import BLOCKS, Slope, blocks, slope, slope_beside, student, within_lives


def line(per_thousand: float, *, noise: float, pages: int = 3000, seed: int = 7):
    dice = random.Random(seed)
    return [(n, 100 + per_thousand * n / 1000 + dice.gauss(0, noise)) for n in range(0, pages, 20)]


@pytest.mark.parametrize(
    ("freedom", "wanted"),
    [(1, 12.706), (3, 3.182), (4, 2.776), (5, 2.571), (22, 2.074), (9999, 1.960)],
)
def test_students_points_are_those_of_the_tables(freedom, wanted):
    assert student(freedom) == pytest.approx(wanted, rel=0.003)


def test_a_line_without_noise_is_found_exactly():
    found = slope(line(5.0, noise=0))
    assert found.per_thousand == pytest.approx(5.0)
    assert found.half == pytest.approx(0.0, abs=1e-9)


def test_the_interval_holds_the_truth_nineteen_times_of_twenty():
    found = [slope(line(5.0, noise=3.0, seed=seed)) for seed in range(200)]
    hits = sum(one.lower <= 5.0 <= one.upper for one in found)
    assert 180 <= hits < 200


def test_waves_within_a_block_do_not_make_the_interval_narrow():
    """Samples that are alike: an interval over all of them would be sure of a slope that is none."""
    dice, value, walk = random.Random(3), 0.0, []
    for number in range(600):
        value = 0.8 * value + dice.gauss(0, 1)
        walk.append((number * 20.0, value))
    found = slope(walk)
    assert found.lower < 0 < found.upper


def test_too_few_points_have_no_slope():
    assert slope(line(5.0, noise=0)[:3]) is None
    assert slope([]) is None


def test_blocks_are_means_of_all_points():
    found = blocks([(float(n), float(n)) for n in range(100)])
    assert len(found) == BLOCKS
    assert found[0] == (1.5, 1.5)
    assert len(blocks([(1.0, 1.0)] * 5)) == 5


def test_the_slope_within_lives_does_not_see_that_each_begins_anew():
    lives = {
        str(life): [(life * 500 + n, 100 + 0.01 * n + life) for n in range(0, 500, 20)]
        for life in range(6)
    }
    found = within_lives(lives)
    assert found.per_thousand == pytest.approx(10.0)
    assert within_lives({"0": lives["0"]}) is None


def lives_of(life: int, *, leak: float):
    """A sawtooth of lives, 80 a page, on something that grows with every page."""
    dice = random.Random(2)
    each = ((n, n % life) for n in range(0, 8 * 5000, 50))
    return [(n, age, 1e6 + 80 * age + leak * n + dice.gauss(0, 4000)) for n, age in each]


@pytest.mark.parametrize("leak", [0.0, 30.0])
def test_what_begins_anew_with_each_browser_is_no_growth_and_hides_none(leak):
    points = lives_of(5300, leak=leak)
    found = slope_beside(points)
    assert found.lower < leak * 1000 < found.upper
    assert found.half < 1000 < slope([(x, y) for x, _, y in points]).half


def test_a_projection_is_the_slope_times_the_pages():
    assert Slope(per_thousand=0.5, half=0.1).projected(43_200) == pytest.approx((21.6, 4.32))
