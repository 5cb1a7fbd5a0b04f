"""The filter as separate questions: answers are values, whatever stands in them."""

from dataclasses import fields

import pytest

from app.api.answers import Answers
from app.filters.form import BY_NAME, query_of
from app.filters.parse import parse
from app.filters.values import EVERYTHING, FilterError


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ({}, ""),
        ({"supplier": " ", "city": ""}, ""),
        ({"price_from": "10", "price_to": " 19.5 "}, "price>=10 and price<=19.5"),
        ({"status": "on_sale", "presence": "there"}, "status=on_sale and gone=unknown"),
        ({"presence": "gone", "complete_to": "79"}, "gone=off_shelf,deleted completeness<=79"),
        (
            {"stock_from": "1.5万", "changed_since": "2026-03-04"},
            "stock>=15000 changed>=2026-03-04",
        ),
        ({"supplier": '" or price>0 or "'}, 'supplier:"\\" or price>0 or \\""'),
        ({"city": "杭州,广州) \\"}, 'city="杭州,广州) \\\\"'),
    ],
)
def test_answers_are_what_one_would_type(answers, text):
    assert query_of(answers) == (parse(text) if text else EVERYTHING)


@pytest.mark.parametrize(
    "answers", [{"price_from": "cheap"}, {"status": "nice"}, {"changed_since": "soon"}]
)
def test_what_is_no_answer_names_its_question(answers):
    with pytest.raises(FilterError) as refused:
        query_of(answers)
    assert str(refused.value).startswith(next(iter(answers)))


def test_the_api_asks_the_same():
    assert [field.name for field in fields(Answers)] == list(BY_NAME)
