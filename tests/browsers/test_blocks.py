"""The block table: every known block is seen by its row, and no seller can raise one.

The cases are site/lists-shops-blocks-login.md §d1, d2, d3 and site/offer-pages.md §3, in that order.
"""

import html
import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from app.replica import blocks as replica
from browsers import blocks
from browsers.blocks import TABLE, Row, detect
from tests.browsers import healthy

OFFER = "https://detail.1688.com/offer/610947572360.html"


def page(body="", title="水杯 - 阿里巴巴"):
    return f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>".encode()


def mtop(*ret, **data):
    return json.dumps({"api": "x", "ret": list(ret), "data": data}).encode()


def stub(config):
    return f"<script>window._config_ = {config};</script><!--rgv587_flag:sm-->".encode()


HOST, PATH = "detail.1688.com", "/offer/610947572360.html"
LIST = "https://s.1688.com/selloffer/offer_search.htm"
REFUSED = "RGV587_ERROR::SM::哎哟喂,被挤爆啦,请稍后重试"
API = "https://h5api.m.1688.com:443//h5/x/2.0"
SEEN = [
    # d1: the stubs, and the pages they lead to
    ("login-config", "login", {"document": replica.login_jump(HOST, PATH, 1)}),
    ("login-config", "login", {"document": stub('{\n "action": "login"}'), "url": LIST}),
    ("login-jump-url", "login", {"url": f"{OFFER}/_____tmd_____/page/login_jump?rand=x&_lgt_=y"}),
    ("punish-config", "slider", {"document": replica.punish_stub(HOST, PATH, 1)}),
    ("punish-config", "slider", {"document": stub('{"action":"captcha","url":"x"}'), "url": LIST}),
    ("punish-config", "slider", {"document": replica.slider(HOST, PATH, 1)}),
    ("punish-url", "slider", {"url": f"{LIST}/_____tmd_____/punish?x5secdata=x&x5step=1"}),
    ("punish-url", "slider", {"url": f"https://{HOST}//offer/1.html/_____tmd_____/verify/"}),
    ("punish-url", "slider", {"url": f"{OFFER}?x5secdata=x"}),
    ("slider-title", "slider", {"document": page(title="Captcha Interception")}),
    ("slider-title", "slider", {"document": page(title="验证码拦截")}),
    ("slider-title", "slider", {"document": page(title="验证码拦截").decode().encode("gbk")}),
    (
        "slider-page",
        "slider",
        {"document": page('<punish-component></punish-component><div id="nocaptcha">')},
    ),
    (
        "slider-page",
        "slider",
        {"document": page('<div class="x" id="baxia-punish"><i class="sufei-punish-x">')},
    ),
    (
        "slider-page",
        "slider",
        {"document": page('<div id="nc_1_wrapper"></div><form action="/x/_____tmd_____/verify/">')},
    ),
    ("slider-page", "slider", {"document": page('<b id="nc_1_n1z"></b><script>a="captcha"')}),
    (
        "punish-script",
        "slider",
        {"document": page('<script src="//g.alicdn.com/bsop-static/sufei-punish/0.1/p.js">')},
    ),
    ("deny-config", "refused", {"document": replica.refusal(HOST, PATH, 1)}),
    (
        "punish-config",
        "slider",
        {"document": stub('{"action":"captcha"}') + b"<script>window.context=(x)</script>"},
    ),
    ("deny-config", "refused", {"document": stub('{"action":"deny"}')}),
    ("access-denied", "refused", {"document": page(title="访问被拒绝")}),
    ("access-denied", "refused", {"document": replica.rate_limit()}),
    *(
        ("refusal-text", "refused", {"document": page(f"<p>{text}</p>", title="1688")})
        for text in (
            "访问频繁，请稍后再试",
            "亲，请求频繁",
            "您的操作频繁，请稍后再试！",
            "访问受限",
            "当前流量异常，稍后再试",
            "抱歉，系统繁忙",
        )
    ),
    (
        "refusal-text",
        "refused",
        {"document": "<p>系统繁忙，请稍后再试</p>".encode("gbk"), "url": LIST},
    ),
    ("verification-host", "slider", {"url": "https://sec.1688.com/query.htm?x"}),
    ("verification-host", "slider", {"url": "https://sec.taobao.com/query.htm"}),
    ("security-x5", "slider", {"document": page("亲，小二正忙", title="security-X5")}),
    # d2: answers of the page's own calls
    (
        "mtop-login",
        "login",
        {"document": mtop("FAIL_SYS_USER_VALIDATE", REFUSED, url="https://login.1688.com/x")},
    ),
    (
        "mtop-login",
        "login",
        {"document": mtop(REFUSED, url="https://passport.taobao.com/x").replace(b"/", b"\\/")},
    ),
    (
        "mtop-challenge",
        "slider",
        {"document": mtop("FAIL_SYS_USER_VALIDATE", REFUSED, url=f"{API}/_____tmd_____/punish")},
    ),
    (
        "mtop-challenge",
        "slider",
        {"document": mtop(REFUSED, url="https://login.1688.com/x.do/_____tmd_____/punish?x=1")},
    ),
    ("mtop-challenge", "slider", {"document": mtop("FAIL_SYS_USER_VALIDATE::x")}),
    ("mtop-challenge", "slider", {"document": b" jsonp_7( " + mtop(REFUSED) + b")"}),
    ("mtop-challenge", "slider", {"document": replica.gateway_refusal("mtop.x")}),
    ("xhr-login", "login", {"document": b'{"rgv587_flag":"sm","url":"//login.taobao.com/x"}'}),
    (
        "xhr-challenge",
        "slider",
        {"document": b'{"rgv587_flag": "sm", "url": "https://x/_____tmd_____/punish?x5secdata=x"}'},
    ),
    ("mtop-session", "login", {"document": mtop("FAIL_SYS_SESSION_EXPIRED::Session")}),
    ("mtop-session", "login", {"document": mtop("FAIL_SYS_ILLEGAL_ACCESS::非法请求")}),
    ("mtop-session", "login", {"document": mtop("FAIL_BIZ_NEED_LOGIN::x")}),
    ("mtop-session", "login", {"document": mtop("NOT_LOGIN::x")}),
    ("mtop-rate-limit", "refused", {"document": mtop("FAIL_SYS_TRAFFIC_LIMIT::x")}),
    ("mtop-rate-limit", "refused", {"document": mtop("FAIL_BIZ_FREQUENCY_LIMIT::x")}),
    (
        "mtop-rate-limit",
        "refused",
        {"document": b"mtopjsonp1(" + mtop("FAIL_SYS_FLOWLIMIT::x") + b")"},
    ),
    *(("rate-limit-status", "refused", {"status": status}) for status in (403, 419, 420, 429)),
    # d3: the login
    *(
        ("login-host", "login", {"url": url})
        for url in (
            "https://login.1688.com/member/signin.htm?tbpm=1",
            "https://login.1688.com/member/login.jhtml?from=sm",
            "https://login.taobao.com/havanaone/login/login.htm?bizName=x",
            "https://login.taobao.com/member/login.jhtml",
            "https://havanalogin.taobao.com/mini_login.htm",
            "https://passport.1688.com",
        )
    ),
    (
        "old-login-check",
        "login",
        {
            "url": "https://sec.1688.com/query.htm?smApp=laputa&smPolicy=laputa-detail_1688_com_page-anti_Spider-html-checklogin"
        },
    ),
    ("login-page", "login", {"document": page('<form><input id="fm-login-id"></form>')}),
    (
        "login-page",
        "login",
        {"document": page('<input type="password" id="fm-login-password">', title="1688")},
    ),
    (
        "login-title",
        "login",
        {"document": page("<form><input name=loginId><button>登录</button></form>", title="登录")},
    ),
]


