"""Who the browser says it is: one story in page, frames, worker and headers, and a true one."""

import asyncio
import copy
import os
import platform
from dataclasses import replace

import pytest
from playwright_stealth import Stealth

from browsers import identity, probe
from browsers.engine import find_engine
from browsers.errors import RenderError
from browsers.story import RULES, Machine, contradictions, summary, untruths
from browsers.values import Launch, Mode


@pytest.fixture(scope="module")
def version(server):
    return find_engine().version


@pytest.fixture(scope="module")
def story(version):
    return asyncio.run(probe.ask(Launch()))


@pytest.mark.parametrize("stealth", [True, False])
async def test_identity_is_one_story(stealth):
    assert contradictions(await probe.ask(Launch(stealth=stealth))) == ()


def test_identity_is_true(story, version):
    here = Machine(
        system=platform.system(),
        platform=f"{platform.system()} {platform.machine()}",
        processors=frozenset((os.cpu_count(), len(os.sched_getaffinity(0)))),
        version=version,
    )
    assert untruths(story, here) == ()
    other = Machine(system="Windows", platform="Win32", processors=frozenset({64}), version="1.0")
    assert [text.split()[0] for text in untruths(story, other)] == [
        "system",
        "platform",
        "processors",
        "version",
    ]


def test_identity_is_what_was_chosen(story, version):
    told, page = story.told, story.page
    major = version.partition(".")[0]
    assert told["userAgent"] == identity.USER_AGENT.format(major=major)
    assert told["languages"] == ["zh-CN", "zh"]
    assert (told["locale"], told["zone"]) == ("zh-CN", "Asia/Shanghai")
    assert [brand["brand"] for brand in told["brands"]].count("Chromium") == 1
    assert len(told["brands"]) == 2
    assert page["screen"] == list(identity.SCREEN)
    assert page["inner"] == list(identity.VIEWPORT)
    assert "SharedWorker" not in page["globals"]
    assert story.asked[0].headers["accept-language"] == "zh-CN,zh;q=0.9"
    assert {asked.path for asked in story.asked} >= {
        "/probe.html",
        "/frame.html",
        "/far.html",
        "/worker.js",
    }
    for words in (version, "zh-CN", "Asia/Shanghai", "1920x1080"):
        assert words in summary(story)


async def test_the_probe_sees_through_the_librarys_defaults(monkeypatch):
    """They tell of Windows, of English and of an Intel chip, in the page alone."""
    monkeypatch.setattr(identity, "stealth_script", lambda: Stealth().script_payload)
    found = {text.partition(":")[0] for text in contradictions(await probe.ask(Launch()))}
    assert {"realms", "system", "graphics", "plugins", "own code", "globals"} <= found


async def test_the_probe_sees_a_naked_engine(monkeypatch):
    monkeypatch.setattr(identity, "arguments", lambda version: ())
    monkeypatch.setattr(identity, "page_commands", lambda version: ())
    monkeypatch.setattr(identity, "DENIED", ())
    told = await probe.ask(Launch(stealth=False))
    assert {"headless", "permission", "webdriver"} <= {
        text.partition(":")[0] for text in contradictions(told)
    }


async def test_a_page_that_tells_nothing_is_an_error_in_time(monkeypatch):
    monkeypatch.setattr(probe, "_WORKER", "")
    with pytest.raises(RenderError):
        await probe.ask(Launch(), within=1.5)


def told(realm, **changes):
    """A realm that tells something else."""

    def change(story):
        realms = {name: dict(copy.deepcopy(values)) for name, values in story.realms.items()}
        realms[realm] |= changes
        return replace(story, realms=realms)

    return change


def told_everywhere(**changes):
    def change(story):
        realms = {name: {**values, **changes} for name, values in story.realms.items()}
        return replace(story, realms=realms)

    return change


def shown(**changes):
    """A page that shows something else."""
    return lambda story: replace(story, page={**story.page, **changes})


