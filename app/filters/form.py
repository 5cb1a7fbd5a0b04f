"""The filter as separate questions, for forms and parameters: each is a comparison once answered.

What is answered is put in quotation marks and read by the filter language itself: there is one
place that knows what a value is, and one sentence for what is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.filters.parse import parse
from app.filters.values import EVERYTHING, All, FilterError, Query, quoted
from app.items import Status

LONGEST = 200
"""Characters of an answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One field of the form."""

    name: str
    asks: str
    """What stands before the answer: `price<=`."""
    label: str
    """In English; templates translate it."""
    hint: str = ""
    choices: Mapping[str, str] | None = None
    """Answer: what it is in the filter language."""


def _number(name: str, asks: str, label: str) -> Question:
    return Question(name=name, asks=asks, label=label, hint="0")


STATES = {str(one): f"status={one}" for one in Status}
QUESTIONS: Sequence[Question] = (
    Question(name="status", asks="", label="State", choices=STATES),
    Question(
        name="presence",
        asks="",
        label="Presence",
        choices={"there": "gone=unknown", "gone": "gone=off_shelf,deleted"},
    ),
    Question(name="supplier", asks="supplier:", label="Supplier"),
    Question(name="city", asks="city=", label="City", hint="杭州"),
    _number("price_from", "price>=", "Price from"),
    _number("price_to", "price<=", "Price to"),
    _number("stock_from", "stock>=", "Stock from"),
    _number("stock_to", "stock<=", "Stock to"),
    Question(name="changed_since", asks="changed>=", label="Changed since", hint="7d, 2026-03-04"),
    Question(name="seen_before", asks="seen<", label="Not seen since", hint="7d, 2026-03-04"),
    _number("complete_from", "completeness>=", "Complete from, %"),
    _number("complete_to", "completeness<=", "Complete to, %"),
)
BY_NAME = {one.name: one for one in QUESTIONS}


def query_of(answers: Mapping[str, str]) -> Query:
    """What all that was answered comes to; empty answers ask nothing. Raises FilterError."""
    parts = [_one(BY_NAME[name], said.strip()) for name, said in answers.items() if said.strip()]
    if not parts:
        return EVERYTHING
    return parts[0] if len(parts) == 1 else All(parts=tuple(parts))


def _one(question: Question, said: str) -> Query:
    if question.choices is not None:
        if said not in question.choices:
            known = ", ".join(question.choices)
            raise FilterError(f"{question.name} is one of {known}, not '{said[:40]}'")
        return parse(question.choices[said])
    try:
        return parse(f"{question.asks}{quoted(said[:LONGEST])}")
    except FilterError as error:
        raise FilterError(f"{question.name}: {error.message}") from None
