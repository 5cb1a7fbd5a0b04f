"""The site's known traps, one test each (numbers: the list of pitfalls in the notes on offer pages)."""

import json
from decimal import Decimal

import pytest

from app.extract.base import FieldMissing, Gone, Invalid, LayoutUnknown, Snapshot, Truncated
from app.extract.registry import read
from app.items import PriceKind, Status, as_json

D = Decimal


def prices(item):
    return item.price_kind, item.price_min, item.price_max


def without_provenance(item):
    return item.model_copy(update={"provenance": {}})


def test_1_bare_numeric_keys_are_quoted_outside_strings_only(page):
    page.offer["subject"] = 'a,12:30 {5:x} "7:8,9:1" \\'
    page.model["detailDescription"] = {
        "freightInfo": {"skuWeight": {"5000000001": 0.18, "5000000002": 0.2}}
    }
    literal = json.dumps(page.state(), ensure_ascii=False)
    for number in (1, 2):
        literal = literal.replace(f'"500000000{number}":', f"500000000{number} :")
    with pytest.raises(json.JSONDecodeError):
        json.loads(literal)
    item = read(Snapshot(document=page.html(literal)))
    assert item.title == 'a,12:30 {5:x} "7:8,9:1" \\'
    assert [sku.weight_kg for sku in item.skus] == [D("0.18"), D("0.2"), None, None]


def test_2_references_are_followed_and_circles_cut(page):
    rows = page.trade.pop("skuMap")
    page.trade["tradeWithoutPromotion"] = {
        "skuMapOriginal": [{"$ref": f"$.result.data.mainPrice.fields.rows[{n}]"} for n in range(4)]
    }
    page.modules["mainPrice"] = {"rows": rows}
    page.model["detailDescription"] = {
        "freightInfo": {"$ref": "$.result.data.shippingServices.fields.freightInfo"}
    }
    page.modules["shippingServices"] = {
        "freightInfo": {
            "location": "广东省广州市",
            "skuWeight": {"$ref": "$.result.data.x.fields.a"},
        }
    }
    page.modules["x"] = {
        "a": {"$ref": "$.result.data.x.fields.b"},
        "b": {"$ref": "$.result.data.x.fields.a"},
    }
    item = page.read()
    assert len(item.skus) == 4
    assert item.freight.ship_from == "广东省广州市"
    assert item.skus[0].weight_kg is None


def test_2_a_maze_of_references_is_given_up_quickly(page):
    knot = "$." + ".".join(["result"] * 1) + ".k" * 400
    page.trade["offerPriceModel"]["currentPrices"] = [{"$ref": knot}] * 50
    state = page.state()
    state["result"]["k"] = {"$ref": knot}
    assert prices(read(Snapshot(document=json.dumps(state).encode()))) == (
        PriceKind.PER_SKU,
        D("5.00"),
        D("9.50"),
    )


def test_3_an_offer_without_skus_has_an_empty_list_for_a_map(page):
    page.without_skus()
    page.modules["Root"] = {
        "dataJson": {"skuModel": {"skuInfoMap": [], "skuPriceScale": "8.80"}, "isSkuOffer": False}
    }
    page.trade["offerPriceModel"] = {"currentPrices": [{"beginAmount": "2", "price": "8.80"}]}
    item = page.read()
    assert item.skus == []
    assert prices(item) == (PriceKind.SINGLE, D("8.80"), D("8.80"))
    assert as_json(item)["price_tiers"] == [
        {"min_quantity": 2, "max_quantity": None, "price": "8.80"}
    ]


def test_4_skus_of_a_ladder_have_no_price(page):
    item = page.ladder((2, "30.00"), (100, "28.00"), (500, "25.50")).read()
    assert prices(item) == (PriceKind.TIERED, D("25.50"), D("30.00"))
    assert [(t.min_quantity, t.max_quantity, t.price) for t in item.price_tiers] == [
        (2, 99, D("30.00")),
        (100, 499, D("28.00")),
        (500, None, D("25.50")),
    ]
    assert {sku.price for sku in item.skus} == {None}


