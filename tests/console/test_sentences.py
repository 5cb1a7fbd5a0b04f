"""What the program composes is retold in Chinese: the real sentences, and the table that does it."""

import inspect
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest
from jinja2 import Environment

from app.console.shell import FILTERS
from app.console.words import read_folder
from app.console.words.sentences import LONGEST, retold, sentences
from app.extract import base as extract
from app.groups.evidence import compare
from app.lists import ListRef, ListRefError
from app.monitor.words import waits
from app.profiles import rows
from app.quality.drift import Alarm, Trial
from app.refs import read_refs
from app.runs.consequences import settlement_for
from app.runs.counts import Counts
from app.runs.limits import judge
from app.runs.outcomes import Outcome, RunState, rule
from app.runs.states import Run
from app.services.checkup import collect
from app.services.reports import next_step
from browsers import errors as browsers
from tests.checkup.test_checkup import cookies, means_of
from tests.console.composed import SAMPLE, composed
from tests.groups.test_evidence import TITLE, made

HAN = re.compile(r"[\u4e00-\u9fff]")
PLACE = re.compile(r"\{(\w+)[#*]?\}")
HOSTILE = "<img src=x onerror=alert(1)> {0} {seconds} {{7*7}}"
TABLE = read_folder("zh/sentences")
NOW = datetime.now(UTC)


def is_chinese(sentence: str) -> bool:
    """Whether it is retold; what is no sentence (a path, a command to type) has nothing to be."""
    said = retold("zh", sentence)
    return said != sentence and HAN.search(said) is not None


# By calling what says them


@pytest.fixture
def findings(tmp_path, sqlite_engine):
    """Of a house that is well, of one that is not, and of one without servers."""
    plain = means_of(tmp_path, sqlite_engine)
    jar = plain.desk.manners.jar
    for name, ends in (("soon", 86_400), ("gone", -60), ("well", 30 * 86_400), ("open", 10**6)):
        jar.save(name, cookies(expires=time.time() + ends))
    jar.path("open").chmod(0o644)
    rows.note_block(sqlite_engine, "guest", "slider: punish-url: url: /x", plain.desk.manners.rests)
    (tmp_path / "archive").write_text("a file in the way")
    crowded = replace(plain, contexts=100_000, is_reachable=True)
    known = replace(plain, tokens=lambda: 1)
    return [
        one for each in (plain, crowded, known) for one in collect.findings(each, browser=False)
    ]


def test_findings_of_the_doctor(findings):
    assert {one.name for one in findings} >= {"rest", "disk", "journal", "profile soon", "redis"}
    for one in findings:
        assert is_chinese(one.name) or one.name == "redis"
        assert is_chinese(one.says) or one.says.startswith("/"), one
        assert not one.fix or is_chinese(one.fix) or one.fix.startswith("pwsync "), one


@pytest.mark.parametrize("trial", Trial)
@pytest.mark.parametrize("layout", ["", "context"])
def test_drift(trial, layout):
    mark = "FieldMissing missing price_min" if trial is Trial.REFUSED else "images:gallery"
    alarm = Alarm(trial=trial, mark=mark, before=0.6, signs=1_020, pages=2_000)
    said = retold("zh", f"drift: {alarm.sentence(layout)}")
    assert "最近 2,000 个中有 1,020 个" in said
    assert "页面变化：" in said
    assert not re.search(r"pages|field|layout|missing p\b|last", said), said


def failures() -> Iterator[Exception]:
    """One of each kind, with words as they are said."""
    for kind, message in (
        (browsers.TimedOut, "no page within 30 s"),
        (browsers.PageCrashed, "the renderer died"),
        (browsers.BrowserLost, "the browser died or hangs (no page within 30 s)"),
        (browsers.ProxyFailed, "the proxy does not answer (connection refused)"),
        (browsers.NetworkFailed, "the proxy cannot reach cbu01.alicdn.com: HTTP 502"),
        (browsers.Truncated, "10 bytes of 20"),
        (browsers.Oversized, "10 bytes, 5 allowed"),
        (browsers.OffSite, "redirected to 'https://else.test/'"),
        (browsers.Looped, "more than 10 redirects"),
        (browsers.Busy, "HTTP 429"),
        (browsers.Refused, "not a plain ASCII URL: 'x'"),
        (KeyError, "x"),
    ):
        yield kind(message)
    for kind in (extract.Truncated, extract.LayoutUnknown, extract.FieldMissing, extract.Invalid):
        yield kind("the page tells no price", rule="missing", field="price_min")
        yield kind("no layout knows this page")
    for word in ("login", "slider", "refused"):
        yield extract.Blocked("punish-url: url: /x", rule=word)
    yield from (extract.Gone("x", rule=word) for word in ("deleted", "off_shelf"))