def seen(**answer):
    return detect(**{"url": OFFER, "status": 200, "document": page(), **answer})


@pytest.mark.parametrize(("name", "rule", "answer"), SEEN)
def test_a_block_is_seen_by_its_row(name, rule, answer):
    block = seen(**answer)
    assert (block.name, block.rule) == (name, rule)
    assert block.evidence


def test_every_row_has_a_case():
    assert {row.name for row in TABLE} == {name for name, _, _ in SEEN}


HEALTHY = [
    page(
        f"<script>window.__INIT_DATA={json.dumps({'title': '验证码拦截'})}</script>", "验证码拦截"
    ),
    page(f"<script>window.__INIT_DATA={json.dumps({'title': '登录'})}</script>", "登录"),
    page("<script>window.context=(function(b,d){})(window.contextPath,{})</script>", "访问被拒绝"),
    page(
        "<script>window.context=(function(b,d){})(window.contextPath,{})</script>"
        '<div id="baxia-punish"></div>"captcha"'
    ),
    page(
        "<script>var iDetailConfig = {'name':'window._config_ = {\"action\":\"deny\"}'};</script>"
    ),
    page(title="验证码拦截 滑块验证 玩具 - 阿里巴巴"),
    page("<p>商品已下架</p>", title="访问频繁 - 阿里巴巴"),
    mtop("SUCCESS::调用成功", text=healthy.FAKES[4], more=healthy.FAKES[10]),
    mtop("FAIL_SYS_TOKEN_EMPTY::令牌为空"),
    mtop("FAIL_SYS_TOKEN_EXOIRED::令牌过期"),
    mtop("FAIL_SYS_TOKEN_ILLEGAL::x"),
    b"User-agent: *\nDisallow: /",
    b"",
    b"x" * 3000,
    page("y" * 200_000),
]


@pytest.mark.parametrize("document", HEALTHY)
def test_words_and_sizes_of_healthy_pages_are_no_block(document):
    assert seen(document=document) is None


