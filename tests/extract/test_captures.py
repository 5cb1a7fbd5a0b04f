"""Real pages of every era, against facts checked by hand."""

from decimal import Decimal

import pytest

from app.extract.base import Blocked, ExtractError, Snapshot
from app.extract.registry import read, read_cards, state_marks
from app.items import as_json

D = Decimal
DESKTOP, LATER = (
    "offer/context-951410798382.html",
    "offer/context-951410798382-ten-minutes-later.html",
)
MOBILE = "offer/mobile-951410798382.html"
LADDER, RANGE = (
    "offer/detail-config-569380765713.gbk.html",
    "offer/detail-config-546624160122.gbk.html",
)
PROMOTED, BEFORE = (
    "offer/init-data-597090034012.json",
    "offer/init-data-597090034012-days-earlier.json",
)
ONE_STEP, CUT, ENGLISH = (
    "offer/context-991775818085.html",
    "offer/context-991775818085-truncated.html",
    "offer/context-996518024136-english-excerpt.html",
)

FACTS = {
    DESKTOP: {
        "offer_id": "951410798382", "layout": "context", "language": "zh", "status": "on_sale", "price_kind": "single",
        "price_min": "7.00", "price_max": "7.00", "list_price_min": None, "price_tiers": [], "min_order_quantity": 1,
        "stock": 119741, "sold": {"count": 245, "text": "200+", "window": None}, "unit": "件",
        "mix_order": {"supported": False, "min_quantity": None, "min_amount": None},
        "category": {"leaf_id": "1031919", "leaf_name": "女式T恤", "second_id": None, "top_id": "10166", "path": []},
        "rating": {"score": "4.3", "good_rate": "0.843", "reviews": 66}, "lead_times": [{"min_quantity": 1, "hours": 48}],
        "freight": {"ship_from": "广东省揭阳市", "free": False, "fee": "3.00", "template_id": "338697375", "unit_weight_kg": None},
        "created_at": "2025-07-13T07:26:25Z", "modified_at": "2026-01-27T16:41:41Z",
        "flags": {"cross_border": None, "private_price": False, "presale": False, "customised": False, "promotion": False},
    },
    ONE_STEP: {
        "offer_id": "991775818085", "layout": "context", "status": "on_sale", "price_kind": "single", "price_min": "30.00",
        "price_tiers": [{"min_quantity": 2, "max_quantity": None, "price": "30.00"}], "min_order_quantity": 2, "stock": 14976,
        "sold": {"count": 748, "text": "700+", "window": "一年内"}, "rating": {"score": "4.4", "good_rate": "0.897", "reviews": 9},
    },
    ENGLISH: {
        "offer_id": "996518024136", "layout": "context", "language": "en", "status": "unknown", "price_kind": "per_sku",
        "price_min": "37.00", "price_max": "39.00", "price_tiers": [], "skus": [], "min_order_quantity": 1, "stock": None,
        "rating": {"score": "4.9", "good_rate": "0.983", "reviews": 267}, "sold": None,
    },
    PROMOTED: {
        "offer_id": "597090034012", "layout": "init_data_desktop", "status": "unknown", "price_kind": "per_sku",
        "price_min": "2.30", "price_max": "20.52", "list_price_min": "2.88", "list_price_max": "25.65", "price_tiers": [],
        "min_order_quantity": 3, "stock": 18982, "sold": {"count": 35960, "text": "3.5万+", "window": "一年内"}, "unit": "套",
        "mix_order": {"supported": True, "min_quantity": 1, "min_amount": "1.00"},
        "lead_times": [{"min_quantity": 1, "hours": 48}, {"min_quantity": 51, "hours": 360}],
        "flags": {"cross_border": True, "private_price": False, "presale": False, "customised": False, "promotion": True},
    },
    BEFORE: {"offer_id": "597090034012", "stock": 18939, "price_min": "2.30"},
    MOBILE: {
        "offer_id": "951410798382", "layout": "init_data_mobile", "status": "on_sale", "price_kind": "single",
        "price_min": "7.00", "stock": 119741, "sold": {"count": 245, "text": "200+", "window": None}, "rating": None,
    },
    LADDER: {
        "offer_id": "569380765713", "layout": "detail_config", "status": "unknown", "price_kind": "tiered",
        "price_min": "99.00", "price_max": "139.00", "min_order_quantity": 3, "stock": 15826, "unit": "个",
        "price_tiers": [
            {"min_quantity": 3, "max_quantity": 999, "price": "139.00"},
            {"min_quantity": 1000, "max_quantity": 9999, "price": "119.00"},
            {"min_quantity": 10000, "max_quantity": None, "price": "99.00"},
        ],
        "category": {"leaf_id": "121624001", "leaf_name": "智能手表", "second_id": "123754001", "top_id": "7", "path": ["数码、电脑", "智能设备", "智能手表"]},
        "mix_order": {"supported": True, "min_quantity": 3, "min_amount": "500.00"}, "video": None,
        "rating": {"score": "5", "good_rate": None, "reviews": 136}, "description_url": "https://img.alicdn.com/tfscom/TB1tct6xVYqK1RjSZLeXXbXppXa",
    },
    RANGE: {
        "offer_id": "546624160122", "layout": "detail_config", "price_kind": "per_sku", "price_min": "19.50",
        "price_max": "200.00", "price_tiers": [], "min_order_quantity": 1, "stock": 224965,
    },
}  # fmt: skip
COUNTS = {  # SKUs, axes, images, attributes
    DESKTOP: (24, 2, 5, 24),
    LATER: (24, 2, 5, 24),
    MOBILE: (24, 2, 5, 24),
    ONE_STEP: (15, 2, 5, 27),
    ENGLISH: (0, 0, 0, 0),
    PROMOTED: (10, 1, 15, 23),
    BEFORE: (10, 1, 15, 23),
    LADDER: (3, 1, 8, 46),
    RANGE: (15, 2, 7, 22),
}