def test_4_a_ladder_of_two_steps_decides_even_if_skus_carry_prices(page):
    kept = [dict(row) for row in page.trade["skuMap"]]
    page.ladder((2, "30.00"), (100, "28.00")).trade["skuMap"] = kept
    item = page.read()
    assert prices(item) == (PriceKind.TIERED, D("28.00"), D("30.00"))
    assert {sku.price for sku in item.skus} == {None}


def test_4_a_ladder_that_does_not_ascend_is_refused(page):
    with pytest.raises(Invalid):
        page.ladder((2, "30.00"), (2, "28.00")).read()


def test_prices_say_which_of_the_places_decided(page):
    assert page.read().provenance["price_min"].path.endswith(".tradeModel.skuMap")
    ladder = page.ladder((2, "30.00"), (100, "28.00")).read()
    assert ladder.provenance["price_min"].path.endswith(".offerPriceModel.currentPrices")


def test_5_the_two_rows_of_a_sku_price_are_a_range_and_no_ladder(page):
    item = page.read()
    assert prices(item) == (PriceKind.PER_SKU, D("5.00"), D("9.50"))
    assert item.price_tiers == []


def test_5_nor_are_they_where_their_quantities_differ(page):
    page.trade["offerPriceModel"]["currentPrices"][0]["beginAmount"] = 1
    assert page.read().price_tiers == []


def test_5_a_range_without_skus_is_no_ladder_either(page):
    page.without_skus()
    item = page.read()
    assert prices(item) == (PriceKind.PER_SKU, D("5.00"), D("9.50"))
    assert item.price_tiers == []


def test_6_specs_are_split_at_the_entity_and_names_may_hold_the_sign(page):
    assert [sku.options for sku in page.read().skus] == [
        {"颜色": "红", "尺码": "S"},
        {"颜色": "红", "尺码": "M;1"},
        {"颜色": "A>B", "尺码": "S"},
        {"颜色": "A>B", "尺码": "M;1"},
    ]


def test_6_three_axes_are_read(page):
    page.offer["skuProps"] = [
        *page.offer["skuProps"],
        {"prop": "套餐", "value": [{"name": "甲【新】"}, {"name": "乙（2+1）"}]},
    ]
    for row in page.trade["skuMap"]:
        row["specAttrs"] += "&gt;乙（2+1）"
    assert {sku.options["套餐"] for sku in page.read().skus} == {"乙（2+1）"}


def test_6_a_spec_that_no_axis_explains_is_refused(page):
    page.trade["skuMap"][0]["specAttrs"] = "紫&gt;S"
    with pytest.raises(Invalid) as refused:
        page.read()
    assert (refused.value.rule, refused.value.field) == ("sku_options", "skus")


def test_7_skus_without_stock_stay_listed(page):
    assert [sku.stock for sku in page.read().skus] == [10, 10, 10, 0]


def test_8_9_grammes_become_kilogrammes_and_zero_sizes_are_unknown(page):
    page.modules["productPackInfo"] = {
        "pieceWeightScale": {
            "pieceWeightScaleInfo": [
                {"skuId": 5000000001, "weight": 180, "length": 34.0, "width": 0, "height": 0.0}
            ]
        }
    }
    page.model["detailDescription"] = {
        "freightInfo": {"skuWeight": {"5000000001": 0.5, "5000000002": 0.25}, "unitWeight": 0}
    }
    first, second, *_ = page.read().skus
    assert (first.weight_kg, first.length_cm, first.width_cm, first.height_cm) == (
        D("0.18"),
        D(34),
        None,
        None,
    )
    assert second.weight_kg == D("0.25")


def init_data(components, **more):
    state = {
        "data": components,
        "globalData": {
            "tempModel": {"offerId": "610947572360", "offerTitle": "样例水杯"},
            "orderParamModel": {
                "orderParam": {
                    "beginNum": 1,
                    "skuParam": {
                        "skuPriceType": "rangePrice",
                        "skuRangePrices": [{"price": "8.80", "beginAmount": "1"}],
                    },
                }
            },
            "isSkuOffer": False,
            **more,
        },
    }
    return f"<html><script>window.__GLOBAL_DATA={{}}; window.__INIT_DATA={json.dumps(state)}</script><script>var d=window.__INIT_DATA || {{}};</script></html>".encode()


