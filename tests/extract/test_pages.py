"""The replica's pages: each field of each layout and kind against what their generator knows."""

import json
from pathlib import Path

import pytest

from app.extract.base import ExtractError, Snapshot
from app.extract.registry import read
from app.items import as_json

PAGES = Path(__file__).parent / "pages"
EXPECTED = {path: json.loads(path.read_text("utf-8")) for path in sorted(PAGES.glob("*/*.json"))}
CASES = [
    pytest.param(path, field, id=f"{path.parent.name}-{path.stem}-{field}")
    for path, told in EXPECTED.items()
    for field in told
    if field != "final_url"
]


def outcome(path, told):
    snapshot = Snapshot(
        document=path.with_suffix(".html").read_bytes(), final_url=told.get("final_url")
    )
    try:
        return as_json(read(snapshot))
    except ExtractError as refused:
        return {"error": {"type": refused.type, "rule": refused.rule}}


@pytest.fixture(scope="module")
def outcomes():
    return {path: outcome(path, told) for path, told in EXPECTED.items()}


def unordered(field, value):
    """SKUs are compared by their id: pages list them in no particular order."""
    return sorted(value, key=lambda sku: sku["sku_id"]) if field == "skus" else value


@pytest.mark.parametrize(("path", "field"), CASES)
def test_a_field_is_read_as_its_page_was_made(outcomes, path, field):
    got = outcomes[path]
    told = EXPECTED[path][field]
    assert field in got, got
    if field == "error":
        got = {"error": {word: got["error"][word] for word in told}}
    assert unordered(field, got[field]) == unordered(field, told)
