"""Texts of pages as a file may hold them: nothing that a spreadsheet computes, nothing unprintable.

CSV: whatever a program takes for a formula gets `'` before it, as spreadsheets and WooCommerce do.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from app.items import money, plain_number

_BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u2069\u200e\u200f]"
)
"""Control characters, what XML forbids, and marks that turn the direction of a line."""
_FORMULA = re.compile("[\\s\ufeff\u200b]*[=+\\-@|%＝＋－＠]")


def clean(text: str) -> str:
    """A text without what does not print, on one line."""
    return _UNPRINTABLE.sub("", _BREAKS.sub(" ", text)).strip()


def guarded(text: str) -> str:
    """The text as a cell of a CSV file: clean, and never a formula."""
    kept = clean(text)
    return f"'{kept}" if _FORMULA.match(kept) else kept


def cell(value: Any, *, is_money: bool = False) -> str:
    """A value as a cell of a CSV file; numbers are numbers, the unknown is empty."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return ("-" if value < 0 else "") + (money if is_money else plain_number)(value)
        case int():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds")
    return guarded(str(value))