@pytest.mark.parametrize(
    "empty",
    [
        {},
        None,
        {"componentType": "@ali/tdmod-od-pc-offer-title", "data": None},
        {"componentType": "@ali/tdmod-od-pc-offer-title", "data": []},
        [],
    ],
)
def test_10_components_may_be_empty_in_every_way(empty):
    item = read(
        Snapshot(
            document=init_data(
                {
                    "1": empty,
                    "2": {
                        "componentType": "@ali/tdmod-od-pc-attribute-new",
                        "data": [{"name": "材质", "values": ["玻璃"]}],
                    },
                }
            )
        )
    )
    assert item.layout == "init_data_desktop"
    assert as_json(item)["attributes"] == [{"name": "材质", "values": ["玻璃"]}]


@pytest.mark.parametrize(
    "prefix", ["@ali/tdmod-od-pc", "@ali/tdmod-od-gyp-pc", "@ali/tdmod-kj-od-pc"]
)
def test_11_components_are_found_by_the_end_of_their_type(prefix):
    number = str(abs(hash(prefix)))
    item = read(
        Snapshot(
            document=init_data(
                {
                    number: {
                        "componentType": f"{prefix}-offer-title",
                        "data": {"saleNum": "400+", "saleCountDate": "一年内"},
                    }
                }
            )
        )
    )
    assert (item.sold.text, item.sold.window) == ("400+", "一年内")


def test_12_sold_is_the_offers_own_and_not_the_platforms(page):
    page.trade["saleCount"] = 245
    page.modules["productTitle"] = {
        "saleNum": "3.4万+",
        "saleCountDate": "全网销量",
        "scrollInfo": [
            {"prefix": "已售", "text": "200+"},
            {"prefix": "全网销量", "text": "3.4万+"},
        ],
    }
    sold = page.read().sold
    assert (sold.count, sold.text, sold.window) == (245, "200+", None)


def test_13_a_promotion_keeps_both_prices(page):
    for row in page.trade["skuMap"]:
        row["discountPrice"] = {"5.00": "4.00", "9.50": "9.50"}[row["price"]]
    item = page.read()
    assert prices(item) == (PriceKind.PER_SKU, D("4.00"), D("9.50"))
    assert (item.list_price_min, item.list_price_max) == (D("5.00"), D("9.50"))
    assert [(sku.price, sku.list_price) for sku in item.skus][1:3] == [
        (D("4.00"), D("5.00")),
        (D("9.50"), None),
    ]
    assert item.flags.promotion is True


def test_13_without_a_promotion_there_is_no_list_price(page):
    item = page.read()
    assert (item.list_price_min, item.list_price_max, item.flags.promotion) == (None, None, False)


def test_14_a_translated_title_is_marked(page):
    page.offer["subject"] = "Women's Dress"
    assert page.read().language == "en"


def test_15_old_pages_in_gbk_are_read_even_where_bytes_are_broken(old_page):
    item = read(
        Snapshot(document=old_page.encode("gbk").replace("描述".encode("gbk"), b"\xff\xfe\x81"))
    )
    assert item.title == "样例手环"
    assert item.layout == "detail_config"


def test_16_17_ids_are_text_whether_served_as_numbers_or_text(page):
    page.offer["offerId"] = "610947572360"
    page.modules["Root"] = {"dataJson": {"offerBaseInfo": {"buyerLoginId": 0, "buyerUserId": 0}}}
    item = page.read()
    assert item.offer_id == "610947572360"
    assert "0" not in {source.path for source in item.provenance.values()}


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_18_a_page_cut_anywhere_in_its_state_is_refused(page, share):
    document = page.html()
    start, end = document.index(b'{"result"'), document.index(b");\n</script>")
    with pytest.raises(Truncated):
        read(Snapshot(document=document[: int(start + (end - start) * share)]))


def test_18_so_is_one_cut_before_its_state(page):
    document = page.html()
    with pytest.raises(Truncated):
        read(Snapshot(document=document[: document.index(b"(window.contextPath")]))


def test_18_and_an_old_page_cut_after_its_state(old_page):
    document = old_page.encode("gbk")
    with pytest.raises(Truncated):
        read(Snapshot(document=document[: document.index(b"de-feature")]))


