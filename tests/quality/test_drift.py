"""Drift is told within 50 pages, and nothing that is none is called so."""

import random

import pytest

from app.quality import drift
from app.quality.drift import Page, Trial, Watch, wilson
from app.replica.cases import Era
from app.replica.drifts import Drift
from tests.quality.conftest import Rehearsal, page_of, shown


def run_over(rehearsal, seed, indexes, *, drifts=(), **options):
    for index in indexes:
        rehearsal.see(page_of(shown(seed, index, **options), drifts))
    return rehearsal


@pytest.fixture(scope="module")
def earlier():
    """A run over 500 pages of all eras."""
    return run_over(Rehearsal(), 5, range(500))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_variety_of_2000_pages_is_no_drift(seed, earlier):
    run = run_over(earlier.again(), seed, range(500))
    again = run_over(run.again(), seed, range(200), epoch=3)  # the same offers, changed
    assert run.alarms + again.alarms == []


def test_the_pages_of_the_first_run_are_no_drift(earlier):
    assert earlier.alarms == []
    assert any(watch.baseline for watch in earlier.again().watches.values())


def test_neither_is_an_order_by_chance_nor_a_run_over_one_shop(earlier):
    order = list(range(200))
    random.Random(4).shuffle(order)
    assert run_over(earlier.again(), 9, order).alarms == []
    assert run_over(earlier.again(), 9, range(200), large_shop=200).alarms == []


RENAMED = [
    (Era.CONTEXT, "featureAttributes", "attributes"),
    (Era.CONTEXT, "rateInfo", "rating"),
    (Era.CONTEXT, "imageUrl", "image_url"),
    (Era.CONTEXT, "canBookCount", "skus.stock"),
    (Era.CONTEXT, "offerId", "FieldMissing missing offer_id"),
    (Era.CONTEXT, "skuId", "Invalid string_type skus.sku_id"),
    (Era.DETAIL_CONFIG, "specId", "skus.spec_id"),
    (Era.INIT_MOBILE, "location", "freight.ship_from"),
]


@pytest.mark.parametrize("kind", ["new", "known"])
@pytest.mark.parametrize(("era", "key", "what"), RENAMED)
def test_a_renamed_key_is_told_within_50_pages(era, key, what, kind, earlier):
    run = earlier.again()
    if kind == "known":
        run_over(run, 6, range(50), eras=(era,))
        run = run.again()
        run.watches = {name: Watch(baseline=one.baseline) for name, one in earlier.again().watches.items()}  # fmt: skip
    run_over(run, 6, range(50), eras=(era,), drifts=(Drift(rename=(key, f"{key}New")),))
    assert run.alarms
    pages, _, _ = run.alarms[0]
    assert pages <= 50
    told = {alarm.sentence(layout) for _, layout, alarm in run.alarms if layout}
    assert any(what in one and f"layout {era}" in one for one in told), told


def test_one_era_of_four_is_told_within_50_pages_of_the_run(earlier):
    run = earlier.again()
    renamed = (Drift(rename=("featureAttributes", "features"), eras=(Era.CONTEXT,)),)
    for index in range(50):
        run.see(page_of(shown(8, index), renamed))
    assert [layout for _, layout, _ in run.alarms][:1] == ["context"]


@pytest.mark.parametrize("kind", ["new", "known"])
def test_a_price_in_another_unit_is_told_within_50_pages(kind, earlier):
    run = earlier.again()
    options = {"eras": (Era.DETAIL_CONFIG,)}
    if kind == "known":
        run_over(run, 6, range(50), **options)
    cents = tuple(Drift(scale=(key, 100)) for key in ("price", "discountPrice", "priceRange"))
    run_over(run, 6, range(50), drifts=cents, **options)
    assert any("price" in alarm.mark for _, _, alarm in run.alarms)
    assert run.alarms[0][0] <= 100 if kind == "known" else 50


def test_a_drift_in_the_middle_of_the_very_first_run_is_told():
    run = run_over(Rehearsal(), 6, range(260), eras=(Era.CONTEXT,))
    assert run.alarms == []
    renamed = (Drift(rename=("rateInfo", "rates")),)
    run_over(run, 6, range(260, 320), eras=(Era.CONTEXT,), drifts=renamed)
    assert run.alarms


def test_a_shop_without_videos_is_no_drift_and_forty_shops_without_are():
    told = frozenset({"title"})
    watch = Watch(baseline={"title": 0.99, "video": 0.6})
    assert all(watch.see(Page(told=told, seller="one")) is None for _ in range(2_000))
    watch = Watch(baseline={"title": 0.99, "video": 0.6})
    alarms = [watch.see(Page(told=told, seller=f"s{number % 40}")) for number in range(50)]
    found = next(one for one in alarms if one)
    assert (found.trial, found.mark) == (Trial.MISSING, "video")
    assert found.sentence("context") == "layout context, field video: told by at least 60% of the pages before, not by 20 of the last 20"  # fmt: skip


def test_a_false_alarm_is_as_rare_as_promised():
    """A coin of the very rate: over 200,000 pages nothing comes near the alarm."""
    chance = random.Random(1)
    for rate in (0.3, 0.6, 0.9, 0.99):
        watch, highest = Watch(baseline={"video": rate}), 0.0
        for _ in range(50_000):
            told = frozenset({"video"} if chance.random() < rate else ())
            assert watch.see(Page(told=told)) is None
            highest = max([highest, *(one.score for one in watch.signs.values())])
        assert 0 < highest < drift.ALARM


def test_with_a_lower_bar_the_variety_of_pages_would_be_called_drift(earlier, monkeypatch):
    monkeypatch.setattr(drift, "ALARM", 1.5)
    assert run_over(earlier.again(), 1, range(60)).alarms


def test_wilsons_interval_is_the_published_one():
    low, high = wilson(0.9, 50)  # Wilson 1927; R: prop.test(45, 50, correct = FALSE)
    assert (round(low, 4), round(high, 4)) == (0.7864, 0.9565)
    assert wilson(1.0, 0) == (0.0, 1.0)
