"""Drift is told within 50 pages, and nothing that is none is called so."""

import random

import pytest

from app.quality.drift import Trial, wilson
from app.replica.cases import Era
from tests.quality.conftest import Rehearsal, drift, page_of, shown

PAGES = 2_000


def run_over(rehearsal, seed, indexes, *, drifts=(), **options):
    for index in indexes:
        rehearsal.see(page_of(shown(seed, index, **options), drifts))
    return rehearsal


@pytest.fixture(scope="module")
def baseline():
    """A run over 500 pages of all eras."""
    return run_over(Rehearsal(), 5, range(500))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_variety_of_2000_pages_is_no_drift(seed, baseline):
    fresh = baseline.again()
    run_over(fresh, seed, range(PAGES // 2))
    assert fresh.alarms == []
    later = fresh.again()
    run_over(later, seed, range(PAGES // 4), epoch=3)  # the same offers, changed
    run_over(later, seed, range(PAGES, PAGES + PAGES // 4))
    assert later.alarms == []


def test_neither_is_an_order_by_chance_nor_a_run_over_one_shop(baseline):
    order = list(range(PAGES // 4))
    random.Random(4).shuffle(order)
    assert run_over(baseline.again(), 9, order).alarms == []
    assert run_over(baseline.again(), 9, range(400), large_shop=400).alarms == []


RENAMED = [
    (Era.CONTEXT, "mainImage"),
    (Era.CONTEXT, "subject"),
    (Era.CONTEXT, "unit"),
    (Era.INIT_DESKTOP, "featureAttributes"),
]