def test_19_the_home_page_after_a_deletion_is_no_offer():
    home = '<html><head><title>阿里1688</title></head><body><a href="https://detail.1688.com/offer/999999999.html">¥9.90</a></body></html>'.encode()
    asked = "https://detail.1688.com/offer/610947572360.html"
    for final in (
        "https://www.1688.com/?spm=a260k.24848612.notfound&theme=index",
        "https://page.1688.com/shtml/static/wrongpage.html",
    ):
        with pytest.raises(Gone) as gone:
            read(Snapshot(document=home, url=asked, final_url=final))
        assert gone.value.rule == "deleted"
    with pytest.raises(LayoutUnknown):
        read(Snapshot(document=home, url=asked, final_url=asked))


def test_21_remind_is_a_live_offer_and_only_the_page_decides(page):
    page.modules["submitOrder"] = {"pstatus": "remind"}
    assert page.read().status is Status.ON_SALE
    selling = page.offer["offerSystemAttributes"].pop("selling")
    assert page.read().status is Status.UNKNOWN
    page.offer["offerSystemAttributes"]["selling"] = selling
    del page.offer["status"]
    assert page.read().status is Status.UNKNOWN
    page.offer["offerSystemAttributes"]["selling"] = False
    assert page.read().status is Status.OFF_SHELF


def test_22_an_empty_place_is_unknown(page):
    page.model["detailDescription"] = {"freightInfo": {"location": "", "totalCost": 3.0}}
    assert page.read().freight.ship_from is None


@pytest.mark.parametrize("none", [{"videoId": 0, "state": 0}, {"videoId": "0"}, {}, None])
def test_23_a_sign_for_video_is_not_a_video(page, none):
    page.offer["wirelessVideo"] = none
    page.offer["offerSign"]["offerModelSign"] = {"isSupportVideo": True}
    assert page.read().video is None


def test_24_declared_stock_is_taken_as_it_is(page):
    page.trade["canBookedAmount"] = 999_999
    assert page.read().stock == 999_999
    page.trade["canBookedAmount"] = 0
    assert page.read().stock == 0


def test_25_only_the_fields_decide_whether_two_pages_are_equal(page):
    first = page.read()
    page.model["traceId"] = "another"
    page.trade["skuMap"].reverse()
    assert without_provenance(page.read()) == without_provenance(first)


def test_hidden_prices_are_null_and_not_zero(page):
    page.modules["submitOrder"] = {"isPricePrivate": True}
    item = page.read()
    assert prices(item) == (PriceKind.HIDDEN, None, None)
    assert {sku.price for sku in item.skus} == {None}
    assert item.flags.private_price is True
    assert item.flags.promotion is None


def test_masked_prices_are_hidden(page):
    page.ladder((1, "**.**")).trade["priceDisplay"] = "**.**"
    assert page.read().price_kind is PriceKind.HIDDEN


def test_one_price_for_all_skus_is_single(page):
    for row in page.trade["skuMap"]:
        row["price"] = "7.00"
    page.trade["offerPriceModel"]["currentPrices"] = [{"beginAmount": 2, "price": "7.00"}]
    item = page.read()
    assert prices(item) == (PriceKind.SINGLE, D("7.00"), D("7.00"))
    assert item.price_tiers == []
    assert {sku.price for sku in item.skus} == {D("7.00")}


def test_a_ladder_of_one_step_is_single_and_keeps_its_step(page):
    item = page.ladder((2, "30.00")).read()
    assert item.price_kind is PriceKind.SINGLE
    assert as_json(item)["price_tiers"] == [
        {"min_quantity": 2, "max_quantity": None, "price": "30.00"}
    ]


@pytest.mark.parametrize(("cut", "field"), [("skuMap", "skus"), ("offerPriceModel", "price_min")])
def test_half_an_offer_is_refused(page, cut, field):
    del page.trade[cut]
    if cut == "offerPriceModel":
        page.without_skus()
    with pytest.raises(FieldMissing) as missing:
        page.read()
    assert missing.value.field == field


@pytest.mark.parametrize(
    ("cut", "field"), [("offerId", "offer_id"), ("subject", "title"), ("skuProps", "sku_axes")]
)
def test_what_no_offer_goes_without_is_missed(page, cut, field):
    del page.offer[cut]
    with pytest.raises(FieldMissing) as missing:
        page.read()
    assert missing.value.field == field


