"""Where a page ships from, in the forms of all eras."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.regions import PROVINCES, region


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("广东省广州市", ("广东", "广州")),
        ("广东 广州", ("广东", "广州")),
        ("广东广州", ("广东", "广州")),
        ("  广东省 深圳市 宝安区", ("广东", "深圳")),
        ("浙江省金华市义乌市", ("浙江", "金华")),
        ("义乌", (None, "义乌")),
        ("海南省", ("海南", None)),
        ("吉林省吉林市", ("吉林", "吉林")),
        ("吉林 吉林", ("吉林", "吉林")),
        ("北京市朝阳区", ("北京", "北京")),
        ("上海", ("上海", "上海")),
        ("香港特别行政区", ("香港", "香港")),
        ("内蒙古自治区呼和浩特市", ("内蒙古", "呼和浩特")),
        ("内蒙古锡林郭勒盟", ("内蒙古", "锡林郭勒")),
        ("广西壮族自治区南宁市", ("广西", "南宁")),
        ("新疆维吾尔自治区 乌鲁木齐市", ("新疆", "乌鲁木齐")),
        ("湖北省恩施土家族苗族自治州", ("湖北", "恩施")),
        ("云南省西双版纳傣族自治州", ("云南", "西双版纳")),
        ("Guangdong, Guangzhou", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_forms(place, found):
    assert region(place) == found


def test_no_province_begins_another():
    assert not [(a, b) for a in PROVINCES for b in PROVINCES if a != b and b.startswith(a)]


@given(st.text(max_size=60))
def test_any_text_is_a_short_place_or_none(text):
    province, city = region(text)
    assert province is None or province in PROVINCES
    assert city is None or len(city) <= 12
