"""What counts as a change: laws over any items, and the cases that pages are known for."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import items
from app.items import OfferItem, PriceKind, Sku, Status
from app.store.content import content_of
from app.store.differences import ADDED, REMOVED, STOCKS, apply, diff, revert
from app.store.facts import KEYED, NOT_COMPARED, RULES, Kind, facts_of
from app.store.memory import Memory, gone_by, learn
from tests.samples import any_item, item

ANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
ABSENT = {*ADDED, *REMOVED, Kind.GONE, Kind.BACK}


def changed(offer: OfferItem, **changes) -> OfferItem:
    return OfferItem.model_validate(offer.model_dump() | changes)


def told(before: OfferItem, now: OfferItem) -> list[tuple]:
    return [
        (one.kind.value, one.field, one.key, one.before, one.after) for one in diff(before, now)
    ]


@st.composite
def two_items(draw) -> tuple[OfferItem, OfferItem]:
    """Two items that have much in common: most fields of the second are the first's."""
    first, other = draw(any_item()), draw(any_item())
    prices = ("price_kind", "price_min", "price_max", "price_tiers")
    skus = ("sku_axes", "skus")
    groups = [[name] for name in OfferItem.model_fields if name not in (*prices, *skus)]
    taken = draw(st.sets(st.sampled_from([*map(tuple, groups), prices, skus])))
    update = {name: getattr(other, name) for group in taken for name in group}
    return first, first.model_copy(update=update)


# -- laws ------------------------------------------------------------------------------------------


@ANY
@given(one=any_item())
def test_nothing_differs_from_itself(one):
    assert diff(one, one) == ()


@ANY
@given(pair=two_items())
def test_no_difference_is_about_the_unknown(pair):
    for one in diff(*pair):
        assert one.kind in ABSENT or (one.before is not None and one.after is not None)
        assert one.kind not in ADDED or (one.before is None and one.after is not None)
        assert one.kind not in REMOVED or (one.before is not None and one.after is None)
        assert one.before != one.after


@ANY
@given(pair=two_items())
def test_differences_come_in_one_order(pair):
    fields = list(RULES)
    places = [fields.index(one.field) for one in diff(*pair)]
    assert places == sorted(places)
    assert diff(*pair) == diff(*pair)


@ANY
@given(chain=st.lists(any_item(), min_size=2, max_size=4) | two_items())
def test_a_chain_of_differences_leads_from_the_first_to_the_last_and_back(chain):
    memory, known = Memory(), facts_of(chain[0])
    steps = []
    for before, now in pairwise(chain):
        learned = learn(before, memory, now)
        steps.append((known, learned.differences))
        memory = learned.memory
        after = memory.known(facts_of(now))
        moved = apply(known, learned.differences)
        for name, keys in moved.items():
            for key, value in keys.items():
                if _is_compared(name, before, now):
                    assert after[name][key] == value, (name, key)
        known = after
    for before_known, differences in reversed(steps):
        back = revert(known, differences)
        for name, keys in before_known.items():
            for key, value in keys.items():
                if (name, key) in {(one.field, one.key) for one in differences}:
                    assert back[name][key] == value, (name, key)
        known = before_known


def _is_compared(name: str, before: OfferItem, now: OfferItem) -> bool:
    rule = RULES[name]
    return not (
        (rule.by_layout and before.layout != now.layout)
        or (rule.by_language and before.language != now.language)
    )


@ANY
@given(
    before=st.lists(st.sampled_from("abcd"), min_size=1, max_size=6),
    after=st.lists(st.sampled_from("abcd"), min_size=1, max_size=6),
)
def test_galleries_go_forwards_and_backwards_exactly(before, after):
    differences = diff(
        item(images=[f"https://a/{one}" for one in before]),
        item(images=[f"https://a/{one}" for one in after]),
    )
    was, now = ({"images": {"": [f"https://a/{one}" for one in urls]}} for urls in (before, after))
    assert apply(was, differences) == now
    assert revert(now, differences) == was


def test_every_field_of_an_item_is_compared_or_known_not_to_be():
    content = content_of(item())
    parts = {name.split(".")[0] for name in RULES}
    assert parts | set(NOT_COMPARED) == set(content)
    assert set(KEYED) <= set(RULES)