@pytest.mark.parametrize(
    ("name", "field", "told"),
    [(name, field, told) for name, facts in FACTS.items() for field, told in facts.items()],
)
def test_a_real_page_tells_what_a_person_read_on_it(read_capture, name, field, told):
    assert as_json(read_capture(name))[field] == told


@pytest.mark.parametrize(("name", "counts"), COUNTS.items())
def test_nothing_of_a_real_page_is_left_out(read_capture, name, counts):
    item = read_capture(name)
    assert (len(item.skus), len(item.sku_axes), len(item.images), len(item.attributes)) == counts


@pytest.mark.parametrize("name", [name for name in COUNTS if name != ENGLISH])
def test_every_sku_has_a_value_on_every_axis_and_its_own_combination(read_capture, name):
    item = read_capture(name)
    combinations = [tuple(sku.options.values()) for sku in item.skus]
    assert len(set(combinations)) == len(combinations)
    assert {tuple(sku.options) for sku in item.skus} == {tuple(axis.name for axis in item.sku_axes)}


@pytest.mark.parametrize("name", COUNTS)
def test_every_field_that_is_known_says_where_it_was_read(read_capture, name):
    item = as_json(read_capture(name))
    known = {field for field, value in item.items() if value not in (None, [], {})}
    assert set(item["provenance"]) == known - {"currency", "layout", "provenance"}
    assert all(source["carrier"] and source["path"] for source in item["provenance"].values())


def test_prices_of_skus(read_capture):
    by_id = {sku.sku_id: sku for sku in read_capture(PROMOTED).skus}
    assert (by_id["5430796454799"].price, by_id["5430796454799"].list_price) == (
        D("4.30"),
        D("5.38"),
    )
    assert by_id["5360661557245"].weight_kg == D("0.933")
    assert {sku.price for sku in read_capture(LADDER).skus} == {None}
    old = {sku.sku_id: sku for sku in read_capture(RANGE).skus}
    assert (old["3602787562297"].price, old["3602787562297"].sold, old["3602787562297"].stock) == (
        D("27.50"),
        1191,
        4666,
    )
    assert old["3469629574978"].stock == 0


def test_the_same_page_minutes_later_is_the_same_item(read_capture):
    assert read_capture(LATER) == read_capture(DESKTOP)


NAMED_SHORTER = {"ship_from", "shop_url"}
"""Mobile pages write the place without 省 and 市, and their own address of the shop."""


def agree(desktop, mobile, path=""):
    """Paths where both carry something and differ."""
    if isinstance(desktop, dict) and isinstance(mobile, dict):
        return [
            bad
            for key in desktop.keys() & mobile.keys() - NAMED_SHORTER
            for bad in agree(desktop[key], mobile[key], f"{path}.{key}")
        ]
    if isinstance(desktop, list) and isinstance(mobile, list) and desktop and mobile:
        if len(desktop) != len(mobile):
            return [path]
        return [
            bad
            for n, pair in enumerate(zip(desktop, mobile, strict=True))
            for bad in agree(*pair, f"{path}[{n}]")
        ]
    known = desktop not in (None, [], {}) and mobile not in (None, [], {})
    return [path] if known and desktop != mobile else []


