"""Offers in API and console: pictures, and what else one offer has."""

import re

import pytest

from app.images.files import Shelf
from tests.console.test_pages import told
from tests.pictured import hang


@pytest.fixture(scope="module")
def pictured(home, engine, server, tokens) -> tuple[str, list[str]]:
    """An offer some of whose pictures are there, and their digests."""
    for one in told(server, tokens["read"], "/offers?limit=200&sort=id")["items"]:
        if digests := hang(engine, Shelf(folder=home / "data" / "images"), one["offer_id"]):
            return one["offer_id"], digests
    raise AssertionError


def test_a_picture_is_served_by_its_digest_alone(server, tokens, pictured):
    path = f"/pictures/{pictured[1][0]}"
    found = server.ask("GET", path, token=tokens["read"])
    assert (found.status, found.headers["Content-Type"]) == (200, "image/webp")
    assert "immutable" in found.headers["Cache-Control"]
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    again = server.ask("GET", path, token=tokens["read"], If_None_Match=found.headers["ETag"])
    assert (again.status, again.text) == (304, "")
    assert server.ask("GET", f"{path}?size=huge", token=tokens["read"]).status == 422
    assert server.ask("GET", path).status == 401
    for other in ("0" * 64, "..", "%2e%2e%2fpwsync.db", f"{pictured[1][0]}.webp"):
        assert server.ask("GET", f"/pictures/{other}", token=tokens["read"]).status == 404, other


def test_an_offer_shows_those_it_has_and_tells_of_the_others(server, tokens, pictured):
    offer_id, digests = pictured
    listed = told(server, tokens["read"], f"/offers/{offer_id}/images")["items"]
    assert {one["sha256"] for one in listed if one["picture"]} == set(digests)
    assert {one["state"] for one in listed if not one["picture"]} <= {"waiting", "failed"}
    first = next(one for one in listed if one["picture"])
    page = server.ask("GET", f"/offers/{offer_id}", token=tokens["read"]).text
    assert set(re.findall(r"/pictures/(\w{64})", page)) == set(digests)
    table = server.ask("GET", f"/offers?where=id={offer_id}", token=tokens["read"]).text
    assert f'src="{first["picture"]}?size=small"' in table
    hits = told(server, tokens["read"], f"/offers?where=id={offer_id}")["items"]
    assert hits[0]["picture"] == first["picture"]
