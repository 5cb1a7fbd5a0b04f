"""The one reader that all programs use, so that each yields the same item at the same price."""

from typing import Any

from app.extract.base import Snapshot
from app.extract.registry import read
from app.items import as_json

STATE = "JSON.stringify(window.context)"
"""What a rendered page is asked for: its state as text, the cheapest of the ways measured."""


def item_of(document: str | bytes, url: str) -> dict[str, Any]:
    """The item in a document, or in the state alone. Raises `ExtractError`."""
    body = document.encode() if isinstance(document, str) else document
    return as_json(read(Snapshot(document=body, url=url)))
