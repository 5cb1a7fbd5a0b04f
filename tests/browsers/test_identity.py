"""Who the browser says it is: one story in page, frame, worker and headers, and a true one."""

import json
from urllib.parse import unquote

import pytest

from browsers import identity
from browsers.values import Mode

TELL = """
function tell() {
  const n = self.navigator, o = Intl.DateTimeFormat().resolvedOptions();
  return {
    agent: n.userAgent, platform: n.platform, language: n.language, languages: n.languages,
    cores: n.hardwareConcurrency, zone: o.timeZone, locale: o.locale,
    brands: n.userAgentData && n.userAgentData.brands,
    os: n.userAgentData && n.userAgentData.platform,
  };
}
"""
WORKER = TELL + "postMessage(tell())"
FRAME = f"<script>{TELL};parent.postMessage(tell(), '*')</script>"
PROBE = f"""<title>probe</title><script>{TELL}
const story = {{page: tell(), webdriver: navigator.webdriver, inner: innerWidth, outer: outerWidth,
  screen: [screen.width, screen.height]}};
function done() {{
  if (story.worker && story.near && story.far)
    location.replace("/told?" + encodeURIComponent(JSON.stringify(story)));
}}
addEventListener("message", e => {{
  story[e.origin == location.origin ? "near" : "far"] = e.data; done();
}});
new Worker("/probe-worker").onmessage = e => {{ story.worker = e.data; done(); }};
</script><iframe src="/probe-frame"></iframe>
<iframe src="https://login.taobao.com/far-frame"></iframe>"""


async def test_identity_is_one_true_story(rig, server):
    server.documents.update(
        {
            "probe": ("text/html", PROBE.encode()),
            "probe-frame": ("text/html", FRAME.encode()),
            "far-frame": ("text/html", FRAME.encode()),
            "probe-worker": ("text/javascript", WORKER.encode()),
            "told": ("text/html", b"<p>told</p>"),
        }
    )
    page = await rig.load("probe", Mode.NATURAL, pace=1)
    story = json.loads(unquote(page.final_url.partition("?")[2]))
    told = story["page"]

    assert told == story["near"] == story["far"] == story["worker"]
    version = rig.recorder.browsers[0].name.split()[1]
    major = version.partition(".")[0]
    assert told["agent"] == identity.USER_AGENT.format(major=major)
    assert told["platform"].startswith("Linux")
    assert told["os"] == "Linux"
    assert told["languages"] == ["zh-CN", "zh"]
    assert (told["locale"], told["zone"]) == ("zh-CN", "Asia/Shanghai")
    assert {"brand": "Chromium", "version": major} in told["brands"]
    assert len(told["brands"]) == 2
    assert story["webdriver"] is False
    assert story["screen"] == list(identity.SCREEN)
    assert story["inner"] == identity.VIEWPORT[0]

    for path in ("probe", "probe-frame", "probe-worker"):
        headers = next(h for url, h in server.requests if url.endswith("/" + path))
        assert headers["user-agent"] == told["agent"]
        assert headers["accept-language"] == "zh-CN,zh;q=0.9"
    for path in ("probe", "probe-frame", "far-frame"):
        headers = next(h for url, h in server.requests if url.endswith("/" + path))
        listed = [f'"{brand["brand"]}";v="{brand["version"]}"' for brand in told["brands"]]
        assert headers["sec-ch-ua"] == ", ".join(listed)
        assert headers["sec-ch-ua-platform"] == '"Linux"'


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