def sent(path, **changes):
    """A request with other headers; None leaves one out."""
    named = {name.replace("_", "-"): text for name, text in changes.items()}

    def change(story):
        asked = tuple(
            replace(one, headers=_without_none({**one.headers, **named}))
            if one.path == path
            else one
            for one in story.asked
        )
        return replace(story, asked=asked)

    return change


def _without_none(headers):
    return {name: text for name, text in headers.items() if text is not None}


WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
LIES = [
    ("realms", told("worker", platform="Win32")),
    ("realms", told("far", languages=["en-US"])),
    ("realms", told("frame", gl=None)),
    ("realms", told("worker", brands=[])),
    ("user agent sent", sent("/worker.js", user_agent=WINDOWS)),
    ("languages sent", sent("/frame.html", accept_language="en-US,en;q=0.9")),
    ("languages sent", sent("/probe.html", accept_language=None)),
    ("hints sent", sent("/probe.html", sec_ch_ua=None)),
    ("hints sent", sent("/far.html", sec_ch_ua_platform='"Windows"')),
    ("hints sent", sent("/story", sec_ch_ua_bitness='"32"')),
    ("versions", told_everywhere(brands=[{"brand": "Chromium", "version": "12"}])),
    ("headless", told_everywhere(userAgent="HeadlessChrome/156.0.0.0")),
    ("headless", sent("/story", sec_ch_ua='"HeadlessChrome";v="156"')),
    ("system", told_everywhere(userAgent=WINDOWS)),
    ("system", told_everywhere(platform="MacIntel")),
    ("graphics", told_everywhere(gl=["Intel Inc.", "Intel Iris OpenGL Engine"])),
    ("webdriver", shown(webdriver=True)),
    ("webdriver", shown(webdriver=None)),
    ("permission", told_everywhere(queried="prompt", granted="denied")),
    ("permission", told_everywhere(queried="default", granted="default")),
    ("language", told_everywhere(language="en-US")),
    ("language", told_everywhere(locale="en-US")),
    ("time zone", told_everywhere(offset=0)),
    ("time zone", told_everywhere(zone="Europe/Paris")),
    ("screen", shown(screen=[800, 600])),
    ("screen", shown(fits=False)),
    ("plugins", shown(pdf=True)),
    ("plugins", shown(plugins=["PDF Viewer"])),
    ("codecs", shown(plays=["audio/aac"])),
    ("own code", told("frame", patched=["Navigator.vendor"])),
    ("globals", lambda story: shown(globals=[*story.page["globals"], "x7f2a"])(story)),
]


@pytest.mark.parametrize(("rule", "lie"), LIES)
def test_a_lie_is_told_by_its_rule(story, rule, lie):
    assert rule in {text.partition(":")[0] for text in contradictions(lie(story))}


def test_every_rule_has_a_lie():
    assert {name for name, _ in RULES} == {name for name, _ in LIES}


@pytest.mark.parametrize(
    ("version", "brands"),
    [
        ("156", [("Not:A-Brand", "8"), ("Chromium", "156")]),
        ("124", [("Not-A.Brand", "99"), ("Chromium", "124")]),
        ("131", [("Chromium", "131"), ("Not_A Brand", "24")]),
    ],
)
def test_brands_are_those_of_the_version(version, brands):
    listed = identity._brands(int(version), version)
    assert [(brand["brand"], brand["version"]) for brand in listed] == brands


async def test_lean_page_asks_as_a_rendered_one_does(rig, server):
    """The same navigation headers, so that lean is no other visitor."""
    asked = []
    for mode in (Mode.LEAN, Mode.NATURAL):
        await rig.load("shell", mode)
        asked.append({k: v for k, v in server.requests[-1][1].items() if k != "cookie"})
    server.requests.clear()
    assert asked[0] == asked[1]
    assert asked[0]["sec-fetch-mode"] == "navigate"
    assert asked[0]["sec-fetch-dest"] == "document"