@pytest.mark.parametrize("error", list(failures()), ids=repr)
def test_reasons_of_items(error):
    settlement = settlement_for(error, charges=0)
    assert settlement is not None
    reason = rule(settlement, charges=0, excused=0, allowed=3).reason
    assert reason
    assert is_chinese(reason), reason
    if is_chinese(str(error)):
        assert str(error) not in retold("zh", reason), "the sentence within is retold, too"


def a_run(**more: Any) -> Run:
    told: dict[str, Any] = dict.fromkeys(inspect.signature(Run).parameters, 0)
    return Run(**told | {"id": 3, "options": {}, "reason": None, "parked_until": None} | more)


def test_what_a_run_waits_for():
    past = a_run(state=RunState.PAUSED, reason="drift: canary 7: the list did not come")
    parked = a_run(state=RunState.PARKED, reason="login: mtop-login: ret: X")
    buyer = replace(parked, options={"profile": "buyer"})
    slid = replace(parked, reason="slider: a: b (profile resting)")
    until = replace(buyer, parked_until=NOW)
    told = [past, replace(past, reason=None), a_run(state=RunState.OPEN), parked, buyer, slid]
    for run in [*told, until, replace(until, reason="slider"), replace(until, options={})]:
        step = next_step(run)
        assert step
        said = retold("zh", step)
        assert is_chinese(step), step
        assert re.findall("`[^`]*`", said) == re.findall("`[^`]*`", step), "commands stay"
        assert not run.reason or is_chinese(waits(run.reason, run.parked_until)), run


def test_limits():
    counts = Counts(run=a_run(), by_state={Outcome.FAILED: 1_200}, lists={})
    late = {"until": "2020-01-01T00:00:00+00:00"}
    for bounds in ({"failed": 1}, late, {"finished": 1}):
        reached = judge(bounds, counts, NOW).reached
        assert reached
        assert is_chinese(reached)


def test_evidence_of_groups():
    one = made(1, TITLE + "3件套", 型号="LC620", 品牌="膳魔师", 材质="钢")
    others = (
        made(2, TITLE + "五只装", 型号="LC630", 品牌="虎牌", 材质="铝"),
        made(3, TITLE + "3件套", 型号="LC620", 品牌="膳魔师", category="2"),
        made(4, TITLE.replace("500", "750") + "套装", looks=(1,), 材质="钢", 颜色="红"),
        made(5, "另一个 LC620", looks=(1,), 货号="A77123"),
    )
    pairs = [(a, b) for a in (one, *others) for b in (one, *others) if a is not b]
    texts = {each.text for pair in pairs for each in compare(*pair).evidence}
    assert len(texts) > 20
    for text in texts:
        assert retold("zh", text) != text, text


WRONG_LINES = ("123", "https://qr.1688.com/s/x", "https://dj.1688.com/x", "https://s.1688.com/x")
WRONG_LINES += ("https://item.taobao.com/1", "https://login.1688.com/", "https://shop1.1688.com/")
WRONG_LINES += (
    "https://x.test/",
    "https://www.1688.com/x",
    "ftp://x",
    "hm\\",
    "no offer",
    "x" * 5000,
)
WRONG_LISTS = ("", "1234567", "https://x.test", "https://detail.1688.com/x", "https://s.1688.com/")
WRONG_LISTS += ("https://dj.1688.com", "https://qr.1688.com", "https://www.1688.com", "x" * 5000)


