"""Values that no seller can mean are refused by name; what is odd and may be is only noted."""

from decimal import Decimal

import pytest

from app.extract.base import Invalid
from app.quality.plausible import RULES, doubts, refuse
from tests import samples


def item(**changes):
    plain = samples.item().model_dump() | {"price_tiers": [], "skus": [], "sku_axes": []}
    plain |= {"price_kind": "single", "price_min": "10", "price_max": "10", "currency": "CNY"}
    return samples.item().model_validate(plain | changes)


REFUSED = {
    "price_zero": {"price_min": "0"},
    "price_huge": {"price_max": "10000000.01"},
    "moq_huge": {"min_order_quantity": 1_000_001},
    "title_empty": {"title": "·🔥·a"},
}
NOTED = {
    "stock_huge": {"stock": 1_000_000_001},
    "prices_wide": {"price_min": "0.01", "price_max": "10.01"},
    "sold_out_on_sale": {"stock": 0, "status": "on_sale"},
}
FINE = [
    {},
    {"price_min": "9999999", "price_max": "10000000"},
    {"min_order_quantity": 1_000_000},
    {"title": "T恤"},
    {"stock": 1_000_000_000},
    {"price_min": "0.01", "price_max": "10"},
    {"stock": 0, "status": "sold_out"},
    {"price_kind": "hidden", "price_min": None, "price_max": None},
]


def test_every_rule_has_its_case():
    told = {*REFUSED, *NOTED, "price_jump"}
    assert {rule.name for rule in RULES} == told


@pytest.mark.parametrize(("rule", "change"), REFUSED.items())
def test_a_refused_item_names_rule_field_and_layout(rule, change):
    with pytest.raises(Invalid) as caught:
        refuse(item(**change))
    error = caught.value
    assert (error.rule, error.layout) == (rule, item().layout)
    assert error.field in item().model_fields_set | set(type(item()).model_fields)


@pytest.mark.parametrize(("rule", "change"), NOTED.items())
def test_an_odd_item_is_stored_and_noted(rule, change):
    assert [doubt.rule.name for doubt in refuse(item(**change))] == [rule]


@pytest.mark.parametrize("change", FINE)
def test_what_may_be_is_no_doubt(change):
    assert doubts(item(**change)) == []


@pytest.mark.parametrize(
    ("before", "now", "refused"),
    [("10", "199", False), ("10", "200", True), ("10", "0.51", False), ("10", "0.5", True), (None, "500", False)],
)  # fmt: skip
def test_a_price_that_jumps_is_refused(before, now, refused):
    known = before and item(price_min=before, price_max=before)
    found = doubts(item(price_min=now, price_max=now), known)
    assert [doubt.rule.name for doubt in found] == (["price_jump"] if refused else [])


def test_a_price_in_another_currency_does_not_jump():
    known = item(price_min="10", price_max="10", currency="USD")
    assert doubts(item(price_min="700", price_max="700"), known) == []


def test_what_a_person_released_is_not_refused_again():
    known = item(min_order_quantity=2_000_000)
    assert [doubt.rule.name for doubt in refuse(item(min_order_quantity=2_000_000), known)] == ["moq_huge"]  # fmt: skip
    with pytest.raises(Invalid):
        refuse(item(min_order_quantity=2_000_001), known)
    assert known.price_min == Decimal(10)