@pytest.mark.parametrize("part", ["freight", "supplier", "flags", "category", "mix_order", "video"])
def test_every_part_of_a_part_is_compared(part):
    fields = {
        "freight": "Freight", "supplier": "Supplier", "flags": "Flags", "category": "Category",
        "mix_order": "MixOrder", "video": "Video",
    }  # fmt: skip
    model = getattr(items, fields[part])
    counters = {"service_score", "repeat_rate", "years"}
    wanted = {f"{part}.{name}" for name in model.model_fields if name not in counters}
    assert wanted == {name for name in RULES if name.startswith(f"{part}.")}


# -- cases -----------------------------------------------------------------------------------------


def test_a_price_of_a_ladder():
    before = item()
    tiers = [tier.model_dump() for tier in before.price_tiers]
    tiers[1]["price"] = Decimal("18.00")
    assert told(before, changed(before, price_tiers=tiers)) == [
        ("price", "price_tiers", "11", "18.50", "18.00")
    ]


def test_a_step_that_comes_or_goes():
    assert told(item(steps=2), item(steps=3)) == [
        ("tier_added", "price_tiers", "21", None, "17.50")
    ]
    assert told(item(steps=3), item(steps=2)) == [
        ("tier_removed", "price_tiers", "21", "17.50", None)
    ]


def test_stock_that_runs_out_and_comes_back_is_told_apart():
    def of(number):
        offer = item()
        skus = [sku.model_dump() for sku in offer.skus]
        skus[2]["stock"] = number
        return changed(offer, skus=skus, stock=number)

    assert [one[0] for one in told(of(20), of(0))] == ["stock_out", "stock_out"]
    assert [one[0] for one in told(of(0), of(5))] == ["restock", "restock"]
    assert told(of(20), of(5)) == [
        ("stock", "skus.stock", "4998", 20, 5),
        ("stock", "stock", "", 20, 5),
    ]


def test_a_sku_comes_with_all_that_is_known_of_it():
    before, now = item(colours=2), item(colours=3)
    sku = {"options": {"颜色": "色2"}, "stock": 20, "weight_kg": "0.25"}
    assert told(before, now) == [
        ("sku_added", "skus", "4998", None, sku),
        ("options", "sku_axes", "颜色", ["色0", "色1"], ["色0", "色1", "色2"]),
    ]
    assert told(now, before)[0] == ("sku_removed", "skus", "4998", sku, None)


def test_a_sku_that_is_priced_for_the_first_time_has_no_new_price():
    before = item()
    skus = [sku.model_dump() | {"price": Decimal(3)} for sku in before.skus]
    assert told(before, changed(before, skus=skus)) == []


@pytest.mark.parametrize(
    "unknown",
    [
        {"stock": None}, {"unit": None}, {"images": []}, {"attributes": []}, {"supplier": None},
        {"status": Status.UNKNOWN}, {"created_at": None}, {"min_order_quantity": None},
    ],
    ids=lambda told: next(iter(told)),
)  # fmt: skip
def test_the_unknown_is_no_change_in_either_direction(unknown):
    known = item(min_order_quantity=3)
    assert told(known, changed(known, **unknown)) == []
    assert told(changed(known, **unknown), known) == []


def test_a_layout_that_tells_less_removes_nothing():
    rich = item(
        attributes=[{"name": "材质", "values": ["棉"]}, {"name": "货号", "values": ["1"]}],
        freight={"ship_from": "浙江省金华市"},
    )
    poor = item(
        layout="other",
        pictures=1,
        attributes=[{"name": "材质", "values": ["麻"]}],
        freight={"ship_from": "浙江 金华"},
    )
    assert told(rich, poor) == [("attribute", "attributes", "材质", ["棉"], ["麻"])]
    assert told(rich, changed(rich, attributes=rich.attributes[:1])) == [
        ("attribute_removed", "attributes", "货号", ["1"], None)
    ]


def test_a_translated_page_changes_no_words():
    assert told(item(), item(language="en", title="Hat", unit="piece")) == []


