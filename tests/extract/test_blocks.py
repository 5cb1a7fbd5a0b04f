"""The block table: each row matches its block, and no seller can raise one."""

import json

import pytest

from browsers.blocks import TABLE, detect

OFFER = "https://detail.1688.com/offer/610947572360.html"


def page(body="", title="水杯 - 阿里巴巴"):
    return f"<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>".encode()


def mtop(*ret, **data):
    return json.dumps({"api": "x", "ret": list(ret), "data": data}).encode()


SEEN = [
    ("login-host", "login", {"url": "https://login.1688.com/member/signin.htm?Done=x"}),
    ("login-host", "login", {"url": "https://login.taobao.com/havanaone/login/login.htm"}),
    ("login-host", "login", {"url": "https://passport.1688.com"}),
    ("login-host", "login", {"url": "https://havanalogin.taobao.com/mini_login.htm"}),
    ("login-jump-url", "login", {"url": f"{OFFER}/_____tmd_____/page/login_jump?rand=x"}),
    (
        "old-login-check",
        "login",
        {"url": "https://sec.1688.com/query.htm?smApp=laputa&smPolicy=x-html-checklogin"},
    ),
    ("punish-url", "slider", {"url": f"{OFFER}/_____tmd_____/punish?x5secdata=x"}),
    ("punish-url", "slider", {"url": f"{OFFER}?x5secdata=x"}),
    ("verification-host", "slider", {"url": "https://sec.taobao.com/query.htm"}),
    ("rate-limit-status", "refused", {"status": 429}),
    ("rate-limit-status", "refused", {"status": 403}),
    (
        "punish-config",
        "slider",
        {"document": b'<script>window._config_ = {"action":"captcha","url":"x"};</script>'},
    ),
    (
        "login-config",
        "login",
        {"document": b'<script>window._config_ = {\n "action": "login"};</script>'},
    ),
    ("deny-config", "refused", {"document": b'<script>window._config_={"action":"deny"}</script>'}),
    (
        "slider-page",
        "slider",
        {"document": page('<div id="nc_1_wrapper"></div><form action="/x/_____tmd_____/verify/">')},
    ),
    ("slider-title", "slider", {"document": page(title="Captcha Interception")}),
    ("slider-title", "slider", {"document": page(title="验证码拦截").decode().encode("gbk")}),
    ("security-x5", "slider", {"document": page(title="security-X5")}),
    ("login-page", "login", {"document": page('<form><input id="fm-login-id"></form>')}),
    ("access-denied", "refused", {"document": page(title="访问被拒绝")}),
    (
        "mtop-login",
        "login",
        {
            "document": mtop(
                "FAIL_SYS_USER_VALIDATE", "RGV587_ERROR::SM::x", url="https://login.1688.com/x"
            )
        },
    ),
    (
        "mtop-challenge",
        "slider",
        {
            "document": mtop(
                "FAIL_SYS_USER_VALIDATE",
                "RGV587_ERROR::SM::x",
                url="https://h5api.m.1688.com/punish",
            )
        },
    ),
    ("mtop-session", "login", {"document": mtop("FAIL_SYS_SESSION_EXPIRED::Session")}),
    ("mtop-session", "login", {"document": mtop("FAIL_SYS_ILLEGAL_ACCESS::非法请求")}),
    ("mtop-session", "login", {"document": mtop("FAIL_BIZ_NEED_LOGIN::x")}),
    ("mtop-rate-limit", "refused", {"document": mtop("FAIL_SYS_TRAFFIC_LIMIT::x")}),
    (
        "mtop-rate-limit",
        "refused",
        {"document": b"mtopjsonp1(" + mtop("FAIL_SYS_FLOWLIMIT::x") + b")"},
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


JOKE = 'window._config_ = {"action":"captcha"} <div id="nocaptcha"> <div id="fm-login-id"> <form> /_____tmd_____/ "captcha" <!--rgv587_flag:sm-->'
HEALTHY = [
    page(
        "登录 验证码 滑块 访问频繁 baxia AWSC 请拖动下方滑块完成验证 <script src='//g.alicdn.com/sd/baxia-entry/index.js' id='aplus-baxia'></script>"
    ),
    page(f"<script>window.context=x(window.contextPath,{json.dumps({'subject': JOKE})});</script>"),
    page(
        f"<script>window.__INIT_DATA={json.dumps({'title': '验证码拦截'})}</script>",
        title="验证码拦截",
    ),
    page(
        f"<script>window.__INIT_DATA={json.dumps({'title': '访问被拒绝'})}</script>",
        title="访问被拒绝",
    ),
    page(title="验证码拦截 滑块验证 玩具 - 阿里巴巴"),
    mtop("SUCCESS::调用成功", text=JOKE, more='"ret":["FAIL_SYS_USER_VALIDATE"]'),
    mtop("FAIL_SYS_TOKEN_EMPTY::令牌为空"),
    mtop("FAIL_SYS_TOKEN_EXOIRED::令牌过期"),
    b"",
    b"x" * 3000,
    page("y" * 200_000),
]


@pytest.mark.parametrize("document", HEALTHY)
def test_words_and_sizes_of_healthy_pages_are_no_block(document):
    assert seen(document=document) is None


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
