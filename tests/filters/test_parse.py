"""The language: what is read, how it is written again, and how a mistake is told."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.filters.fields import FIELDS
from app.filters.parse import parse
from app.filters.values import (
    EVERYTHING,
    All,
    Comparison,
    FilterError,
    Not,
    OneOf,
    Op,
    Range,
    Words,
)
from tests.filters.queries import ANY_WORDS, queries


def compared(field, op, *values):
    return Comparison(field=field, op=Op(op), values=values)


def test_a_whole_filter():
    text = 'price<20 and category:女装 supplier:"某某 公司" (stock>0 or not city=杭州,广州) 连衣裙'
    assert parse(text) == All(
        parts=(
            compared("price", "<", Decimal(20)),
            compared("category", ":", "女装"),
            compared("supplier", ":", "某某 公司"),
            OneOf(
                parts=(
                    compared("stock", ">", Decimal(0)),
                    Not(part=compared("city", "=", "杭州", "广州")),
                )
            ),
            Words(text="连衣裙"),
        )
    )


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", EVERYTHING),
        ("  ", EVERYTHING),
        ("价格＜20", compared("price", "<", Decimal(20))),
        ("城市：杭州，“广州”", compared("city", ":", "杭州", "广州")),
        ("（连衣裙）", Words(text="连衣裙")),
        ("price = 10..20", compared("price", "=", Range(low=Decimal(10), high=Decimal(20)))),
        ("sold>=1.5万", compared("sold", ">=", Decimal(15000))),
        ("stock=unknown", compared("stock", "=", None)),
        ("status=unknown", compared("status", "=", "unknown")),
        ("status=ON-SALE", compared("status", "=", "on_sale")),
        ('city="unknown"', compared("city", "=", "unknown")),
        ("free_shipping=是", compared("free_shipping", "=", True)),
        ("changed>=7d", compared("changed", ">=", timedelta(days=7))),
        ("PRICE<1", compared("price", "<", Decimal(1))),
        ("android", Words(text="android")),
        ("(" * 400 + "a1" + ")" * 400, Words(text="a1")),
        ("not not a1", Not(part=Not(part=Words(text="a1")))),
        ("A&B T-shirt!", All(parts=(Words(text="A&B"), Words(text="T-shirt!")))),
        (r'"say \"hi\" \\"', Words(text='say "hi" \\')),
    ],
)
def test_forms(text, query):
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("changed=2026-03-04", "2026-03-04T00:00:00", "2026-03-04T23:59:59.999999"),
        ("changed:2026-03-04..2026-03-05", "2026-03-04T00:00:00", "2026-03-05T23:59:59.999999"),
    ],
)
def test_a_day_is_all_of_it(text, first, last):
    [found] = parse(text).values
    assert (found.low, found.high) == tuple(datetime.fromisoformat(each).astimezone() for each in (first, last))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("changed<2026-03-04", 0),
        ("changed<=2026-03-04", 23),
        ("changed>2026-03-04", 23),
        ("changed>=2026-03-04", 0),
    ],
)
def test_before_and_after_a_day(text, hour):
    assert parse(text).values[0].hour == hour


@pytest.mark.parametrize(
    ("text", "said", "at"),
    [
        ("price<abc", "price needs a number, as in price>=19.5", 6),
        ("price<", "a value is expected here, but it ends", 6),
        ("prize<3", "there is no field prize; price is one", 0),
        ("price<20 and", "a field with a comparison, or a word is expected here, but it ends", 12),
        ("(price<3", "and, or, or the closing bracket is expected here, but it ends", 8),
        ("price<20)", "is expected", 8),
        ("and price<3", "a field with a comparison, or a word is expected", 0),
        ("status=foo", "status needs one of on_sale, off_shelf, sold_out, unknown", 7),
        ("title=3", "title is a text, which is compared with :", 5),
        ("city<4", "city is a word, which is compared with : = !=", 4),
        ("price<3,4", "< compares with one value", 8),
        ("stock<unknown", "< compares with what is known", 6),
        ("changed=7d", "changed needs a date or how long ago", 8),
        ("stock=1.5", "stock needs a whole number", 6),
        ("price=20..10", "price needs a number", 6),
        ("changed>2026-13-01", "changed needs a date", 8),
        ("changed>=99999999d", "changed needs a date", 9),
        ("title:&", "title needs a text", 6),
        ('"&"', "there is no letter in it to look for", 0),
        ("price==3", "a value is expected", 6),
        ("city=a,,b", "a value is expected", 7),
        ('"open', "is expected", 0),
    ],
)
def test_a_mistake_is_named_with_its_place(text, said, at):
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert said in caught.value.message
    assert caught.value.at == at


def test_the_mark_stands_under_the_place_also_after_wide_letters():
    with pytest.raises(FilterError) as caught:
        parse("城市=杭州 and prize<3")
    _, query, mark = str(caught.value).splitlines()
    assert query == "  城市=杭州 and prize<3"
    assert mark == "  " + " " * 14 + "^"


def test_a_mistake_prints_nothing_that_moves_the_cursor():
    with pytest.raises(FilterError) as caught:
        parse("\x1b[2J\u202e price<x")
    assert all(char.isprintable() for char in str(caught.value).replace("\n", ""))


@pytest.mark.parametrize("text", ["a1 " * 101, "not " * 300 + "a1", "x" * 2001])
def test_what_no_person_types_is_refused(text):
    with pytest.raises(FilterError, match="at most"):
        parse(text)


@given(query=queries(ANY_WORDS))
def test_what_is_written_is_read_again(query):
    assert parse(str(query)) == query


@given(
    st.text(st.sampled_from("ab \"'()<>=!:,.\\;%_-#*/裙价格price city and or not 1"), max_size=60)
)
def test_any_text_is_a_query_or_a_mistake_with_a_place(text):
    try:
        found = parse(text)
    except FilterError as error:
        mistake = error
    else:
        assert parse(str(found)) == found
        return
    assert 0 <= mistake.at <= len(text)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_the_example_of_each_field_is_one(field):
    example = (field.choices or (field.kind.example.split(" or ")[0],))[0]
    parse(f"{field.name}{field.kind.ops[-1]}{example}")
