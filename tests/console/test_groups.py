"""Groups in the console: a person compares, splits, and says what a pair is."""

import re
from urllib.parse import urlencode

import pytest

from app.groups.build import build
from tests.console.conftest import PAYLOADS
from tests.groups.test_build import TITLE, sell


@pytest.fixture(scope="module")
def sold(engine, server) -> list[str]:
    """Three suppliers' offers of one product, the second with a hostile title; one in doubt."""
    titles = (TITLE, TITLE + PAYLOADS[0], TITLE, "加厚可爱杯子 小熊")
    found = [sell(engine, number, title) for number, title in enumerate(titles, start=1)]
    build(engine)
    return found


def post(server, token: str, **fields: str):
    return server.ask("POST", "/groups/pairs", token=token, body=urlencode(fields))


def test_the_list_leads_to_a_group_and_its_offers(server, tokens, sold):
    text = server.ask("GET", "/groups?sort=id", token=tokens["read"]).text
    assert f'href="/groups/{sold[0]}"' in text
    page = server.ask("GET", f"/groups/{sold[0]}?quantity=30", token=tokens["read"]).text
    assert all(f'href="/offers/{each}"' in page for each in sold[:3])
    assert PAYLOADS[0] not in page
    shops = re.findall(r'href="(/suppliers/[^"]+)"', page)
    assert [server.ask("GET", each, token=tokens["read"]).status for each in shops] == [200] * 3
    assert 'action="/groups/pairs"' not in page


def test_a_person_splits_and_gets_a_word_in_their_language(server, tokens, sold):
    page = server.ask("GET", f"/groups/{sold[0]}", token=tokens["run"]).text
    assert page.count('name="verdict" value="reject"') == 2
    fields = {"one": sold[0], "other": sold[2], "verdict": "reject", "back": sold[0]}
    assert post(server, tokens["read"], **fields).status == 403
    made = post(server, tokens["run"], **fields)
    assert (made.status, made.headers["Location"]) == (303, f"/groups/{sold[0]}")
    cookie = made.headers["Set-Cookie"].partition(";")[0]
    page = server.ask("GET", f"/groups/{sold[0]}", token=tokens["run"], Cookie=cookie).text
    assert "They are two products." in page
    assert f'href="/offers/{sold[2]}"' not in page
    fields["verdict"] = "forget"
    assert post(server, tokens["run"], **fields).status == 303


def test_pairs_in_doubt_are_shown_with_their_reasons(server, tokens, sold):
    page = server.ask("GET", "/groups/pairs", token=tokens["run"]).text
    assert re.search(r"<li>[^<]*titles share", page)
    assert f'href="/offers/{sold[3]}"' in page


def test_nonsense_is_refused(server, tokens, sold):
    assert post(server, tokens["run"], one="x", other=sold[0], verdict="accept").status == 422
    assert post(server, tokens["run"], one=sold[0], other=sold[1], verdict="nice").status == 422
    assert post(server, tokens["run"], one=sold[0], other=sold[0], verdict="accept").status == 404
    for path in ("/groups/1", "/groups/x", f"/groups/{sold[3]}"):
        assert server.ask("GET", path, token=tokens["read"]).status == 404, path
