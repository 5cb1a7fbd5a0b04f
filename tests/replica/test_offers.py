"""The generator: deterministic, unique, complete in small catalogs, changing by epoch."""

import itertools
from dataclasses import replace

import pytest

from app.items import OfferItem, as_json
from app.replica.cases import KINDS, Era, Pricing, Standing, cycle
from app.replica.expected import expected
from app.replica.faces import sold_text
from app.replica.offers import catalog, index_of, offer, offer_id
from app.replica.values import Offer

LIVE = (Standing.LIVE, Standing.SOLD_OUT)


def live(count: int, seed: int = 1) -> list[Offer]:
    return [found for found in catalog(seed, count) if found.standing in LIVE]


def test_the_same_seed_and_index_give_the_same_offer():
    assert catalog(7, 50) == catalog(7, 50)
    assert catalog(7, 50)[30] == offer(7, 30)


def test_another_seed_gives_other_offers():
    ours, others = catalog(1, 50), catalog(2, 50)
    assert not {found.offer_id for found in ours} & {found.offer_id for found in others}
    assert [found.title for found in ours] != [found.title for found in others]


def test_ids_are_unique_and_of_twelve_digits():
    ids = [offer_id(1, index) for index in range(20_000)]
    assert len(set(ids)) == len(ids)
    assert {len(number) for number in ids} == {12}


def test_an_id_leads_back_to_its_index():
    assert [index_of(3, offer_id(3, index)) for index in (0, 1, 999, 54_321)] == [0, 1, 999, 54_321]


def test_a_foreign_id_leads_beyond_any_catalog():
    assert index_of(1, "610947572360") > 1_000_000


def test_twenty_offers_hold_every_era_kind_and_way_of_being_gone():
    found = catalog(1, 20)
    assert {one.era for one in found} == set(Era)
    assert {one.kind for one in found} == set(KINDS)
    assert {one.standing for one in found} == set(Standing) - {Standing.SOLD_OUT}


def test_one_cycle_holds_every_kind_in_every_era_that_knows_it():
    found = {(one.era, one.kind.name) for one in live(len(cycle()))}
    wanted = {(era, kind.name) for era in Era for kind in KINDS if era not in kind.without}
    assert found == wanted


def test_chosen_eras_leave_the_others_out():
    found = catalog(1, 30, eras=(Era.CONTEXT,))
    assert {one.era for one in found} == {Era.CONTEXT}
    assert {one.kind for one in found} == set(KINDS)


@pytest.mark.parametrize(
    "trait",
    [
        "english",
        "odd_names",
        "awkward_title",
        "video",
        "holes",
        "empty_stock",
        "no_location",
        "no_sold",
        "no_rating",
        "no_services",
        "mix",
        "presale",
        "cross_border",
        "customised",
        "free_shipping",
    ],
)
def test_every_trait_occurs_and_is_not_the_rule(trait):
    having = [one for one in live(60) if getattr(one.traits, trait)]
    assert 0 < len(having) < 30


def test_the_odd_things_that_pages_are_known_for_occur():
    found = live(200)
    names = {value.name for one in found for axis in one.axes for value in axis.values}
    for mark in ("【", "】", "+", ">", " ", "/"):
        assert any(mark in name for name in names), mark
    assert any(sku.stock == 0 for one in found for sku in one.skus)
    assert any(sku.grams == 0 for one in found for sku in one.skus)
    assert any(len(one.axes) == 3 for one in found)
    assert any(len(one.skus) < _combinations(one) for one in found if one.skus)


def _combinations(one: Offer) -> int:
    count = 1
    for axis in one.axes:
        count *= len(axis.values)
    return count


def test_an_epoch_changes_a_third_of_the_offers():
    before, after = catalog(1, 300), catalog(1, 300, epoch=2)
    changed = [a for a, b in zip(before, after, strict=True) if expected(a) != expected(b)]
    assert 80 <= len(changed) <= 100
    same = [
        b for a, b in zip(before, after, strict=True) if a == replace(b, epoch=1) and b.epoch == 2
    ]
    assert len(same) == 200


def test_epochs_change_different_thirds():
    second, third = catalog(1, 30, epoch=2), catalog(1, 30, epoch=3)
    assert [a.stock for a in catalog(1, 30)] != [a.stock for a in second]
    assert [a.stock for a in second] != [a.stock for a in third]


def test_expected_items_have_exactly_the_fields_of_the_contract():
    wanted = set(OfferItem.model_fields) - {"provenance"}
    for one in live(50):
        assert set(expected(one)) == wanted


def test_expected_items_are_valid_and_printed_as_the_contract_prints():
    for one in live(150):
        item = expected(one)
        printed = as_json(OfferItem.model_validate(item))
        printed.pop("provenance")
        assert printed == item


def test_expected_prices_follow_the_kind():
    seen = {}
    for one in live(len(cycle())):
        item = expected(one)
        seen[one.kind.name] = item["price_kind"]
        priced = [sku["price"] for sku in item["skus"] if sku["price"] is not None]
        assert bool(priced) == (one.kind.pricing in (Pricing.PER_SKU, Pricing.SAME))
        assert (item["list_price_min"] is not None) == one.kind.promotion
        hidden = one.kind.pricing is Pricing.HIDDEN
        assert item["flags"]["promotion"] == (None if hidden else one.kind.promotion)
    assert seen == {
        "ladder": "tiered",
        "per_sku": "per_sku",
        "single": "single",
        "promotion": "per_sku",
        "no_sku": "single",
        "three_axes": "per_sku",
        "one_step": "single",
        "hidden": "hidden",
        "promotion_ladder": "tiered",
        "no_sku_ladder": "tiered",
    }


def test_ladders_leave_no_gap_and_end_open():
    for one in live(60):
        tiers = expected(one)["price_tiers"]
        for tier, following in itertools.pairwise(tiers):
            assert tier["max_quantity"] == following["min_quantity"] - 1
        if tiers:
            assert tiers[-1]["max_quantity"] is None
            assert tiers[0]["min_quantity"] == one.min_order


def test_offers_that_are_gone_expect_the_refusal():
    refusals = {one.standing: expected(one) for one in catalog(1, 20) if one.standing not in LIVE}
    assert refusals == {
        Standing.OFF_SHELF: {"error": {"type": "Gone", "rule": "off_shelf"}},
        Standing.DELETED: {"error": {"type": "Gone", "rule": "deleted"}},
        Standing.DELETED_HOME: {"error": {"type": "Gone", "rule": "deleted"}},
    }


@pytest.mark.parametrize(
    ("count", "text"), [(35_960, "3.5万+"), (748, "700+"), (30_050, "3万+"), (9_999, "9900+")]
)
def test_sold_counts_are_rounded_as_the_site_does(count, text):
    assert sold_text(count) == text
