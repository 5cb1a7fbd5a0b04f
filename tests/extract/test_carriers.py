"""Cutting and parsing embedded state: right on every JSON, calm on everything else."""

import json
import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.extract.base import ExtractError, LayoutUnknown, Snapshot, Truncated
from app.extract.carriers import (
    Page,
    cut_literal,
    cut_object,
    decode,
    object_at,
    parse_literal,
    parse_state,
)
from app.extract.paths import Tree, steps
from app.extract.registry import read, read_cards

TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20) | st.sampled_from(
    ['"', "\\", "{", "}", "},{1:2", ",5:", 'a\\"b', "</script>"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXT | st.integers(0, 10**6).map(str), inner, max_size=4)
    ),
    max_leaves=20,
)
OBJECT = st.dictionaries(TEXT | st.integers(0, 10**6).map(str), JSON, max_size=5)


@given(
    OBJECT,
    st.sampled_from(["", ");", "}}}", '"', "\n</script>{", ",1:"]),
    st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " : ")]),
)
def test_an_object_is_cut_out_of_anything_that_follows(value, tail, separators):
    literal = json.dumps(value, ensure_ascii=False, separators=separators).encode()
    assert cut_object(b"x=" + literal + tail.encode(), 2) == literal


def bare(value):
    """The object as the site writes it: numeric keys without quotes."""
    if isinstance(value, dict):
        inner = ", ".join(
            f"{key if re.fullmatch('[0-9]+', key) else json.dumps(key)}: {bare(child)}"
            for key, child in value.items()
        )
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ",".join(bare(child) for child in value) + "]"
    return json.dumps(value)


@given(OBJECT)
def test_bare_numeric_keys_become_text_and_nothing_else_changes(value):
    assert parse_state(cut_object(bare(value).encode() + b");", 0)) == value


@given(OBJECT, st.floats(0, 1, exclude_max=True))
def test_an_object_cut_anywhere_is_truncated(value, share):
    literal = json.dumps({"a": value}).encode()
    with pytest.raises(Truncated):
        cut_object(literal[: int(len(literal) * share)] or b"{", 0)


