"""What a buyer pays at a quantity, and whom it is shown first."""

from decimal import Decimal

import pytest

from app.groups.ranking import Standing, quote, ranked
from tests.samples import item


def ladder(*steps, moq=None, **more):
    tiers = [
        {"min_quantity": start, "max_quantity": None, "price": price} for start, price in steps
    ]
    prices = [Decimal(price) for _, price in steps]
    told = {"price_kind": "tiered", "price_tiers": tiers, "skus": [], "sku_axes": [], "stock": None}
    told |= {"price_min": min(prices), "price_max": max(prices), "min_order_quantity": moq}
    return item(**told | more)


def per_sku(low, high, **more):
    told = {"price_kind": "per_sku", "price_tiers": [], "skus": [], "sku_axes": [], "stock": None}
    return item(**told | {"price_min": low, "price_max": high, "min_order_quantity": None} | more)


STEPS = ((2, "10"), (100, "9"), (1000, "7.5"))


@pytest.mark.parametrize(
    ("quantity", "price", "total"),
    [(2, "10", "20"), (99, "10", "990"), (100, "9", "900"), (5000, "7.5", "37500")],
)
def test_the_ladder_is_climbed(quantity, price, total):
    found = quote(ladder(*STEPS), quantity)
    assert (found.standing, found.price, found.total) == (
        Standing.BUYABLE,
        Decimal(price),
        Decimal(total),
    )


def test_the_least_order_is_named_and_nothing_is_added_up():
    found = quote(ladder(*STEPS), 1)
    assert (found.standing, found.price, found.total, found.min_order) == (
        Standing.TOO_FEW,
        10,
        None,
        2,
    )
    assert found.note == "sells 2 or more"
    assert quote(ladder((1, "10"), moq=50), 49).standing is Standing.TOO_FEW


def test_an_unknown_price_is_not_free():
    hidden = per_sku(None, None, price_kind="hidden", flags={"private_price": True})
    found = quote(hidden, 10)
    assert (found.standing, found.price, found.total) == (Standing.PRICE_UNKNOWN, None, None)


def test_a_price_that_depends_on_the_sku_is_told_as_both():
    found = quote(per_sku("5", "9"), 10)
    assert (found.price, found.price_max, found.note) == (5, 9, "depends on the SKU")


def test_the_cheapest_at_the_quantity_comes_first_and_no_choice_last():
    offers = {
        "600000000001": quote(ladder((1, "10"), (100, "6")), 50),
        "600000000002": quote(per_sku("8", "8"), 50),
        "600000000003": quote(ladder((500, "1")), 50),
        "600000000004": quote(ladder((100, "2")), 50),
        "600000000005": quote(per_sku(None, None, price_kind="hidden"), 50),
        "600000000006": quote(per_sku("0.5", "0.5"), 50, gone="deleted"),
        "600000000007": quote(per_sku("8", "12"), 50),
    }
    assert [int(key) % 10 for key, _ in ranked(offers.items())] == [2, 7, 1, 5, 4, 3, 6]
