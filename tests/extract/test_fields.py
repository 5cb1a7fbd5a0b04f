"""Every way pages write a value, as a table; and that nothing a page writes can raise."""

import math
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.extract import fields

D = Decimal
CIB = "https://cbu01.alicdn.com/img/ibank/O1CN01abc_!!22-0-cib.jpg"

TABLES = {
    "text": [
        ("  辣妹 ", "辣妹"),
        ("50cm&lt;衣长≤65cm", "50cm<衣长≤65cm"),
        ("A&amp;B", "A&B"),
        ("&#39;x&#x27;", "'x'"),
        ("a &copy b & c", "a &copy b & c"),
        ("", None),
        ("  ", None),
        (None, None),
        (True, None),
        ({}, None),
        (12, "12"),
        ("a\x00b\ud800c", "a\ufffdb\ufffdc"),
    ],
    "identifier": [
        (951410798382, "951410798382"),
        ("951410798382", "951410798382"),
        (0, None),
        ("0", None),
        ("null", None),
        ("", None),
        (None, None),
        (1e30, None),
        (False, None),
        ("b2b-1", "b2b-1"),
    ],
    "boolean": [
        (True, True),
        (False, False),
        ("true", True),
        ("false", False),
        (1, None),
        ("", None),
        ([], None),
    ],
    "price": [
        ("19.50", D("19.50")),
        ("￥7.00", D("7.00")),
        ("¥1,299.00", D("1299.00")),
        (139.0, D("139.0")),
        ("0.00", None),
        (0, None),
        ("", None),
        ("**.**", None),
        ("价格登录可见", None),
        ("?", None),
        ("-5", D(-5)),
        ("￥-5.00", D("-5.00")),
        ("-￥5.00", D("-5.00")),
        (-5, D(-5)),
        (math.nan, None),
        (math.inf, None),
        (10**40, None),
        ("9" * 30, None),
        (None, None),
        ({"price": 1}, None),
    ],
    "fee": [(3.0, D("3.0")), (0, D(0)), ("0.00", D("0.00")), ("", None)],
    "price_range": [
        ("2.30-20.52", (D("2.30"), D("20.52"))),
        ("￥7.00", (D("7.00"), D("7.00"))),
        ("20-3", (D(3), D(20))),
        ("-3.00", (D("-3.00"), D("-3.00"))),
        ("-3.00-5.00", (D("-3.00"), D("5.00"))),
        ("", None),
        ("***", None),
        ([], None),
    ],
    "is_masked": [
        ("**", True),
        ("￥?", True),
        ("价格授权可见", True),
        ("7.00", False),
        (7, False),
        (None, False),
    ],
    "count": [
        (245, 245),
        ("245", 245),
        (0, 0),
        ("3.5万+", 35000),
        ("400+", 400),
        ("已售1200+件", 1200),
        ("已售1.9万+件", 19000),
        ("10万+", 100_000),
        ("1.2亿", 120_000_000),
        ("1,234", 1234),
        ("9" * 40, None),
        (245.0, 245),
        (2.5, None),
        (math.nan, None),
        (math.inf, None),
        (-1, -1),
        ("-5", -5),
        ("", None),
        ("很多", None),
        (None, None),
        (True, None),
        ([], None),
    ],
    "limit": [
        (500, 500),
        ("3", 3),
        (0, None),
        (2147483647, None),
        ("2147483647", None),
        (-1, None),
        (-7, -7),
    ],
    "amount": [("500", D(500)), (1, D(1)), (0, None), (2147483647, None)],
    "share": [
        ("55.83%", D("0.5583")),
        (94.1, D("0.941")),
        ("100%", D(1)),
        ("复购率65%", D("0.65")),
        ("18%", D("0.18")),
        (0, D(0)),
        (10**40, None),
        (1e300, None),
        ("", None),
        (None, None),
    ],
    "score": [("4.5分", D("4.5")), (4.8, D("4.8")), (0, None), ("", None)],
    "measure": [
        (0.185, D("0.185")),
        (34.0, D(34)),
        ("1.50", D("1.5")),
        (0, None),
        (0.0, None),
        (0.18500000000000003, D("0.185")),
        (1e12, D(10) ** 12),
    ],
    "grams": [(180, D("0.18")), (1000, D(1)), (1500.0, D("1.5")), (0, None), ("933", D("0.933"))],
    "moment": [
        (1752391585000, datetime(2025, 7, 13, 7, 26, 25, tzinfo=UTC)),
        ("1752391585000", datetime(2025, 7, 13, 7, 26, 25, tzinfo=UTC)),
        (-28800000, None),
        (0, None),
        (10**18, None),
        (None, None),
    ],
    "language": [("辣妹T恤", "zh"), ("Women's Dress", "en"), ("T恤 shirt", "zh"), ("123", "en")],
    "url": [
        ("https://a.b/c", "https://a.b/c"),
        ("//a.b/c", "https://a.b/c"),
        ("http://a.b/c", "https://a.b/c"),
        ("javascript:alert(1)", None),
        ("/c", None),
        ("https://a b", None),
        ("https://a\\b", None),
        ("", None),
        (None, None),
    ],
    "site_url": [
        ("http://shop1.1688.com", "https://shop1.1688.com"),
        ("//shop.1688.com", "https://shop.1688.com"),
        ("https://evil1688.com", None),
        ("https://1688.com.evil.com", None),
        ("https://shop.1688.com@evil.com", None),
        ("https://[", None),
    ],
    "image": [
        (CIB, CIB),
        ("//cbu01.alicdn.com/img/ibank/O1CN01abc_!!22-0-cib.jpg", CIB),
        ("http://cbu01.alicdn.com/img/ibank/O1CN01abc_!!22-0-cib.jpg", CIB),
        ("img/ibank/O1CN01abc_!!22-0-cib.jpg", CIB),
        (CIB + "?x=1", CIB),
        (CIB + "#x", CIB),
        *(
            (CIB.replace(".jpg", f".{size}.jpg"), CIB)
            for size in (
                "60x60",
                "64x64",
                "220x220",
                "310x310",
                "400x400",
                "460x460",
                "460x460xz",
                "search",
                "summ",
            )
        ),
        *(
            (CIB + suffix, CIB)
            for suffix in (
                "_.webp",
                "_b.jpg",
                "_sum.jpg",
                "_q60.jpg",
                "_460x460q100.jpg_.webp",
                "_460x460.jpg",
                "_q60.jpg_b.jpg",
            )
        ),
        (CIB.replace(".jpg", ".400x400.jpg") + "_.webp", CIB),
        (
            "https://cbu01.alicdn.com/img/ibank/2018/084/521/8883125480_1637165086.400x400.jpg",
            "https://cbu01.alicdn.com/img/ibank/2018/084/521/8883125480_1637165086.jpg",
        ),
        ("javascript:x", None),
        ("", None),
        (None, None),
        (7, None),
    ],
    "split_values": [
        ("a,b", ["a", "b"]),
        ("a", ["a"]),
        ("a，b", ["a，b"]),
        (",a,,", ["a"]),
        ("", []),
        (None, []),
    ],
}
CASES = [(name, given_, told) for name, rows in TABLES.items() for given_, told in rows]


