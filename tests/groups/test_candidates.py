"""Which offers are compared at all."""

import random

from app.groups.candidates import BANDS, bands, marks_of
from app.groups.evidence import ALIKE_BITS
from tests.groups.test_evidence import LOOK, TITLE, made


def test_pictures_that_differ_in_six_bits_always_meet():
    rng = random.Random(1)
    for _ in range(2000):
        one = rng.getrandbits(64)
        other = one
        for bit in rng.sample(range(64), ALIKE_BITS):
            other ^= 1 << bit
        assert set(bands(one)) & set(bands(other))


def test_the_bands_are_the_whole_hash():
    assert len(dict(bands(LOOK))) == BANDS
    assert all(set(bands(LOOK)) != set(bands(LOOK ^ 1 << bit)) for bit in range(64))


def test_other_words_order_and_filler_meet_by_the_title():
    one = made(1, TITLE, looks=())
    other = made(2, "批发现货 " + TITLE.replace("新款", "") + " 厂家直销", looks=())
    assert marks_of(one) & marks_of(other)


def test_a_code_meets_wherever_it_stands():
    one, other = made(1, "台灯 LC-620", looks=()), made(2, "护眼", looks=(), 货号="lc620")
    assert len(marks_of(one) & marks_of(other)) == 1


def test_marks_fit_into_both_databases():
    assert all(0 <= mark < 1 << 63 for mark in marks_of(made(1, 型号="LC620")))
