"""No cell of a CSV file is a formula, and no text holds what does not print."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.export.texts import cell, clean, guarded

SIGNS = "=+-@|%＝＋－＠"
NASTY = st.text(st.sampled_from(SIGNS + "'\" ,;\t\r\n\x00\x1b\x7f\u00a0\u3000\ufeff\u200b\u202eab1裙"), max_size=12)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("连衣裙", "连衣裙"),
        ("=1+1", "'=1+1"),
        ("+配件", "'+配件"),
        ("-5°C", "'-5°C"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'=1"),
        ("\r\n=1", "'=1"),
        ("\u00a0\u3000=1", "'=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("＝1", "'＝1"),
        ("a\n=1", "a =1"),
        ("'=1", "'=1"),
        ("a\x1b]0;x\x07b", "a]0;xb"),
        ("\u202eabc", "abc"),
        ('a,"b"', 'a,"b"'),
        ("  ", ""),
    ],
)
def test_forms(text, kept):
    assert guarded(text) == kept


@given(text=st.one_of(NASTY, st.text(max_size=40)))
def test_no_cell_is_a_formula_whatever_surrounds_it(text):
    kept = guarded(text)
    bare = kept.strip(" \t\r\n\u00a0\u3000\ufeff\u200b\u2028\u2029\x85\x1c\x1d\x1e\x1f")
    assert not bare.startswith(tuple(SIGNS))
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in kept)
    assert clean(clean(text)) == clean(text)


@given(cells=st.lists(st.one_of(NASTY, st.text(max_size=20)).map(guarded), min_size=1, max_size=5))
def test_what_is_written_is_read_back(cells):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    assert next(csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True)) == cells


@pytest.mark.parametrize(
    ("value", "is_money", "written"),
    [
        (None, False, ""),
        (True, False, "yes"),
        (False, False, "no"),
        (0, False, "0"),
        (Decimal("19.5"), True, "19.50"),
        (Decimal("0.0125"), True, "0.0125"),
        (Decimal("-3.50"), False, "-3.5"),
        (Decimal("0.250"), False, "0.25"),
        (datetime(2026, 3, 4, 12, 0, 0, 5, tzinfo=UTC), False, "2026-03-04T12:00:00+00:00"),
        ("=1", False, "'=1"),
    ],
)
def test_values(value, is_money, written):
    assert cell(value, is_money=is_money) == written
