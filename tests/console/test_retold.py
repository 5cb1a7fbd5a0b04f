"""What the program composed is in the page's language wherever it is shown, and is only text."""

import http.client
from contextlib import closing
from urllib.parse import urlencode

import pytest
from markupsafe import escape
from sqlalchemy import update

from app import models
from app.models import table
from app.runs import opening
from app.runs.states import pause
from app.store.engine import transact
from tests.console.conftest import PAYLOADS
from tests.samples import intake

ITEM = table(models.RunItem)
HOSTILE = PAYLOADS[0]
REASON = f"drift: canary 610947572360: LayoutUnknown: bug: {HOSTILE}"
CHINESE = f"页面变化：探测商品 610947572360：无法识别的版式：程序缺陷：{HOSTILE}"


@pytest.fixture(scope="module")
def run(engine, server) -> int:
    """A paused run, one of whose offers has failed."""
    refs = intake(2, first=700_000_000_601)
    found = opening.open_run(engine, refs, kind="refs", label="2 offers")
    said = {"state": "failed", "reason": f"timeout: bug: {HOSTILE}"}
    of = (ITEM.c.run_id == found.id, ITEM.c.offer_id == "700000000601")
    transact(engine, lambda conn: conn.execute(update(ITEM).where(*of).values(said)))
    pause(engine, found.id, REASON)
    return found.id


@pytest.fixture
def shown(server, tokens):
    def asked(path: str, language: str = "zh-CN") -> str:
        return server.ask("GET", path, token=tokens["read"], Accept_Language=language).text

    return asked


def test_a_run_says_in_chinese_why_it_waits(shown, run):
    page = shown(f"/runs/{run}")
    assert escape(CHINESE) in page
    assert escape(f"超时：程序缺陷：{HOSTILE}") in page
    assert f"<h1>任务 {run}: 2 个商品</h1>" in page
    assert f"`pwsync reextract --run {run}`" in page, "what is typed stays"
    assert HOSTILE not in page
    assert escape(f"超时：程序缺陷：{HOSTILE}") in shown(f"/runs/{run}/items")


def test_in_english_it_stands_as_it_was_said(shown, run):
    page = shown(f"/runs/{run}", "en")
    assert escape(REASON) in page
    assert f"<h1>Run {run}: 2 offers</h1>" in page
    assert "pages are not read as before: " in page


def test_its_live_parts_are_in_chinese_too(server, tokens, run):
    asked = {"Authorization": f"Bearer {tokens['read']}", "Accept-Language": "zh-CN"}
    with closing(http.client.HTTPConnection(server.address, timeout=40)) as line:
        line.request("GET", f"/runs/{run}/live", headers=asked)
        told = ""
        with closing(line.getresponse()) as answer:
            while "event: why" not in told or not told.endswith("\n\n"):
                told += answer.readline().decode()
    assert escape(CHINESE) in told
    assert escape(f"超时：程序缺陷：{HOSTILE}") in told
    assert HOSTILE not in told


def test_the_doctor_speaks_chinese(shown):
    page = shown("/system")
    assert '<th scope="row">数据库</th>' in page
    assert "已是最新" in page
    assert "the newest" not in page
    assert "the newest" in shown("/system", "en")


def test_rejected_lines_are_told_in_chinese(server, tokens):
    body = urlencode({"refs": f"610947572360\n{HOSTILE}\nhttps://x.test/1"})
    asked = {"token": tokens["run"], "body": body, "Accept_Language": "zh-CN"}
    page = server.ask("POST", "/runs/preview", **asked).text
    assert escape(f"'{HOSTILE}' 不是商品编号或地址；请填商品自己的地址") in page
    assert escape("'https://x.test/1' 不在 1688.com 上") in page
    assert HOSTILE not in page
