"""Cursors: where a page ended, as an opaque word that leads to the next one."""

import base64
from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter

from app.api.problems import Problem

LONGEST = 2000


def cursor(place: Any) -> str:
    """A word for a place; `place` is made of JSON values, moments and amounts."""
    return base64.urlsafe_b64encode(orjson.dumps(place, default=str)).decode().rstrip("=")


def place(word: str | None, shape: Any = Any) -> Any:
    """The place that a word stands for, None without one.

    `shape` is the type that the place must have, `tuple[int, str]` for instance: a word of another
    list would otherwise be taken for one of this. Raises Problem 400 for no cursor.
    """
    if not word:
        return None
    try:
        padded = word[:LONGEST] + "=" * (-len(word) % 4)
        found = orjson.loads(base64.b64decode(padded.encode(), b"-_", validate=True))
        return _adapter(shape).validate_python(found)
    except ValueError as error:
        raise Problem(400, "cursor", "this is no cursor of ours; begin without one") from error


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