def single_quoted(value):
    """The object as the oldest pages write it."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(
                f"{single_quoted(key)}:{single_quoted(child)}" for key, child in value.items()
            )
            + ",}"
        )
    if isinstance(value, list):
        return "[" + ",".join(single_quoted(child) for child in value) + "]"
    if isinstance(value, str):
        return "'" + json.dumps(value)[1:-1].replace('\\"', '"').replace("'", "\\'") + "'"
    return json.dumps(value)


@given(OBJECT)
def test_literals_in_single_quotes_are_read(value):
    source = single_quoted(value).replace("{,}", "{}")
    assert parse_literal(cut_literal(source + "; var x = {")) == value


def test_literals_may_hold_bare_names_comments_and_undefined():
    source = "{ /* it's */ offerId: 5, // }\n 'a': undefined, b: NaN, c: true, d: \"it's\", e: 139.00, 7: [1,2,], f: '\\x41\\u4e2d' }"
    assert parse_literal(cut_literal(source)) == {
        "offerId": 5,
        "a": None,
        "b": None,
        "c": True,
        "d": "it's",
        "e": Decimal("139.00"),
        "7": [1, 2],
        "f": "A中",
    }
    assert str(parse_literal(source)["e"]) == "139.00"


@pytest.mark.parametrize(
    "literal",
    [
        b'{"a":NaN}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b'{"a":' + b"9" * 400 + b"}",
        b'{"__proto__":{"x":1}}',
        b'{"a":"\\u0000"}',
        b'{"a":"\x01"}',
    ],
)
def test_odd_values_are_survived(literal):
    assert isinstance(parse_state(literal), dict)


@pytest.mark.parametrize(
    "literal",
    [
        b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"a":' + b"9" * 5000 + b"}",
        b"{a}",
        b'{"a" "b"}',
        b"{'a':1}",
    ],
)
def test_what_no_reader_understands_is_an_unknown_layout(literal):
    with pytest.raises(LayoutUnknown) as refused:
        parse_state(literal)
    assert refused.value.rule == "state_syntax"
    with pytest.raises(LayoutUnknown):
        parse_literal("{" * 9000 + "}" * 9000)


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ('<meta charset="gbk"/>手环'.encode("gbk"), '<meta charset="gbk"/>手环'),
        ("<meta charset='GB2312'>镕".encode("gb18030"), "<meta charset='GB2312'>镕"),
        ('<meta charset="gbk"/>手环'.encode(), '<meta charset="gbk"/>手环'),
        ('<meta charset="utf-8">手'.encode()[:-1], '<meta charset="utf-8">\ufffd'),
        ("\ufeff手环".encode(), "手环"),
        ("手环".encode("gbk"), "手环"),
        (b"\xff\xfe\xfd", "\ufffd\ufffd\ufffd"),
    ],
)
def test_documents_are_decoded_by_what_they_are(document, text):
    assert decode(document).decode() == text


def test_a_state_alone_is_a_page_too():
    assert Page(b' {"a": {1: 2}} ').bare_state == {"a": {"1": 2}}
    assert Page(b"{margin:0}<html>").bare_state is None
    assert Page(b"<html>{}").bare_state is None


def test_references_of_every_form_are_harmless():
    state = {
        "a": {"$ref": "$"},
        "b": {"$ref": "$.c[1].d"},
        "c": [0, {"d": 5}],
        "e": {"$ref": ".."},
        "f": {"$ref": 7},
        "g": {"$ref": "$.g"},
        "h": [{"$ref": "$.b"}] * 3,
    }
    tree = Tree(state)
    assert [
        tree.at(steps(path))
        for path in ("$.b", "$.a.b", "$.e", "$.f", "$.g", "$.c[9]", "$.c.x", "$.h[0]")
    ] == [5, 5, None, None, None, None, None, 5]
    assert tree.settled(state["h"]) == [5, 5, 5]
    assert tree.settled({"x": {"$ref": "$"}}) is not None


HOSTILE = [
    b"",
    b"\x00",
    b"{",
    b'{"ret":["SUCCESS"],"data":{}}',
    b'{"result":{}}',
    b'{"globalData":{}}',
    b'{"globalData":{"tempModel":[]},"data":[[]]}',
    b"<html><script>})(window.contextPath,{",
    b'})(window.contextPath,{"result":{"global":{"globalData":{"model":[]}}}})',
    b"var iDetailConfig = {'offerid':'610947572360'};</html>",
    b"var iDetailConfig = {'offerid':",
    b"<![foo[ iDetailConfig = {offerid:'610947572360'} <!x [ </html>",
    b'{"data":{"OFFER":{"items":[{"data":{"offerId":{},"title":[]}},null,7]}}}',
    b'{"data":{"content":{"offerCount":"x","offerList":{}}}}',
    b'mtopjsonp1({"data":{"OFFER":',
]


@pytest.mark.parametrize("document", HOSTILE)
def test_hostile_documents_are_refused_by_type(document):
    for reading in (lambda: read(Snapshot(document=document)), lambda: read_cards(document)):
        try:
            reading()
        except ExtractError as refused:
            message = str(refused)
        else:
            message = ""
        assert "\x00" not in message


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        [
            "0",
            "19.50",
            "红&gt;S",
            "3.5万+",
            "2147483647",
            "610947572360",
            "**",
            "\ud800",
            "\x00",
            "__proto__",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "$ref",
                    "name",
                    "value",
                    "values",
                    "price",
                    "beginAmount",
                    "skuId",
                    "specAttrs",
                    "prop",
                    "data",
                    "fields",
                    "videoId",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(
    place=st.sampled_from(
        [
            "offerId",
            "subject",
            "skuProps",
            "mainImageList",
            "featureAttributes",
            "wirelessVideo",
            "offerSign",
            "offerSystemAttributes",
            "status",
        ]
    ),
    odd=ODD,
)
@example(place="subject", odd="\x00")
@example(place="subject", odd="\ud800")
@example(place="offerId", odd=10**400)
def test_no_value_in_an_offer_raises_anything_else(make_page, place, odd):
    page = make_page()
    page.offer[place] = odd
    refused_or_read(page)


@given(
    place=st.sampled_from(
        [
            "beginAmount",
            "unit",
            "offerPriceModel",
            "skuMap",
            "mixModel",
            "canBookedAmount",
            "disPriceRanges",
            "priceDisplay",
        ]
    ),
    odd=ODD,
)
def test_nor_in_its_trade(make_page, place, odd):
    page = make_page()
    page.trade[place] = odd
    refused_or_read(page)


def refused_or_read(page):
    document = json.dumps(page.state()).encode()
    try:
        item = read(Snapshot(document=document))
    except ExtractError as refused:
        assert refused.type != "ExtractError"  # noqa: PT017 - either outcome is right
    else:
        assert item.offer_id.isdecimal()


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(junk):
    for document in (
        junk,
        b"<html>})(window.contextPath," + junk,
        b"__INIT_DATA={" + junk,
        b"iDetailConfig={" + junk + b"</html>",
        b'{"OFFER":' + junk,
    ):
        with pytest.raises(ExtractError):
            read(Snapshot(document=document))


REPEATED = [
    (b"})(window.contextPath,", b"{"),
    (b"})(window.contextPath,{", b'"\\'),
    (b"})(window.contextPath,{", b",1"),
    (b"", b'_config_={"a":1,'),
    (b"{", b'"ret":["a",'),
    (b"var iDetailConfig = {", b"/*"),
    (b"var iDetailConfig = {", b"'\\"),
    (b'{"OFFER":', b"["),
    (b"__INIT_DATA", b" "),
    (b"<html>var iDetailConfig = {offerid:'610947572360'};</html>", b"<a b='"),
]


@pytest.mark.parametrize(("head", "piece"), REPEATED)
def test_a_page_made_to_be_slow_is_refused_in_linear_time(head, piece):
    """Quadratic reading of these would run into the suite's timeout."""
    document = head + piece * (400_000 // len(piece))
    with pytest.raises(ExtractError):
        read(Snapshot(document=document))


@pytest.mark.parametrize(
    "literal",
    [
        b'{"a":{12:{"b":"c"}},"d":1}',
        b'{"a":"text, {12:x} and ,34:y","b":{5:6}}',
        rb'{"a":"say \"{1:2}\" twice","b":{5:6}}',
        rb'{"path":"C:\\","b":{5:6},"c":"{7:8}"}',
        rb'{"path":"C:\\\"{9:1}","b":{5:6}}',
        b'{"a":{ 12 : 1},"b":[{3:4},{5:6}]}',
    ],
)
@pytest.mark.parametrize("after", [b"", b"});", b"; var x = {y: '}'};", b"); f({1:2});"])
def test_the_short_way_reads_what_the_careful_one_does(literal, after):
    source = b"<script>s = " + literal + after + b"\n</script><script>z = {}</script>"
    start = source.index(b"{")
    assert object_at(source, start) == parse_state(cut_object(source, start))
