"""What speaks for and against two offers selling one product."""

from dataclasses import replace

import pytest

from app.groups.evidence import DOUBTFUL, SURE, WORDS_ALONE, compare
from app.groups.features import Features, features_of

LOOK, OTHER_LOOK = 0x123456789ABCDEF0, 0xFEDC0A9876543210
TITLE = "新款小熊保温杯便携加厚学生可爱大容量500ml"


def made(
    number: int = 1, title: str = TITLE, *, looks=(LOOK,), category="1", **attributes: str
) -> Features:
    return features_of(
        offer_id=str(600_000_000_000 + number),
        title=title,
        supplier=f"m:{number}",
        category=category,
        attributes=[(name, [value]) for name, value in attributes.items()],
        pictures=looks,
    )


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (made(2, "批发厂家直销 便携加厚小熊保温杯大容量学生可爱现货500毫升"), "picture"),
        (made(2, looks=(LOOK ^ 0b111111,)), "picture"),
        (made(2, TITLE + " LC620", looks=(), 货号="LC-620"), "title"),
    ],
)
def test_the_same_product_is_sure_in_other_words_cropped_or_by_its_code(other, kind):
    one = made(1, TITLE + " LC620" if other.codes else TITLE)
    found = compare(one, other)
    assert found.confidence >= SURE
    assert kind in [each.kind for each in found.evidence if each.points > 0]


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        (made(1), made(2, TITLE.replace("500", "750")), "500 ml, not 750 ml"),
        (made(1), made(2, TITLE + "3件套"), "pieces together: 1, not 3"),
        (made(1), made(2, TITLE + "五只装"), "pieces together: 1, not 5"),
        (made(1), made(2, TITLE + "套装"), "pieces together: 1, not a set"),
        (made(1, 型号="LC620"), made(2, 型号="LC630"), "model lc620, not lc630"),
    ],
)
def test_another_size_number_or_model_outweighs_the_same_picture_and_words(one, other, text):
    found = compare(one, other)
    assert found.confidence < DOUBTFUL
    assert found.evidence[0].text == text, "what tells most is said first"


def test_words_alone_are_for_a_person_to_judge():
    same = {"材质": "钢", "杯型": "直身杯", "保温时长": "6小时", "颜色": "红"}
    alone = compare(made(1, looks=(), **same), made(2, looks=(), **same))
    assert sum(each.points for each in alone.evidence) > 5.8, "enough, if it were telling"
    assert alone.confidence == WORDS_ALONE < SURE


def test_the_order_of_the_two_does_not_matter():
    one, other = (
        made(1, 品牌="甲"),
        made(2, "小熊杯子", looks=(LOOK, OTHER_LOOK), 品牌="乙", 材质="钢"),
    )
    assert compare(one, other) == compare(other, one)


def test_what_a_page_does_not_tell_speaks_neither_for_nor_against():
    bare = made(2, "", looks=(), category=None)
    assert compare(made(1), bare).evidence == ()


def test_codes_are_told_from_sizes_properties_and_the_trade():
    found = made(
        1,
        "跨境 LC-620 蓝牙音箱 IPX7 防水 10W type-c 批发 2件套",
        型号="YL_20b",
        货号="A-77",
        品牌="OEM",
    )
    assert (found.codes, found.models, found.articles) == ({"lc620"}, {"yl20b"}, {"a77"})
    assert (found.measures, found.pack, found.brand) == ({"w": {"10"}}, 2, None)
    assert {"蓝牙", "音箱", "防水"} <= found.words
    assert not {"跨境", "批发", "lc", "620", "10w"} & found.words


def test_a_plain_picture_tells_nothing():
    assert made(1, looks=(0, (1 << 64) - 1, 0b11)).pictures == ()


def test_features_survive_their_json():
    one = made(1, TITLE + "3件套 LC620", looks=((1 << 64) - 1 - 0xFFFF, LOOK), 品牌="甲", 材质="钢")
    assert Features.read(one.offer_id, one.as_json()) == one
    assert Features.read(one.offer_id, replace(one, brand=None).as_json()) != one


@pytest.mark.parametrize(
    "title", ["", "\x00\ud800", "🐻" * 2000, "9" * 5000, "[red]<b>" * 50, "ＭＭ１２３"]
)
def test_any_text_is_taken(title):
    compare(made(1, title, 型号=title), made(2))
