"""The pages: true shapes, true weights, the truth of the offer in them. No extractor is used here."""

import gzip
import json
import re

import pytest

from app.replica.cases import Era, Pricing, Standing, cycle
from app.replica.faces import money
from app.replica.offers import catalog
from app.replica.pages import document
from app.replica.pages.gone import HOME, home, off_shelf, wrong_page
from app.replica.pages.state import spec
from app.replica.values import Offer

OFFERS = [
    one for one in catalog(1, len(cycle())) if one.standing in (Standing.LIVE, Standing.SOLD_OUT)
]
PROLOGUE = "})(window.contextPath,"


def of(era: Era, **wanted: object) -> list[Offer]:
    return [
        o
        for o in OFFERS
        if o.era is era and all(getattr(o.traits, k) == v for k, v in wanted.items())
    ]


def context_text(one: Offer, *, padded: bool = False) -> str:
    page = document(one, padded=padded).decode()
    start = page.index(PROLOGUE) + len(PROLOGUE)
    return page[start : page.index(");\n</script>", start)]


def context_state(one: Offer) -> dict:
    return json.loads(re.sub(r"([{,])(\d+):", r'\1"\2":', context_text(one)))


def init_state(one: Offer) -> dict:
    page = document(one, padded=False).decode()
    return json.JSONDecoder().raw_decode(
        page, page.index("window.__INIT_DATA={") + len("window.__INIT_DATA=")
    )[0]


@pytest.mark.parametrize("one", OFFERS, ids=lambda o: f"{o.era.value}-{o.kind.name}")
def test_pages_are_the_same_each_time_and_name_their_offer(one):
    page = document(one)
    assert page == document(one)
    text = page.decode("gb18030" if one.era is Era.DETAIL_CONFIG else "utf-8")
    assert one.offer_id in text
    assert one.product.unit in text


@pytest.mark.parametrize(
    ("era", "low", "high"),
    [
        (Era.CONTEXT, 310_000, 330_000),
        (Era.INIT_DESKTOP, 310_000, 330_000),
        (Era.INIT_MOBILE, 205_000, 225_000),
        (Era.DETAIL_CONFIG, 205_000, 225_000),
    ],
)
def test_padded_pages_weigh_what_real_ones_weigh(era, low, high):
    for one in of(era):
        assert low < len(document(one)) < high


def test_the_padded_state_is_as_long_as_a_real_one_and_compresses_like_it():
    one = of(Era.CONTEXT)[0]
    assert 125_000 < len(context_text(one, padded=True)) < 135_000
    assert 50_000 < len(gzip.compress(document(one), 6)) < 80_000


def test_light_pages_stay_small():
    assert max(len(document(one, padded=False)) for one in OFFERS) < 60_000


def test_the_context_state_is_json_but_for_its_bare_keys():
    one = next(o for o in of(Era.CONTEXT) if o.skus and o.traits.weights.value != "grams")
    with pytest.raises(json.JSONDecodeError):
        json.loads(context_text(one))
    assert (
        context_state(one)["result"]["global"]["globalData"]["parametersMap"]["offerId"]
        == one.offer_id
    )


def test_the_three_branches_of_the_context_state_agree():
    for one in of(Era.CONTEXT):
        state = context_state(one)["result"]
        model = state["global"]["globalData"]["model"]
        bridge = state["data"]["Root"]["fields"]["dataJson"]
        assert model["offerDetail"]["subject"] == bridge["tempModel"]["offerTitle"] == one.title
        assert state["data"]["productTitle"]["fields"]["title"] == one.title
        assert model["tradeModel"]["canBookedAmount"] == one.stock
        assert bridge["orderParamModel"]["orderParam"]["canBookedAmount"] == one.stock


def test_context_pages_hold_what_makes_them_hard():
    texts = [context_text(one) for one in of(Era.CONTEXT)]
    assert any('"$ref":"$.result.global.globalData.model.tradeModel.skuMap[0]"' in t for t in texts)
    assert any('"freightInfo":{"$ref":' in t for t in texts)
    assert any("&gt;" in t for t in texts)
    assert any('"skuInfoMap":[]' in t for t in texts)
    assert any('"price"' not in t.split('"skuMap":[')[1].split("]")[0] for t in texts)
    assert all('"pstatus":"remind"' in t for t in texts)
    assert all(r"\u" in t for t in texts)


def test_component_ids_are_numbers_that_differ_from_template_to_template():
    ids = [set(init_state(one)["data"]) for one in of(Era.INIT_DESKTOP)]
    assert all(number.isdigit() for found in ids for number in found)
    assert len(set.union(*ids)) > 2 * max(map(len, ids))


def test_components_are_sometimes_empty_null_or_hold_null_or_a_list():
    data = [part for one in of(Era.INIT_DESKTOP) for part in init_state(one)["data"].values()]
    assert {} in data
    assert None in data
    contents = [part["data"] for part in data if part and "data" in part]
    assert None in contents
    assert any(isinstance(content, list) for content in contents)


def test_most_mobile_components_are_empty():
    data = list(init_state(of(Era.INIT_MOBILE)[0])["data"].values())
    assert data.count({}) > len(data) / 2


@pytest.mark.parametrize("one", of(Era.DETAIL_CONFIG), ids=lambda o: o.kind.name)
def test_old_pages_are_gbk_and_not_utf8(one):
    page = document(one)
    assert one.product.category[2][1] in page.decode("gb18030")
    with pytest.raises(UnicodeDecodeError):
        page.decode("utf-8")


def test_old_pages_have_client_templates_that_look_like_values():
    assert '<span class="delivery-addr">{{vars' in document(of(Era.DETAIL_CONFIG)[0]).decode(
        "gb18030"
    )


@pytest.mark.parametrize("one", OFFERS, ids=lambda o: f"{o.era.value}-{o.kind.name}")
def test_every_price_and_sku_of_the_offer_is_on_its_page(one):
    charset = "gb18030" if one.era is Era.DETAIL_CONFIG else "utf-8"
    page = document(one, padded=False).decode(charset)
    for sku in one.skus:
        assert str(sku.sku_id) in page
        assert spec(sku) in page
    for _, to_pay in one.priced if one.kind.pricing is not Pricing.HIDDEN else ():
        assert money(to_pay) in page


def test_private_prices_are_on_no_page():
    for one in OFFERS:
        if one.kind.pricing is Pricing.HIDDEN:
            page = document(one, padded=False).decode()
            assert one.priced == ()
            assert '"isPricePrivate":true' in page
            assert '"discountPrice"' not in page


def test_the_page_off_the_shelf_says_so_exactly():
    one = next(o for o in catalog(1, 20) if o.standing is Standing.OFF_SHELF)
    page = off_shelf(one).decode()
    assert '<h3 class="mod-detail-offline-title">商品已下架</h3>' in page
    assert "window.context=" not in page


def test_the_pages_behind_deleted_offers():
    assert "<title>404-阿里巴巴</title>" in wrong_page().decode()
    assert HOME.startswith("https://www.1688.com/?")
    front = home(1).decode()
    assert "<title>阿里1688</title>" in front
    assert front.count('class="price"') >= 20
