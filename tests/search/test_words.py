"""The normal form of texts, what is found in it, and that grams lose nothing of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.store.words import grams, matches, needles, normal, spans
from tests.samples import TEXT

LETTERS = st.text(st.sampled_from("连衣裙棉abZ19 -ＡＢ，𠮷é"), max_size=24)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", ""),
        ("  ·!? ", ""),
        ("【YL01】简约手提包SUS304", " yl01 简约手提包 sus304 "),
        ("ＡＢＣ　全角", " abc 全角 "),
        ("连衣裙 裙", " 连衣裙 裙 "),
        ("Mütze 🔥𠮷", " mütze 𠮷 "),
        ("a'; DROP TABLE offer--", " a drop table offer "),
    ],
)
def test_the_normal_form(text, form):
    assert normal(text) == form


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        ("衣裙", "夏季连衣裙", True),
        ("裙", "夏季连衣裙", True),
        ("连裙", "夏季连衣裙", False),
        ("裙 夏季", "夏季连衣裙", True),
        ("304", "SUS304不锈钢", True),
        ("SHIRT", "t-shirts", True),
        ("us", "SUS304", False),
        ("xl", "尺码 XL", True),
        ("ＸＬ", "尺码 XL", True),
        ("衣裙连", "连衣裙 连", False),
    ],
)
def test_what_is_found(asked, text, found):
    assert matches(asked, normal(text)) is found


@given(text=TEXT)
def test_a_normal_form_is_its_own(text):
    assert normal(normal(text)) == normal(text)


@given(text=LETTERS, asked=LETTERS)
def test_grams_lose_nothing_that_is_found(text, asked):
    stored = normal(text)
    found = grams(stored)
    if matches(asked, stored):
        for needle in needles(asked):
            for first, last in spans(needle):
                assert any(first <= gram <= last for gram in found)


@given(text=LETTERS, start=st.integers(0, 20), length=st.integers(1, 20))
def test_every_part_of_a_run_is_found(text, start, length):
    for run in normal(text).split():
        part = run[start : start + length]
        if len(part) > 2 or (part and ord(part[0]) > 0x2E80):
            assert matches(part, normal(text))


@given(text=st.text(max_size=200))
def test_grams_are_32_bits(text):
    assert all(0 <= gram < 1 << 32 for gram in grams(normal(text)))


def test_a_text_of_any_length_is_bounded():
    assert len(normal("连衣裙" * 100_000)) <= 2002
    assert len(normal("ﷺ" * 4000)) <= 2002
