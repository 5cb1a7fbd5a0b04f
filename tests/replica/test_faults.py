"""Faults: drawn at their rate, the same each time, and what they do to a document."""

import json
from collections import Counter

import pytest

from app.replica.cases import Era
from app.replica.faults import BadFault, Fault, cut, haunted, parse, spoiled, stripped
from app.replica.offers import offer, offer_id
from app.replica.pages import document

IDS = [offer_id(1, index) for index in range(4000)]
MARKS = (b"window.context=(", b"window.__INIT_DATA=", b"iDetailConfig")


def test_faults_come_at_their_rates():
    plan = parse("login=0.05,reset=0.2", seed=1)
    drawn = Counter(plan.draw(wanted, 1) for wanted in IDS)
    assert 0.03 < drawn[Fault.LOGIN] / len(IDS) < 0.07
    assert 0.17 < drawn[Fault.RESET] / len(IDS) < 0.23
    assert set(drawn) == {None, Fault.LOGIN, Fault.RESET}


def test_the_same_visit_draws_the_same_and_the_next_one_anew():
    plan = parse("reset=0.5", seed=1)
    first = [plan.draw(wanted, 1) for wanted in IDS]
    assert first == [parse("reset=0.5", seed=1).draw(wanted, 1) for wanted in IDS]
    assert first != [plan.draw(wanted, 2) for wanted in IDS]
    assert first != [parse("reset=0.5", seed=2).draw(wanted, 1) for wanted in IDS]


def test_a_rate_of_one_always_fails_and_none_never():
    assert {parse("busy=1", seed=1).draw(wanted, 3) for wanted in IDS[:100]} == {Fault.BUSY}
    assert {parse("", seed=1).draw(wanted, 1) for wanted in IDS[:100]} == {None}


def test_a_fault_may_be_limited_to_the_first_visits():
    plan = parse("slider=1:first,busy=0:3", seed=1)
    assert [plan.draw(IDS[0], visit) for visit in (1, 2)] == [Fault.SLIDER, None]
    assert [parse("slider=1:2", seed=1).draw(IDS[0], visit) for visit in (1, 2, 3)] == [
        Fault.SLIDER
    ] * 2 + [None]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("typo=0.1", "typo"),
        ("reset", "RATE"),
        ("reset=often", "RATE"),
        ("reset=0.1:last", "RATE"),
        ("reset=2", "between"),
        ("reset=nan", "between"),
        ("reset=0.7,busy=0.7", "more than 1"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(text, word):
    with pytest.raises(BadFault, match=word):
        parse(text, seed=1)


@pytest.mark.parametrize("era", list(Era))
def test_a_cut_page_ends_like_a_whole_one_and_lacks_half_its_state(era):
    page = document(offer(1, 0, eras=(era,)), padded=False)
    short = cut(page)
    assert len(short) < len(page)
    assert short.endswith(b"</html>\n")
    assert any(mark in short for mark in MARKS)


@pytest.mark.parametrize("era", list(Era))
def test_a_page_without_state_keeps_its_frame(era):
    page = stripped(document(offer(1, 0, eras=(era,)), padded=False))
    assert b"window.context=" not in page
    assert b"window.__INIT_DATA={" not in page
    assert b"var iDetailConfig" not in page
    assert b"<title>" in page


def test_spoiled_values_are_negative_on_the_page():
    one = spoiled(offer(1, 4))
    assert one.stock < 0
    text = document(one, padded=False).decode()
    assert '"canBookedAmount":-5' in text
    assert json.dumps("-3.00") in text


def test_haunted_pages_have_their_script_at_the_end():
    page = document(offer(1, 0), padded=False)
    assert haunted(page, Fault.HANG).index(b"for(;;){}") > len(page) * 0.9