def test_the_mobile_twin_agrees_wherever_both_tell(read_capture):
    desktop, mobile = as_json(read_capture(DESKTOP)), as_json(read_capture(MOBILE))
    for item in (desktop, mobile):
        del item["provenance"], item["layout"]
    for sku in mobile["skus"]:
        sku["sold"] = sku["sold"] or None
    assert agree(desktop, mobile) == []


def test_the_cut_page_is_refused_as_cut(capture):
    with pytest.raises(ExtractError) as refused:
        read(Snapshot(document=capture(CUT)))
    assert refused.value.type == "Truncated"


BLOCKS = {
    "login-jump.html": "login",
    "mtop-refusal.json": "slider",
    "punish-page-2021.html": "slider",
    "punish-redirect.html": "slider",
    "security-x5.html": "slider",
    "slider-rendered.html": "slider",
}


@pytest.mark.parametrize(("name", "rule"), BLOCKS.items())
def test_every_block_is_seen(capture, name, rule):
    with pytest.raises(Blocked) as blocked:
        read(
            Snapshot(
                document=capture(f"blocks/{name}"),
                url="https://detail.1688.com/offer/745785638968.html",
            )
        )
    assert blocked.value.rule == rule


def test_no_other_capture_is_taken_for_a_block(captures):
    for path in sorted(captures.rglob("*.*")):
        if path.parent.name in {"blocks", captures.name}:
            continue
        try:
            read_cards(path.read_bytes()) or read(Snapshot(document=path.read_bytes()))
        except ExtractError as refused:
            assert refused.type != "Blocked", path.name  # noqa: PT017 - other refusals are right


def test_one_of_the_marks_stands_in_every_page_with_state(capture):
    for name in (DESKTOP, ONE_STEP, ENGLISH, MOBILE, LADDER, RANGE, CUT):
        document = capture(name)
        assert any(mark in document for mark in state_marks()), name
    shell = capture("search/offer_search-shell.html")
    assert not any(mark in shell for mark in state_marks())


def test_search_answers_give_cards(capture):
    cards = read_cards(capture("search/getOfferList-storage-page-1.json"))
    assert len(cards) == 50
    assert sum(card.is_ad for card in cards) == 21
    first = as_json(cards[0])
    assert first["offer_id"] == "1044758622412"
    assert "<font" not in first["title"]
    assert (first["price"], first["is_ad"], first["position"], first["page"]) == (
        "25.90",
        True,
        1,
        1,
    )
    assert first["sold"] == {"count": 1200, "text": "1200+", "window": None}
    assert (first["repurchase_rate"], first["province"], first["city"]) == (
        "0.18",
        "浙江",
        "金华市",
    )
    assert first["supplier"]["member_id"] == "b2b-2215851444937e78b1"
    lamps = {
        card.offer_id: card for card in read_cards(capture("search/getOfferList-lamp-page-1.json"))
    }
    assert len(lamps) == 20
    assert [
        (t.min_quantity, t.max_quantity, t.price) for t in lamps["858939846300"].price_tiers
    ] == [(1, 9, D(218)), (10, 99, D(198)), (100, None, D(189))]
    assert lamps["858939846300"].price_kind_text == "券后价"
    assert lamps["807322563406"].image_url.endswith(
        "O1CN01UqFTOO1MjJJiV3R68_!!2000991470-0-cib.jpg"
    )
    assert lamps["807322563406"].sold.text is None
    assert lamps["807322563406"].sold.count == 19284
    assert lamps["834086642274"].supplier.shop_url == "https://huishiyun.1688.com"


def test_shop_answers_give_cards(capture):
    best = read_cards(capture("shop/moduledata-best-sellers.json"))
    assert [(card.offer_id, card.price, card.repurchase_rate) for card in best] == [
        ("824828511612", D("0.14"), D("0.65")),
        ("658166155613", D("0.09"), None),
    ]
    assert (
        best[0].image_url
        == "https://cbu01.alicdn.com/img/ibank/O1CN01ZJoaD91fsuN6ENRhh_!!2211117144063-0-cib.jpg"
    )
    assert [
        card.offer_id
        for name in ("page-1", "page-2")
        for card in read_cards(capture(f"shop/offerlist-{name}.json"))
    ] == [f"90000000020{n}" for n in (1, 2, 2, 3)]
    ordinary = read_cards(capture("shop/offerlist-ordinary-store.json"))
    assert (ordinary[0].sold.text, ordinary[0].price) == ("300+", D("19.90"))
    assert read_cards(capture("shop/categories.json")) is None


def test_success_without_a_list_is_not_an_empty_shop(capture):
    with pytest.raises(ExtractError) as refused:
        read_cards(capture("shop/moduledata-success-but-empty.json"))
    assert refused.value.rule == "empty_answer"