def test_what_intake_rejects():
    rejected = read_refs(WRONG_LINES).rejected
    assert len(rejected) == len(WRONG_LINES)
    told = [one.reason for one in rejected]
    for kind, text in [("shop", one) for one in WRONG_LISTS] + [("keyword", ""), ("category", "x")]:
        with pytest.raises(ListRefError) as found:
            ListRef.of(kind, text)
        told.append(str(found.value))
    for reason in told:
        said = retold("zh", f"nothing to sync: {reason}")
        assert said.startswith("没有可同步的内容："), said
        assert " is " not in said, said


# By reading the rooms that compose them

HOUSE = {
    "app.services.checkup": "database machine profiles queue",
    "app": "canary discover lists refs",
    "app.groups": "evidence",
    "app.extract": "assemble carriers gone lists pricing registry",
    "app.extract.layouts": "detail_config",
    "app.pace": "robots values",
    "app.quality": "plausible releasing",
    "app.runs": "limits states settling",
    "app.schedule": "sources ticker",
    "app.services": "logins quarantine wanting",
    "app.profiles": "jar values",
    "app.logins": "watched booking entry",
    "app.monitor": "watch",
    "browsers": "visit tunnel calls slot login traffic",
}
ROOMS = [f"{place}.{room}" for place, rooms in HOUSE.items() for room in rooms.split()]

NONE_OF_IT = re.compile(
    r"pwsync |ALTER |[^a-z]*$|a replica address|a replica runs|give one of --|unreachable:"
)
"""Commands to type, numbers, and what the console never shows."""
PIECED = {
    "7 rests7: 7",
    "7, others in their titles",
    "7: jobs are thrown away 7",
    "start it (systemctl start redis-server), or correct redis_url",
    "7 over the list",
    "7 new offers7",
}
"""Composed of pieces that stand elsewhere in the room; the table has them whole."""


@pytest.mark.parametrize("name", ROOMS)
def test_whatever_a_room_composes(name):
    found = {one for one in composed(import_module(name)) if " " in one} - PIECED
    assert found
    assert [one for one in found if not NONE_OF_IT.match(one) and not is_chinese(one)] == []


# The table


def test_each_line_has_the_same_places_and_is_chinese():
    for english, told in TABLE.items():
        assert set(PLACE.findall(told)) == set(PLACE.findall(english)), english
        assert not re.search(r"\}\{", english), "no two places without a word between them"
        assert HAN.search(told) or english in {"redis", "{cause*} {share#} %"} or "→" in english, (
            english
        )


def test_each_line_is_reached_by_its_own_sentence():
    for english, told in TABLE.items():
        sentence = PLACE.sub(SAMPLE, english)
        assert retold("zh", sentence) == PLACE.sub(SAMPLE, told), english


def test_what_is_unknown_or_mutated_or_endless_stays_english():
    known = "no page within 30 s"
    assert is_chinese(known)
    for text in (f"{known}!", f" {known}", known.replace("30", "x"), known.upper(), "", "–", "hm"):
        assert retold("zh", text) == text
    assert retold("en", known) == known
    endless = f"bug: {'x' * LONGEST}"
    assert retold("zh", endless) == endless


def test_values_are_text_and_escaped_where_they_are_shown():
    assert HOSTILE in retold("zh", f"bug: {HOSTILE}")
    environment = Environment(autoescape=True)
    environment.filters |= FILTERS
    shown = environment.from_string("{{ said|retold }}")
    html = shown.render(said=f"timeout: bug: {HOSTILE}", language="zh")
    assert html.startswith("超时：程序缺陷：&lt;img src=x")
    assert "<" not in html
    assert "{seconds} {{7*7}}" in html
    assert shown.render(said=HOSTILE, language="zh") == shown.render(said=HOSTILE, language="en")
    assert shown.render(said=None, language="zh") == ""


@pytest.mark.parametrize("piece", [": ", "; ", " is ", "1 of ", "a, not ", "'", " (profile "])
def test_no_sentence_takes_long(piece):
    text = (piece * LONGEST)[:LONGEST]
    began = time.perf_counter()
    sentences("zh").retold(text)
    assert time.perf_counter() - began < 0.5
