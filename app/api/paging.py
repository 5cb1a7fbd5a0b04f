"""Cursors: where a page ended, as an opaque word that leads to the next one."""

import base64
from typing import Any

import orjson

from app.api.problems import Problem

LONGEST = 2000


def cursor(place: Any) -> str:
    """A word for a place; `place` is made of JSON values, moments and amounts."""
    return base64.urlsafe_b64encode(orjson.dumps(place, default=str)).decode().rstrip("=")


def place(word: str | None) -> Any:
    """The place that a word stands for, None without one. Raises Problem 400 for no cursor."""
    if not word:
        return None
    try:
        padded = word[:LONGEST] + "=" * (-len(word) % 4)
        return orjson.loads(base64.urlsafe_b64decode(padded.encode()))
    except ValueError as error:
        raise Problem(400, "cursor", "this is no cursor of ours; begin without one") from error
