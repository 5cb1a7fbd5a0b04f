"""The block table: which answers of the site are a login wall, a slider or a refusal.

Two kinds of evidence, nothing else: how the answer came (URL, HTTP status) and what only a block
page is built of (its `_config_` action, element ids, its exact title, an XHR's `ret` codes). Never
words of the body, which healthy pages hold too, and never the size.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Rule = Literal["login", "slider", "refused"]

_HEAD = 8192
"""A block page has its title within its first bytes."""
_NEAR = 20_000
_BLANK = b"\xef\xbb\xbf \t\r\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What was met: the rule to follow, the row that matched and the words that prove it."""

    rule: Rule
    name: str
    evidence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer as the rows look at it."""

    url: str
    status: int
    document: bytes
    config_at: int
    """Where `_config_` first stands in the document, or -1."""
    scripted: bool
    """An XHR's answer (JSON or JSONP), not a page."""


Sight = Callable[[Answer], str | None]
"""Looks at an answer; returns the words it recognises a block by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One known block. Every sight of `needs` must see its part."""

    name: str
    rule: Rule
    needs: tuple[Sight, ...]


def url(pattern: str) -> Sight:
    """The address matches."""
    compiled = re.compile(pattern, re.IGNORECASE)

    def look(answer: Answer) -> str | None:
        found = compiled.search(answer.url)
        return f"url: {found[0]}" if found else None

    return look


def status(*codes: int) -> Sight:
    """The HTTP status is one of these."""

    def look(answer: Answer) -> str | None:
        return f"status: {answer.status}" if answer.status in codes else None

    return look


def action(word: str) -> Sight:
    """The page's own `_config_` names this action; a seller's text has its quotes escaped."""
    compiled = re.compile(
        rb'_config_\s*=\s*\{[^<]{0,4000}?"action"\s*:\s*"' + word.encode() + rb'"'
    )

    def look(answer: Answer) -> str | None:
        if answer.config_at < 0 or not compiled.search(
            answer.document, answer.config_at, answer.config_at + _NEAR
        ):
            return None
        return f"_config_ action: {word}"

    return look


def title(*texts: str) -> Sight:
    """The first title is exactly one of these."""
    compiled = re.compile(rb"<title[^>]{0,80}>\s*([^<]{0,200}?)\s*</title>", re.IGNORECASE)
    wanted = {spelling for text in texts for spelling in (text.encode(), text.encode("gbk"))}

    def look(answer: Answer) -> str | None:
        found = compiled.search(answer.document, 0, _HEAD)
        return f"title: {texts[0]}" if found and found[1] in wanted else None

    return look


def element(*marks: str) -> Sight:
    """One of these stands in the markup as written; in offer state its quotes would be escaped."""
    wanted = tuple(mark.encode() for mark in marks)

    def look(answer: Answer) -> str | None:
        if answer.scripted:
            return None  # saves the searches: JSON escapes its quotes
        seen = next((mark for mark in wanted if mark in answer.document), None)
        return f"element: {seen.decode()}" if seen else None

    return look


def without(*marks: str) -> Sight:
    """None of these stands in the document."""
    unwanted = tuple(mark.encode() for mark in marks)

    def look(answer: Answer) -> str | None:
        return None if any(mark in answer.document for mark in unwanted) else "no state"

    return look


def ret(*codes: str, leads_to: str = "") -> Sight:
    """An XHR's answer whose `ret` holds one of these codes (and a `url` that leads there)."""
    compiled = re.compile(
        rb'"ret"\s*:\s*\[\s*(?:"[^"]{0,200}"\s*,\s*){0,4}"((?:'
        + "|".join(codes).encode()
        + rb')[^":]{0,80})'
    )
    target = re.compile(leads_to.encode())

    def look(answer: Answer) -> str | None:
        found = compiled.search(answer.document) if answer.scripted else None
        if not found or not target.search(answer.document):
            return None
        return f"ret: {found[1].decode('utf-8', 'replace')}"

    return look


_LOGIN_HOST = (
    r"https?://(?:login\.(?:1688|taobao)\.com|passport\.1688\.com|havanalogin\.taobao\.com)"
)
_PUNISHED = r'"url"\s*:\s*"https?://[^"?]{0,300}/_____tmd_____/punish'
_CAPTCHA_IDS = ('id="nc_1_wrapper"', 'id="nocaptcha"', 'id="baxia-punish"')
_CAPTCHA_FRAME = ('"captcha"', "/_____tmd_____/", "sufei-punish/")
_STATE = ("window.context", "__INIT_DATA", "iDetailConfig")

TABLE: tuple[Row, ...] = (
    # where it came from
    Row(name="login-host", rule="login", needs=(url(rf"^{_LOGIN_HOST}(?=[:/?#]|$)"),)),
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
    Row(
        name="slider-page",
        rule="slider",
        needs=(element(*_CAPTCHA_IDS), element(*_CAPTCHA_FRAME)),
    ),
    Row(
        name="slider-title",
        rule="slider",
        needs=(title("Captcha Interception", "验证码拦截"), without(*_STATE)),
    ),
    Row(
        name="security-x5",
        rule="slider",
        needs=(title("security-X5"), without(*_STATE)),
    ),
    Row(
        name="login-page",
        rule="login",
        needs=(element('id="fm-login-id"', 'id="fm-login-password"'), element("<form", "<input")),
    ),
    Row(
        name="access-denied",
        rule="refused",
        needs=(
            title(
                "访问被拒绝", "访问受限", "访问频繁", "请求频繁", "操作频繁", "流量异常", "系统繁忙"
            ),
            without(*_STATE),
        ),
    ),
    # the same three as answers of the page's own XHRs
    Row(  # a login host may ask for it, too
        name="mtop-challenge",
        rule="slider",
        needs=(ret("FAIL_SYS_USER_VALIDATE", "RGV587_ERROR", leads_to=_PUNISHED),),
    ),
    Row(
        name="mtop-login",
        rule="login",
        needs=(ret("RGV587_ERROR", leads_to=rf'"url"\s*:\s*"{_LOGIN_HOST}'),),
    ),
    Row(
        name="mtop-challenge",
        rule="slider",
        needs=(ret("FAIL_SYS_USER_VALIDATE", "RGV587_ERROR"),),
    ),
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
        needs=(
            ret(
                "FAIL_SYS_TRAFFIC_LIMIT",
                "FAIL_SYS_FLOWLIMIT",
                "[A-Z_]{0,40}FREQUENCY_LIMIT",
            ),
        ),
    ),
)
"""Rows in order of trust: the address first, then captcha, then login, then refusals."""


def detect(*, url: str | None, status: int, document: bytes) -> Block | None:
    """The first row that matches, or None for an answer that is no block.

    `url` is where the answer was seen in the end. Costs byte searches only: it runs on every page.
    """
    answer = Answer(
        url=url or "",
        status=status,
        document=document,
        config_at=document.find(b"_config_"),
        scripted=document[:200].lstrip(_BLANK).startswith((b"{", b"mtopjsonp")),
    )
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