@pytest.mark.parametrize("wrong", ["-3.00", "￥-3.00", -3, "9" * 12])
def test_a_price_no_one_can_mean_is_refused(page, wrong):
    page.trade["skuMap"][0]["price"] = wrong
    with pytest.raises(Invalid):
        page.read()
    with pytest.raises(Invalid):
        page.ladder((2, "30.00"), (100, wrong)).read()


@pytest.mark.parametrize(
    ("name", "wrong", "field"),
    [
        ("canBookedAmount", "-5", "stock"),
        ("canBookedAmount", -5, "stock"),
        ("beginAmount", -2, "min_order_quantity"),
    ],
)
def test_a_count_below_zero_is_refused(page, name, wrong, field):
    page.trade[name] = wrong
    with pytest.raises(Invalid) as refused:
        page.read()
    assert refused.value.field == field


def test_a_title_no_seller_can_write_is_refused(page):
    page.offer["subject"] = "长" * 2500
    with pytest.raises(Invalid) as refused:
        page.read()
    assert refused.value.as_json()["field"] == "title"


def test_two_skus_of_one_id_are_refused(page):
    page.trade["skuMap"][1]["skuId"] = page.trade["skuMap"][0]["skuId"]
    with pytest.raises(Invalid):
        page.read()


def test_mixed_wholesale_knows_unset_limits(page):
    page.trade["mixModel"] = {"supportMix": True, "mixNumber": 2147483647, "mixAmount": 0}
    assert as_json(page.read().mix_order) == {
        "supported": True,
        "min_quantity": None,
        "min_amount": None,
    }
    page.trade["mixModel"] = {"mixNumber": 3}
    assert page.read().mix_order is None


OLD = """<html><head><meta charset="gbk"/>
<meta property="og:product:score" content="4.8"/><meta property="og:product:nick" content="name=样例公司; url= //yangli.1688.com"/>
<meta property="og:product:price" content="12.50"/></head><body><script>
var iDetailConfig = { 'offerid':'569380765713', 'isSKUOffer':'false', 'isRangePriceSku':'false', 'beginAmount':'3', 'unit':'个', 'note':'it\\'s "so" // 描述', 'end':0 };
var iDetailData = { };
</script>
<h1 class="d-title">样例手环</h1>
<script type="text/html"><h1 class="d-title">{{vars.subject}}</h1><p class="bargain-number"><em class="value">{{vars.saleTotal}}</em></p></script>
<div class="mod-detail-purchasing mod-detail-purchasing-single" data-mod-config='{"max":"88","min":"3","isMix":"true","mixAmount":"500","mixNumber":"0"}'></div>
<p class="bargain-number"><em class="value">266</em></p><p class="satisfaction-number"><em class="value">136</em></p>
<table><tr><td class="de-feature">颜色</td><td class="de-value">蓝色,黑色</td><td class="de-feature"></td></tr></table>
</body></html>"""


@pytest.fixture
def old_page():
    return OLD


def test_an_old_offer_without_skus_is_read_from_its_markup(old_page):
    item = read(Snapshot(document=old_page.encode("gbk")))
    assert prices(item) == (PriceKind.SINGLE, D("12.50"), D("12.50"))
    assert (item.stock, item.sold.count, item.min_order_quantity) == (88, 266, 3)
    assert (item.rating.score, item.rating.reviews) == (D("4.8"), 136)
    assert item.mix_order.min_amount == D(500)
    assert item.mix_order.min_quantity is None
    assert item.supplier.company_name == "样例公司"
    assert as_json(item)["attributes"] == [{"name": "颜色", "values": ["蓝色", "黑色"]}]
    assert item.provenance["title"].path == "h1.d-title"


def test_mobile_says_itself_that_it_is_sold_out():
    components = {
        "1": {"componentType": "@ali/cmod-od-wap-offer-title", "data": {}},
        "2": {"componentType": "@ali/cmod-odw-basic-footer", "data": {"isSaleOut": True}},
    }
    item = read(Snapshot(document=init_data(components)))
    assert (item.layout, item.status) == ("init_data_mobile", Status.SOLD_OUT)
