"""The page about quality: what drifted, since when, and where its rows are."""

import html
import re

import pytest

from tests.quality.test_books import items, read, run_of


@pytest.fixture(scope="module")
def drifted(engine, server) -> int:
    """The number of a run that pictures were lost in."""
    read(engine, run_of(engine), items(120))
    run = run_of(engine)
    assert read(engine, run, items(8, images=[]))
    return run


def test_drift_leads_to_its_run_and_rows(server, tokens, drifted):
    page = server.ask("GET", "/quality", token=tokens["read"]).text
    assert f'href="/runs/{drifted}"' in page
    assert "field images: told by at least" in html.unescape(page)
    for link in re.findall(r'href="(/offers\?where=[^"]+)"', page):
        assert server.ask("GET", html.unescape(link), token=tokens["read"]).status == 200, link


def test_rates_are_bars_with_a_name(server, tokens, drifted):
    page = server.ask("GET", "/quality", token=tokens["read"]).text
    assert re.search(r'<meter min="0" max="1" value="[\d.]+" aria-label="images">', page)
