"""Cursors that somebody made up, on every list there is: refused, or a page; never a fault."""

import json
from urllib.parse import urlencode

import pytest

from app.api.paging import cursor

VALUES = (
    None, True, -1, 2**31, 2**63, 2**64 - 1, 1.5, "", "x", "NaN", "sNaN", "Infinity", "-0", "1e999999",
    "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "\x00", "商", "9" * 400, [], {},
)  # fmt: skip
IDS = ("610947572360", "0", "-1", "9" * 30, "x", 7, None, True, [], "٣")
PLACES = [*VALUES, *([value, "610947572360"] for value in VALUES), *(["x", one] for one in IDS)]
PLACES += [[None, one] for one in IDS] + [[1, 2, 3], [5, "1"], ["12.50", "9" * 30], [7, "9" * 30]]
SORTS = ("", "changed", "new", "cheap", "dear", "sold", "stock", "id")


@pytest.fixture(scope="module")
def lists(server, tokens) -> list[tuple[str, bool]]:
    """(path, whether it is sorted as one likes) of every list with a cursor."""
    text = server.ask("GET", "/api/v1/openapi.json", token=tokens["read"]).text
    found = []
    for path, methods in json.loads(text)["paths"].items():
        named = {one["name"] for one in methods.get("get", {}).get("parameters", ())}
        if "cursor" in named:
            found.append((path.replace("{run}", "1"), "sort" in named))
    assert found
    assert not [path for path, _ in found if "{" in path], "fill its places in here"
    return found


def test_no_made_up_cursor_is_a_fault(server, tokens, lists):
    for path, sorted_ in lists:
        for sort in SORTS if sorted_ else ("",):
            for place in PLACES:
                asked = {"cursor": cursor(place)} | ({"sort": sort} if sort else {})
                found = server.ask("GET", f"{path}?{urlencode(asked)}", token=tokens["read"])
                # at once: tracebacks of many faults would fill the server's pipe, and it would hang
                assert found.status in {200, 400, 422}, (path, sort, place)
