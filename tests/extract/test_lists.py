"""Search and shop answers in small: what is a card, what is an ad, what is neither."""

import json

import pytest

from app.extract.base import Blocked
from app.extract.registry import read_cards
from app.items import as_json


def search(*items, wrap="{}"):
    answer = json.dumps({"data": {"data": {"OFFER": {"found": 2000, "items": list(items)}}}})
    return wrap.format(answer).encode()


def card(**more):
    return {
        "data": {
            "offerId": 610947572360,
            "title": "好<font color=red>水杯</font>&amp;盖",
            "linkUrl": "http://detail.m.1688.com/x",
            **more,
        }
    }


def test_a_card_without_an_offer_is_dropped():
    others = [
        card(offerId=0),
        card(title=""),
        {"cellType": "sas_query_card", "data": {"offerId": 0}},
        {"data": None},
        None,
    ]
    cards = read_cards(search(card(), *others))
    assert [(c.offer_id, c.title) for c in cards] == [("610947572360", "好水杯&盖")]


def test_one_broken_card_does_not_cost_the_others():
    assert (
        len(read_cards(search(card(), card(offerId=5), card(priceInfo={"price": "9" * 16})))) == 1
    )


@pytest.mark.parametrize(
    "ad",
    [
        card(linkUrl="https://detailp4p.1688.com/buyer/offerdetail/1.html"),
        card(linkUrl="https://dj.1688.com/ci_bb?a=1"),
        {**card(), "trackInfo": {"expoArgs": {"ext_expo_data": "a@b^_p_isad@1^position@3"}}},
    ],
)
def test_ads_are_marked_and_their_links_are_nowhere(ad):
    told = read_cards(search(ad, card(isP4P=True)))
    assert [one.is_ad for one in told] == [True, False]
    assert "detailp4p" not in json.dumps([as_json(one) for one in told])


@pytest.mark.parametrize("wrap", ["{}", " mtopjsonp3({})", "mtopjsonpOfferList( {} );", "\ufeff{}"])
def test_answers_may_come_wrapped(wrap):
    assert len(read_cards(search(card(), wrap=wrap))) == 1


@pytest.mark.parametrize(
    ("more", "sold"),
    [
        (
            {"afterPrice": {"text": "已售1.9万+件"}, "bookedCount": "5"},
            {"count": 19000, "text": "1.9万+", "window": None},
        ),
        (
            {"afterPrice": {"text": "全网1.5万+件"}, "bookedCount": "5"},
            {"count": 5, "text": None, "window": "30天"},
        ),
        ({"afterPrice": {}, "bookedCount": "0"}, None),
        ({"bookedCount": ""}, None),
    ],
)
def test_sales_of_the_whole_platform_are_not_the_offers(more, sold):
    assert as_json(read_cards(search(card(**more)))[0])["sold"] == sold


@pytest.mark.parametrize(
    ("written", "tiers"),
    [
        ([("1~299件", "5"), ("≥300件", "4.5")], [(1, 299), (300, None)]),
        ([("≥1200个", "0.06")], [(1200, None)]),
        ([("≥300件", "4.5"), ("1~299件", "5")], []),
        ([("若干", "5"), (None, "5")], []),
        ([], []),
    ],
)
def test_prices_by_quantity(written, tiers):
    prices = {
        "quantityPrices": [{"quantity": quantity, "value": value} for quantity, value in written]
    }
    got = read_cards(search(card(shopAddition=prices)))[0].price_tiers
    assert [(tier.min_quantity, tier.max_quantity) for tier in got] == tiers


def test_a_shop_without_offers_has_no_list():
    assert read_cards(b'{"data":{"content":{"offerCount":"0"}}}') == []
    assert read_cards(b'{"data":{"content":{"offerCount":"3"}}}') is None


def test_a_refused_answer_is_a_block():
    with pytest.raises(Blocked) as blocked:
        read_cards(b'{"ret":["FAIL_SYS_SESSION_EXPIRED::x"],"data":{}}')
    assert blocked.value.rule == "login"


@pytest.mark.parametrize("document", [b"", b"<html></html>", b"[]", b'{"a":1}', b"var x=1"])
def test_other_documents_are_no_lists(document):
    assert read_cards(document) is None
