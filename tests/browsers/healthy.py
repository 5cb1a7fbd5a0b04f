"""Healthy pages of every kind, many of them by sellers who write like a block page.

A module of its own, so that other processes can make their share of the pages.
"""

import html
import json
from collections.abc import Iterator
from dataclasses import replace

from app.replica import descriptions
from app.replica.cases import Era
from app.replica.offers import offer
from app.replica.pages import document, gone
from browsers.blocks import Block, detect

FAKES = (
    "验证码拦截",
    "访问频繁，请稍后再试",
    "滑动验证 登录 请按住滑块，拖动到最右边",
    "baxia AWSC nocaptcha captcha sufei-punish/ punishpage.min.js",
    'window._config_ = {"action":"captcha","url":"https://s.1688.com/_____tmd_____/punish?x5secdata=x"};',
    "_config_ = {'action': 'login'}; _config_={\"action\" : \"deny\"}",
    "</title><title>Captcha Interception</title>",
    '</script><script>window._config_ = {"action":"login"}</script><!--rgv587_flag:sm-->',
    '<div id="nocaptcha"><div id="nc_1_wrapper"> "captcha" /_____tmd_____/ <punish-component>',
    '<form><input id="fm-login-id"><input id="fm-login-password"></form>',
    '"ret":["FAIL_SYS_USER_VALIDATE","RGV587_ERROR::SM"],"rgv587_flag":"sm"',
    "\\\"ret\\\":[\\\"FAIL_SYS_SESSION_EXPIRED\\\"] '\"ret\":[\"NOT_LOGIN\"]",
)  # fmt: skip
OFFER = "https://detail.1688.com/offer/{}.html"


def stuffed(seed: int, index: int):
    """An offer whose seller put such words wherever he may write."""
    plain = offer(seed, index, eras=tuple(Era))
    fake, other = (FAKES[(index + step) % len(FAKES)] for step in (0, 5))
    axes = tuple(
        replace(axis, values=tuple(replace(v, name=f"{v.name}{fake}") for v in axis.values))
        for axis in plain.axes
    )
    return replace(
        plain,
        title=f"{fake}{other}",
        axes=axes,
        attributes=((fake, (other, "登录", "captcha")), *plain.attributes),
        supplier=replace(plain.supplier, company_name=other, login_id=fake),
    )


def offer_pages(seed: int, indices: range) -> Iterator[tuple[str, bytes]]:
    """Pages of every era and standing, every other one stuffed."""
    for index in indices:
        shown = stuffed(seed, index) if index % 2 else offer(seed, index)
        yield OFFER.format(shown.offer_id), document(shown, padded=False)


def other_pages() -> Iterator[tuple[str, bytes]]:
    """Pages without an offer's state, and answers to XHRs."""
    for fake in FAKES:
        yield OFFER.format(1), gone.off_shelf(replace(offer(1, 1), title=fake))
        yield "https://www.1688.com/?theme=index", front_page(fake)
        yield "https://dsc.1688.com/x", descriptions.script(replace(offer(1, 2), title=fake))[0]
        for ascii_only in (True, False):
            answer = json.dumps(search_answer(fake), ensure_ascii=ascii_only).encode()
            yield "https://h5api.m.1688.com/h5/x", answer
            yield "https://h5api.m.1688.com/h5/x", b"mtopjsonpx(" + answer + b")"
            yield "https://h5api.m.1688.com/h5/x", b" jQuery17_3 ( " + answer + b");"
    yield gone.WRONG_PAGE, gone.wrong_page()
    yield gone.HOME, gone.home(1)
    yield "https://s.1688.com/selloffer/offer_search.htm", SHELL


def front_page(fake: str) -> bytes:
    """Cards as the home page has them: text and attributes escaped as HTML needs it."""
    text, quoted = html.escape(fake, quote=False), html.escape(fake)
    cards = f'<a title="{quoted}" href="/offer/1.html">{text}</a>' * 40
    script = json.dumps({"cards": [fake]}).replace("<", "\\u003c")
    return (
        f"<!doctype html><html><head><title>阿里1688</title></head><body>{cards}"
        f"<script>window.data={script};</script><p>登录 免费注册 {text}</p></body></html>"
    ).encode()


def search_answer(fake: str) -> dict:
    """As the page's own call brings it (site/lists-shops-blocks-login.md §a3)."""
    card = {"offerId": 1, "title": f"<font color=red>{fake}</font>", "shop": {"text": fake}}
    found = {"OFFER": {"found": 2000, "keywords": fake, "items": [{"data": card}] * 30}}
    return {"api": "x", "data": {"data": found}, "ret": ["SUCCESS::调用成功"], "v": "2.0"}


SHELL = """<!DOCTYPE html><html><head><meta charset="gbk"><title>批发_供应_阿里巴巴</title>
<script src="//g.alicdn.com/sd/baxia-entry/index.js" id="aplus-baxia"></script></head><body>
<script>window.data={};window.data.pageMessage={"pageId":"x","pageName":"major"};
window.AWSC_fyModule=1;var punish="/_____tmd_____/";</script>
<div id="app"><div class="initLoading"></div></div></body></html>""".encode("gbk")


def alarms(pages) -> list[tuple[str, Block]]:
    """What is taken for a block among healthy pages."""
    met = ((url, detect(url=url, status=200, document=page)) for url, page in pages)
    return [(url, block) for url, block in met if block]


def alarms_of(seed: int, start: int, stop: int) -> tuple[int, list[tuple[str, Block]]]:
    """The share of one process: how many pages, and the alarms."""
    return stop - start, alarms(offer_pages(seed, range(start, stop)))