def test_a_hidden_price_is_not_a_removed_price():
    per_sku = item(
        steps=0,
        price_kind=PriceKind.PER_SKU,
        skus=[Sku(sku_id="1", options={"颜色": "色0"}, price=Decimal(4))],
    )
    hidden = changed(
        per_sku,
        price_kind="hidden", price_min=None, price_max=None,
        skus=[Sku(sku_id="1", options={"颜色": "色0"})],
    )  # fmt: skip
    assert told(per_sku, hidden) == [("price_kind", "price_kind", "", "per_sku", "hidden")]


def test_a_ladder_that_gave_way_to_prices_of_skus_is_removed():
    ladder = item(steps=2)
    skus = [sku.model_dump() | {"price": Decimal(3)} for sku in ladder.skus]
    per_sku = changed(ladder, price_tiers=[], price_kind="per_sku", skus=skus)
    assert [one[:3] for one in told(ladder, per_sku)] == [
        ("price_kind", "price_kind", ""),
        ("tier_removed", "price_tiers", "1"),
        ("tier_removed", "price_tiers", "11"),
    ]


def test_pictures_that_change_places():
    before, after = item(pictures=3), item(pictures=3)
    turned = changed(after, images=list(reversed(after.images)))
    assert [one[0] for one in told(before, turned)] == ["image_order"]


# -- what is remembered ----------------------------------------------------------------------------


def learn_all(*pages, views=None):
    """The differences that each page brings after those before it."""
    memory, found = Memory(), []
    for number, (before, now) in enumerate(pairwise(pages)):
        learned = learn(before, memory, now, view=(views or [""] * 9)[number + 1])
        memory = Memory.read(learned.memory.as_json())
        found.append(
            [(one.kind.value, one.view, one.before, one.after) for one in learned.differences]
        )
    return found


def test_a_gap_does_not_hide_what_changed_across_it():
    pages = (item(stock=12), item(stock=None), item(stock=None), item(stock=9))
    assert learn_all(*pages) == [[], [], [("stock", "", 12, 9)]]


def test_nothing_is_remembered_that_the_page_tells():
    assert learn(item(), Memory(), item(stock=3)).memory.as_json() is None


def price(low: str, **more) -> OfferItem:
    return item(steps=0, price_min=Decimal(low), price_max=Decimal(low), **more)


def test_prices_of_a_buyer_are_compared_with_that_buyers_alone():
    pages = [price("10"), price("9"), price("10"), price("8", stock=3), price("9.5"), price("7")]
    views = ["", "ann", "", "ann", "", "bob"]
    assert learn_all(*pages, views=views) == [
        [],
        [],
        [
            ("stock", "", 1200, 3),
            ("price", "ann", "9.00", "8.00"),
            ("price", "ann", "9.00", "8.00"),
        ],
        [("price", "", "10.00", "9.50"), ("price", "", "10.00", "9.50"), ("stock", "", 3, 1200)],
        [],
    ]


def test_a_removed_sku_is_not_remembered():
    learned = learn(item(colours=3), Memory(), item(colours=2))
    assert learned.memory.as_json() is None


def test_what_another_layout_told_is_not_removed_later():
    two = [{"name": "材质", "values": ["棉"]}, {"name": "货号", "values": ["1"]}]
    rich, poor = item(attributes=two), item(layout="other", attributes=two[:1])
    assert learn_all(rich, poor, poor, rich) == [[], [], []]


def test_gone_and_back_are_differences_of_the_status():
    offer = item()
    gone = gone_by("deleted", offer, Memory())
    assert (gone.kind, gone.key, gone.before, gone.after) == (
        "gone", "deleted", "on_sale", "off_shelf",
    )  # fmt: skip
    assert revert(apply(facts_of(offer), [gone]), [gone]) == facts_of(offer)
    kept = offer.model_copy(update={"status": Status.OFF_SHELF})
    learned = learn(kept, Memory(), item(stock=5), gone="deleted")
    assert [one.kind.value for one in learned.differences] == ["back", "stock"]


def test_stock_words_are_the_three():
    assert {kind.value for kind in STOCKS} == {"stock", "stock_out", "restock"}
