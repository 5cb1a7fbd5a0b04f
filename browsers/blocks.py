"""The block table: which answers of the site are a login wall, a slider or a refusal.

Two kinds of evidence, nothing else: how the answer came (URL, HTTP status) and what only a block
page is built of (its `_config_` action, the ids of its elements, its exact title, an XHR's `ret`
codes). Never words of the body, which healthy pages hold too, and never the size.

Sellers write what they like, so the second kind is looked for where they cannot write: in the code
of a script, inside a tag, in the first title, in the members of JSON. Beside an offer's state no
title and no element counts: a slider that comes up over a healthy page leaves its state true, and
the profile hears of it by `Render.interstitial`.
Source: site/lists-shops-blocks-login.md §d and site/offer-pages.md §3.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Rule = Literal["login", "slider", "refused"]

_HEAD = 8192
"""A block page has its title within its first bytes."""
_SMALL = 16_384
"""Only a page this small is read for all it says: a bound on the work, no evidence."""
_SCRIPTED = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,200}(?:/\*.{0,20}?\*/\s{0,20})?(?:[A-Za-z_$][\w$.]{0,80}\s{0,5}\(\s{0,20})?\{"
)
_STATE = (
    *(b"window.context=", b"window.context ="),
    *(b"__INIT_DATA=", b"__INIT_DATA ="),
    *(b"iDetailConfig=", b"iDetailConfig ="),
)


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
    scripted: bool
    """An XHR's answer (JSON or JSONP), not a page."""
    has_state: bool
    """A page that carries an offer."""

    @property
    def is_bare(self) -> bool:
        """A page that could be a block by what it is built of."""
        return not self.scripted and not self.has_state


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
    """A script of the page sets a `_config_` with this action.

    Beside an offer's state, whose strings are a seller's, the script must begin with it.
    """
    config = rb'_config_\s*=\s*\{[^<]{0,4000}?"action"\s*:\s*"%b"' % word.encode()
    anywhere = re.compile(config)
    first = re.compile(rb"<script[^<>]{0,200}>\s*(?:window\.)?" + config)

    def look(answer: Answer) -> str | None:
        document = answer.document
        begins = -1 if answer.scripted else document.find(b"_config_")
        if begins < 0:
            return None
        if answer.has_state:
            found = first.finditer(document, max(begins - _HEAD, 0))
            is_met = any(not _is_code(document, one.start()) for one in found)
        else:
            is_met = any(_is_code(document, one.start()) for one in anywhere.finditer(document))
        return f"_config_ action: {word}" if is_met else None

    return look


def _is_code(document: bytes, at: int) -> bool:
    """Whether a script is open there; in text and attributes a seller's `<` is escaped."""
    return document.rfind(b"<script", 0, at) > document.rfind(b"</script", 0, at)


def title(*texts: str) -> Sight:
    """The first title is exactly one of these."""
    compiled = re.compile(rb"<title[^>]{0,80}>\s*([^<]{0,200}?)\s*</title>", re.IGNORECASE)
    wanted = {spelling for text in texts for spelling in (text.encode(), text.encode("gbk"))}

    def look(answer: Answer) -> str | None:
        found = compiled.search(answer.document, 0, _HEAD) if answer.is_bare else None
        return f"title: {texts[0]}" if found and found[1] in wanted else None

    return look


def tag(*marks: str) -> Sight:
    """One of these attributes, quotes and all, stands in a tag; inside another its quotes would be
    escaped."""
    compiled = {
        mark: re.compile(rb"<\w[^<>]{0,800}?\s" + re.escape(mark.encode())) for mark in marks
    }

    def look(answer: Answer) -> str | None:
        if not answer.is_bare:
            return None
        return next(
            (
                f"element: {mark}"
                for mark, pattern in compiled.items()
                if mark.encode() in answer.document and pattern.search(answer.document)
            ),
            None,
        )

    return look


def script(path: str) -> Sight:
    """The page takes a script from there."""
    compiled = re.compile(rb'<script\b[^<>]{0,400}?\ssrc="[^"<>]{0,400}?%b' % path.encode())

    def look(answer: Answer) -> str | None:
        if not answer.is_bare or path.encode() not in answer.document:
            return None
        return f"script: {path}" if compiled.search(answer.document) else None

    return look


def part(*marks: str) -> Sight:
    """One of these stands somewhere in the page; proves nothing but beside another sight."""

    def look(answer: Answer) -> str | None:
        found = (mark for mark in marks if mark.encode() in answer.document)
        mark = next(found, None) if answer.is_bare else None
        return f"part: {mark}" if mark else None

    return look


def says_only(*phrases: str) -> Sight:
    """The page has nothing to say but a sentence that begins with one of these."""
    hidden = re.compile(rb"<(title|script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
    sentence = re.compile(rf"(?:亲|抱歉|对不起|您的?|当前|[，,！!])*({'|'.join(phrases)}).{{0,80}}")

    def look(answer: Answer) -> str | None:
        if not answer.is_bare or len(answer.document) > _SMALL:
            return None
        words = " ".join(_text(hidden.sub(b" ", answer.document)).split())
        found = sentence.fullmatch(words)
        return f"says only: {found[1]}" if found else None

    return look


def _text(source: bytes) -> str:
    try:
        return source.decode()
    except UnicodeDecodeError:
        return source.decode("gb18030", "replace")


def member(name: str, *, leads_to: str = "") -> Sight:
    """An XHR's answer that has a member of this name (and a `url` that leads there)."""
    compiled = re.compile(rb'"%b"\s*:' % name.encode())
    target = re.compile(leads_to.encode())

    def look(answer: Answer) -> str | None:
        if not answer.scripted or not compiled.search(answer.document):
            return None
        return f"member: {name}" if target.search(answer.document) else None

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
    scripted = bool(_SCRIPTED.match(document))
    answer = Answer(
        url=url or "",
        status=status,
        document=document,
        scripted=scripted,
        has_state=not scripted and any(mark in document for mark in _STATE),
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
