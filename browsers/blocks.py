"""The block table: which answers of the site are a login wall, a slider or a refusal.

Two kinds of evidence, nothing else: how the answer came (URL, HTTP status) and what only a block
page is built of (its `_config_` action, the ids of its elements, its exact title, an XHR's `ret`
codes). Never words of the body, which healthy pages hold too, and never the size.

Source: site/lists-shops-blocks-login.md §d and site/offer-pages.md §3.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from browsers.sights import (
    Answer,
    Sight,
    action,
    look_at,
    member,
    part,
    ret,
    says_only,
    script,
    status,
    tag,
    title,
    url,
)

Rule = Literal["login", "slider", "refused"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What was met: the rule to follow, the row that matched and the words that prove it."""

    rule: Rule
    name: str
    evidence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One known block. Every sight of `needs` must see its part."""

    name: str
    rule: Rule
    needs: tuple[Sight, ...]


_LOGIN_HOSTS = (
    r"(?:login\.(?:1688|taobao)\.com|passport\.(?:1688|taobao)\.com|havanalogin\.taobao\.com)"
)
_LOGIN_URL = (
    rf'"url"\s*:\s*"(?:https?:)?\\?/\\?/{_LOGIN_HOSTS}'
    r'(?![^"?]{0,300}_____tmd_____)'  # a login host may ask for a slider, too
)
_CAPTCHA_IDS = ('id="nc_1_wrapper"', 'id="nc_1_n1z"', 'id="nocaptcha"', 'id="baxia-punish"')
_CAPTCHA_PARTS = ('"captcha"', "/_____tmd_____/", "sufei-punish", "<punish-component")
_REFUSALS = ("访问受限", "访问频繁", "请求频繁", "操作频繁", "流量异常", "系统繁忙")

TABLE: tuple[Row, ...] = (
    # where it came from
    Row(name="login-host", rule="login", needs=(url(rf"^https?://{_LOGIN_HOSTS}(?=[:/?#]|$)"),)),
    Row(name="login-jump-url", rule="login", needs=(url(r"/_____tmd_____/page/login_jump"),)),
    Row(
        name="old-login-check", rule="login", needs=(url(r"^https?://sec\.1688\.com/.*checklogin"),)
    ),
    Row(name="punish-url", rule="slider", needs=(url(r"/_____tmd_____/|[?&]x5secdata="),)),
    Row(
        name="verification-host",
        rule="slider",
        needs=(url(r"^https?://sec\.(?:1688|taobao)\.com(?=[:/?#]|$)"),),
    ),
    Row(name="rate-limit-status", rule="refused", needs=(status(403, 419, 420, 429),)),
    # what it is built of
    Row(name="punish-config", rule="slider", needs=(action("captcha"),)),
    Row(name="login-config", rule="login", needs=(action("login"),)),
    Row(name="deny-config", rule="refused", needs=(action("deny"),)),
    Row(name="slider-title", rule="slider", needs=(title("Captcha Interception", "验证码拦截"),)),
    Row(name="security-x5", rule="slider", needs=(title("security-X5"),)),
    Row(
        name="slider-page",
        rule="slider",
        needs=(tag(*_CAPTCHA_IDS), part(*_CAPTCHA_PARTS)),
    ),
    Row(name="punish-script", rule="slider", needs=(script("/sufei-punish/"),)),
    Row(
        name="login-page",
        rule="login",
        needs=(tag('id="fm-login-id"', 'id="fm-login-password"'), part("<form", "<input")),
    ),
    Row(name="login-title", rule="login", needs=(title("登录"),)),
    Row(name="access-denied", rule="refused", needs=(title("访问被拒绝", *_REFUSALS),)),
    Row(name="refusal-text", rule="refused", needs=(says_only(*_REFUSALS),)),
    # the same three as answers of the page's own XHRs
    Row(
        name="mtop-login",
        rule="login",
        needs=(ret("RGV587_ERROR", leads_to=_LOGIN_URL),),
    ),
    Row(
        name="mtop-challenge",
        rule="slider",
        needs=(ret("FAIL_SYS_USER_VALIDATE", "RGV587_ERROR"),),
    ),
    Row(name="xhr-login", rule="login", needs=(member("rgv587_flag", leads_to=_LOGIN_URL),)),
    Row(name="xhr-challenge", rule="slider", needs=(member("rgv587_flag"),)),
    Row(
        name="mtop-session",
        rule="login",
        needs=(
            ret(
                "FAIL_SYS_SESSION_EXPIRED",
                "FAIL_SYS_ILLEGAL_ACCESS",
                "[A-Z_]{0,40}NEED_LOGIN",
                "[A-Z_]{0,40}NOT_LOGIN",
            ),
        ),
    ),
    Row(
        name="mtop-rate-limit",
        rule="refused",
        needs=(ret("FAIL_SYS_TRAFFIC_LIMIT", "FAIL_SYS_FLOWLIMIT", "[A-Z_]{0,40}FREQUENCY_LIMIT"),),
    ),
)
"""Rows in order of trust: the address first, then captcha, then login, then refusals."""


def interstitial(frames: Iterable[str]) -> Rule | None:
    """The challenge over a page, by its frames' addresses; logins stand in healthy ones, too."""
    met = (detect(url=address, status=200, document=b"") for address in frames)
    return next((block.rule for block in met if block and block.rule == "slider"), None)


def detect(*, url: str | None, status: int, document: bytes) -> Block | None:
    """The first row that matches, or None for an answer that is no block.

    `url` is where the answer was seen in the end. Costs byte searches only: it runs on every page.
    """
    answer = look_at(url=url or "", status=status, document=document)
    for row in TABLE:
        proof = _witness(row, answer)
        if proof:
            return Block(rule=row.rule, name=row.name, evidence=proof)
    return None


def _witness(row: Row, answer: Answer) -> str | None:
    seen = []
    for sight in row.needs:
        words = sight(answer)
        if words is None:
            return None
        seen.append(words)
    return "; ".join(seen)
