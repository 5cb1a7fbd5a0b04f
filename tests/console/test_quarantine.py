"""The quarantine in the console: a person sees why, and decides."""

import re
from functools import partial

import pytest

from app.store import quarantine
from app.store.engine import transact
from app.store.quarantine import Refusal
from tests.console.conftest import PAYLOADS


@pytest.fixture(scope="module")
def cases(engine, server) -> list[int]:
    """Two cases; what one says is what nobody wants in a page."""
    for number, message in enumerate(PAYLOADS):
        facts = {"type": "Invalid", "rule": "price_jump", "field": "price_min"}
        told = Refusal(offer_id=f"61094757236{number}", message=message, **facts)
        transact(engine, partial(quarantine.keep, refusal=told, run_id=1))
    return [row["id"] for row in transact(engine, quarantine.listed)]


def test_cases_are_listed_by_reason_as_text(server, tokens, cases):
    for path in ("/quarantine", "/quarantine?type=Invalid", f"/quarantine/{cases[0]}"):
        page = server.ask("GET", path, token=tokens["read"]).text
        assert f'href="/quarantine/{cases[0]}"' in page or path.endswith(str(cases[0]))
        assert not any(payload in page for payload in PAYLOADS), path
        assert 'method="post" action="/quarantine' not in page
    page = server.ask("GET", "/quarantine?type=Truncated", token=tokens["read"]).text
    assert "No page waits here." in page


def test_a_person_decides_and_is_told_what_cannot_be_done(server, tokens, cases):
    path = f"/quarantine/{cases[0]}"
    page = server.ask("GET", path, token=tokens["run"]).text
    assert re.findall(r'action="/quarantine/\d+/(\w+)"', page) == ["retry", "release", "discard"]
    assert server.ask("POST", f"{path}/release", token=tokens["read"]).status == 403
    refused = server.ask("POST", f"{path}/release", token=tokens["run"])
    assert (refused.status, 'role="alert"' in refused.text) == (409, True)
    assert "pwsync sync" in refused.text
    made = server.ask("POST", f"{path}/discard", token=tokens["run"], Accept_Language="zh-CN")
    assert (made.status, made.headers["Location"]) == (303, path)
    cookie = made.headers["Set-Cookie"].partition(";")[0]
    page = server.ask("GET", path, token=tokens["run"], Cookie=cookie, Accept_Language="zh-CN").text
    assert "已丢弃：保留现有数据。" in page
    assert (
        f"/quarantine/{cases[0]}" not in server.ask("GET", "/quarantine", token=tokens["run"]).text
    )


def test_a_retry_leads_to_its_run(server, tokens, cases):
    made = server.ask("POST", f"/quarantine/{cases[1]}/retry", token=tokens["run"])
    assert (made.status, made.headers["Location"].startswith("/runs/")) == (303, True)
    for path in (f"/quarantine/{cases[1]}/nice", "/quarantine/9999/release"):
        assert server.ask("POST", path, token=tokens["run"]).status == 404, path
    assert server.ask("GET", "/quarantine/9999", token=tokens["run"]).status == 404