def test_no_other_page_is_taken_for_a_block():
    assert healthy.alarms(healthy.other_pages()) == []


PAGES, SEEDS = int(os.environ.get("HEALTHY_PAGES", "3000")), (1, 7, 2026)


def test_of_thousands_of_offer_pages_none_is_taken_for_a_block():
    """None of 3,000: fewer than one in 1,000 of such pages, with 95 % confidence (3 by the number).

    More of them by hand: `HEALTHY_PAGES=10000 pytest tests/browsers/test_blocks.py`.
    """
    workers = os.cpu_count() or 1
    share = 250
    work = [(SEEDS[n % len(SEEDS)], n * share, (n + 1) * share) for n in range(PAGES // share)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as processes:
        done = list(processes.map(healthy.alarms_of, *zip(*work, strict=True)))
    assert [met for _, found in done for met in found] == []
    assert sum(pages for pages, _ in done) == PAGES


def word(*words):
    """A sight as nobody should write it: the word is somewhere."""
    return lambda answer: next((w for w in words if w.encode() in answer.document), None)


LAX = [
    (word("baxia"),),
    (word("AWSC"),),
    (word("登录"),),
    (word("验证"),),
    (word('id="nocaptcha"'), word('"captcha"')),
    (word('_config_ = {"action":"captcha"'),),
    (word("rgv587_flag"),),
    (word("FAIL_SYS_USER_VALIDATE"),),
    (word("/_____tmd_____/"),),
    (lambda answer: "small" if len(answer.document) < 5_000 else None,),
    (lambda answer: "x" if "offer_search" in answer.url else None,),
]


@pytest.mark.parametrize("needs", LAX)
def test_a_lax_row_would_be_noticed(monkeypatch, needs):
    monkeypatch.setattr(blocks, "TABLE", (*TABLE, Row(name="lax", rule="slider", needs=needs)))
    pages = [*healthy.other_pages(), *healthy.offer_pages(1, range(24))]
    assert {block.name for _, block in healthy.alarms(pages)} == {"lax"}


@pytest.mark.parametrize("words", healthy.FAKES)
def test_sellers_words_reach_the_pages(words):
    """Else those thousands would prove nothing."""
    as_json = json.dumps(words, ensure_ascii=False)[1:-1]
    forms = {form.encode(code) for form in (as_json, html.escape(words)) for code in CODES}
    pages = [page for _, page in healthy.offer_pages(1, range(48))]
    assert any(form in page for form in forms for page in pages)


CODES = ("utf-8", "gb18030")
ENDLESS = [
    (b"", b"_config_={"),
    (b"<script>", b'_config_ = {"action" : '),
    (b"window.context=", b"<script>_config_={"),
    (b'id="nocaptcha"', b"<a "),
    (b'id="nocaptcha"', b"<a " + b"x " * 300),
    (b"/sufei-punish/", b"<script " + b' src="' * 60),
    (b"/sufei-punish/", b"<script "),
    (b"<title>", b" "),
    (b"", b"<script>"),
    (b"", b"<title"),
    ("访问频繁".encode(), "亲".encode()),
    (b"{", b'"ret":["a",'),
    (b"{", b'"rgv587_flag" '),
    (b" " * 100, b" /*"),
]


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("head", "piece"), ENDLESS)
@pytest.mark.parametrize("size", [8_000, 8_000_000])
def test_no_page_makes_the_search_slow(head, piece, size):
    """A few tenths of a second at most; what is not linear takes minutes."""
    assert seen(document=head + piece * (size // len(piece))) is None


CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures" / "blocks"
CAPTURED = {
    "login-jump.html": "login-config",
    "mtop-refusal.json": "mtop-challenge",
    "punish-page-2021.html": "punish-config",
    "punish-redirect.html": "punish-config",
    "security-x5.html": "security-x5",
    "slider-rendered.html": "punish-config",
}


@pytest.mark.parametrize(("name", "row"), CAPTURED.items())
def test_real_blocks_are_seen_by_their_row(name, row):
    if not CAPTURES.is_dir():
        pytest.skip("the real captures are not on this machine (../shared/captures)")
    assert seen(document=(CAPTURES / name).read_bytes()).name == row


@pytest.mark.parametrize(
    "url",
    [
        None,
        OFFER,
        "https://login.1688.com.evil.com/",
        "https://mylogin.1688.com/",
        "https://s.1688.com/x?Done=https://login.1688.com/",
    ],
)
def test_addresses_that_only_look_like_a_block_are_none(url):
    assert seen(url=url) is None


def test_a_slider_in_the_middle_of_words_is_seen_whatever_its_size():
    slider = page(
        '<script>window._config_ = {"NCTOKENSTR":"x","action": "captcha"}</script>' + "z" * 300_000
    )
    assert seen(document=slider).rule == "slider"