@pytest.mark.parametrize(("name", "written", "told"), CASES)
def test_a_written_value_is_read(name, written, told):
    got = getattr(fields, name)(written)
    assert got == told
    assert type(got) is type(told)


def test_prices_keep_the_digits_they_were_served_with():
    assert str(fields.price("19.50")) == "19.50"


def test_measures_have_no_needless_zeros_and_no_exponent():
    assert [str(fields.measure(value)) for value in ("1500", "0.500", 34.0)] == [
        "1500",
        "0.5",
        "34",
    ]


def test_images_are_originals_in_page_order_each_once():
    other = CIB.replace("abc", "def")
    listed = [
        {"fullPathImageURI": CIB},
        CIB.replace(".jpg", ".search.jpg"),
        {"imgUrl": other},
        None,
        {},
        3,
    ]
    assert fields.images(listed) == [CIB, other]
    assert fields.images({"0": CIB}) == []


COLOURS = ("颜色", ["红", "A>B", "B", "A", "红>", "a;b"])
SIZES = ("尺码", ["XL", "B>C", "C", "S(100斤以下)"])
THIRD = ("套餐", ["甲", "乙"])


@pytest.mark.parametrize(
    ("spec", "axes", "told"),
    [
        ("红&gt;XL", [COLOURS, SIZES], ["红", "XL"]),
        ("红>XL", [COLOURS, SIZES], ["红", "XL"]),
        ("红&gt;S(100斤以下)&gt;乙", [COLOURS, SIZES, THIRD], ["红", "S(100斤以下)", "乙"]),
        ("A>B&gt;XL", [COLOURS, SIZES], ["A>B", "XL"]),
        ("A&gt;B&gt;XL", [COLOURS, SIZES], ["A>B", "XL"]),
        ("A>B>C", [COLOURS, SIZES], ["A>B", "C"]),
        ("A>B>C>甲", [COLOURS, SIZES, THIRD], ["A>B", "C", "甲"]),
        ("a;b&gt;XL", [COLOURS, SIZES], ["a;b", "XL"]),
        ("红&gt;&gt;XL", [COLOURS, SIZES], ["红>", "XL"]),
        ("XL", [SIZES], ["XL"]),
        ("紫&gt;XL", [COLOURS, SIZES], None),
        ("红", [COLOURS, SIZES], None),
        ("", [COLOURS], None),
    ],
)
def test_specs_are_split_as_the_axes_explain_them(spec, axes, told):
    got = fields.options(spec, axes)
    assert got == (told and dict(zip([name for name, _ in axes], told, strict=True)))


def test_a_maze_of_a_spec_is_given_up_quickly():
    values = ["a" + ">a" * n for n in range(60)]
    axes = [(f"x{n}", values) for n in range(8)]
    assert fields.options("a" + ">a" * 300 + ">b", axes) is None


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.from_regex(r"[￥¥]?-?[0-9.,]{1,25}[万亿+%分]{0,2}"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
READINGS = [name for name in TABLES if name != "language"]


@pytest.mark.parametrize("name", [*READINGS, "decimal"])
@given(written=ANYTHING)
def test_no_value_of_a_page_raises(name, written):
    getattr(fields, name)(written)
