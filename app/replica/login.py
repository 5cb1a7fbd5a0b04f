"""Logging in at the local 1688: its codes, the phone that scans them, the sessions that come of it.

The flow and its words are those of `site/lists-shops-blocks-login.md` §d3. Whoever acts as the phone
does so through `/__replica__/phone`.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urlsplit

from app.replica import blocks
from app.replica.pages import signin
from app.replica.sites import Kind
from app.replica.wire import JSON, Reply, Request

LIFE_SECONDS = 180.0
"""After which a code that nobody confirmed is worth nothing."""
WORK = "https://work.1688.com/"
NAME = "采购小王01"
USER_ID = "2200000000001"
DOCUMENTS = frozenset({Kind.OFFER, Kind.SEARCH, Kind.SHOP})
"""What a site for members only keeps from guests."""


class Step(StrEnum):
    """How far a code has come, in the site's words."""

    NEW = "NEW"
    SCANED = "SCANED"
    CONFIRMED = "CONFIRMED"
    EXPIRED = "EXPIRED"
    CANCELED = "CANCELED"


@dataclass(kw_only=True, slots=True)
class Code:
    """One code, from being shown to being confirmed or forgotten."""

    content: str
    t: str
    ck: str
    made: float
    step: Step = Step.NEW


_TAPS: dict[str, tuple[frozenset[Step], Step]] = {
    "scan": (frozenset({Step.NEW}), Step.SCANED),
    "confirm": (frozenset({Step.SCANED}), Step.CONFIRMED),
    "cancel": (frozenset({Step.SCANED}), Step.CANCELED),
    "expire": (frozenset({Step.NEW, Step.SCANED}), Step.EXPIRED),
}
"""What may be done with a code, at which steps, and where it leads."""


class Logins:
    """Codes and sessions. With `phone`, each code is scanned that many seconds after it was made,
    and confirmed after as many more.
    """

    def __init__(
        self, *, phone: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._phone = phone
        self._clock = clock
        self._codes: dict[str, Code] = {}
        self._newest: Code | None = None
        self._sessions: set[str] = set()
        self._challenges = False
        self._pages: dict[str, Callable[[Request], Reply]] = {
            "/member/signin.htm": self._signin,
            "/member/login.jhtml": self._signin,
            "/mini_login.htm": self._mini,
            "/newlogin/qrcode/generate.do": self._generate,
            "/newlogin/qrcode/query.do": self._query,
        }

    def is_member(self, request: Request) -> bool:
        """Whether the request comes with a session that has not ended."""
        return request.cookies.get("cookie2", "") in self._sessions and "unb" in request.cookies

    def page(self, request: Request, path: str) -> Reply:
        """What stands at a path of a login host."""
        return self._pages.get(path, self._signin)(request)

    def work(self, request: Request, path: str) -> Reply:
        """The buyer's own page; it sends everybody else to the login page."""
        if self.is_member(request):
            return Reply(body=signin.work(NAME))
        done = quote(f"https://{request.host}{path}", safe="")
        where = f"https://login.1688.com/member/signin.htm?Done={done}"
        return Reply(status=302, headers={"Location": where}, cookies=_cookies_of_guests(request))

    def tap(self, request: Request, _: str) -> Reply:
        """What the phone does: `do` is scan, confirm, cancel or expire, with the code shown last.

        `code` has to be its content if it is given. 409 where that cannot be done now, with the
        step that the code is at. `logout` ends all sessions; `challenge` lets a slider stand before
        codes from now on.
        """
        do = request.query.get("do", "")
        if do == "logout":
            self._sessions.clear()
            return _json({"sessions": 0})
        if do == "challenge":
            self._challenges = True
            return _json({"challenges": True})
        wanted, code = _TAPS.get(do), self._newest
        if wanted is None:
            words = ", ".join((*_TAPS, "logout", "challenge"))
            return _json({"error": f"do is one of {words}"}, status=400)
        if code is None or request.query.get("code", code.content) != code.content:
            return _json({"error": "no such code is shown"}, status=409)
        allowed, leads_to = wanted
        if self._step(code) not in allowed:
            return _json({"step": code.step}, status=409)
        code.step = leads_to
        return _json({"step": code.step})

    def _step(self, code: Code) -> Step:
        age = self._clock() - code.made
        if self._phone is not None and code.step is Step.NEW and age >= self._phone:
            code.step = Step.SCANED
        if self._phone is not None and code.step is Step.SCANED and age >= 2 * self._phone:
            code.step = Step.CONFIRMED
        if code.step in (Step.NEW, Step.SCANED) and age >= LIFE_SECONDS:
            code.step = Step.EXPIRED
        return code.step

    def _signin(self, request: Request) -> Reply:
        done = _done(request.query, "Done")
        if self.is_member(request):
            return Reply(status=302, headers={"Location": done})
        return Reply(body=signin.signin(done), cookies=_cookies_of_guests(request))

    def _mini(self, request: Request) -> Reply:
        return Reply(body=signin.mini(_done(request.query, "returnUrl")))

    def _generate(self, request: Request) -> Reply:
        if self._challenges:
            return Reply(body=blocks.refused_call(request.host, request.path), content_type=JSON)
        token = secrets.token_hex(16)
        code = Code(
            content=f"https://login.m.taobao.com/qrcodeCheck.htm?lgToken={token}",
            t=str(time.time_ns() // 1_000_000),
            ck=secrets.token_hex(16),
            made=self._clock(),
        )
        self._codes[code.ck] = self._newest = code
        return _answer({"t": int(code.t), "codeContent": code.content, "ck": code.ck})

    def _query(self, request: Request) -> Reply:
        code = self._codes.get(request.form.get("ck", ""))
        if request.method != "POST" or code is None or code.t != request.form.get("t"):
            return _answer({"qrCodeStatus": Step.EXPIRED})
        step = self._step(code)
        if step is not Step.CONFIRMED:
            return _answer({"qrCodeStatus": step})
        del self._codes[code.ck]
        session = secrets.token_hex(16)
        self._sessions.add(session)
        return _answer({"qrCodeStatus": step}, cookies=_member_cookies(session))


def _done(query: Mapping[str, str], name: str) -> str:
    """Where to go afterwards: a page of the site, whatever was asked for."""
    wanted = query.get(name, "")
    parts = urlsplit(wanted)
    is_ours = parts.scheme == "https" and (parts.hostname or "").endswith(".1688.com")
    return wanted if is_ours else WORK


def _json(value: object, *, status: int = 200) -> Reply:
    return Reply(status=status, body=json.dumps(value).encode(), content_type=JSON)


def _answer(found: Mapping[str, object], *, cookies: tuple[str, ...] = ()) -> Reply:
    content = {"data": {**found, "resultCode": 100}, "status": 0, "success": True}
    body = json.dumps({"content": content, "hasError": False}).encode()
    return Reply(body=body, content_type=JSON, cookies=cookies)


def _cookie(name: str, value: str, *, hidden: bool = False) -> str:
    line = f"{name}={value}; Domain=.1688.com; Path=/; Secure; SameSite=None"
    return f"{line}; HttpOnly" if hidden else line


def _cookies_of_guests(request: Request) -> tuple[str, ...]:
    """A login that says it is none. Who comes with a session that has ended keeps its signs."""
    if "unb" in request.cookies:
        return ()
    return (_cookie("__cn_logon__", "false"), _cookie("cna", "bG9jYWwgMTY4OA"))


def _member_cookies(session: str) -> tuple[str, ...]:
    escaped = NAME.encode("unicode_escape").decode()
    return (
        _cookie("cookie2", session, hidden=True),
        _cookie("cookie17", secrets.token_urlsafe(12), hidden=True),
        _cookie("sgcookie", secrets.token_urlsafe(24), hidden=True),
        _cookie("csg", secrets.token_hex(4)),
        _cookie("t", secrets.token_hex(16)),
        _cookie("_tb_token_", secrets.token_hex(7)),
        _cookie("unb", USER_ID),
        _cookie("__cn_logon__", "true"),
        _cookie("__cn_logon_id__", quote(NAME)),
        _cookie("lid", quote(NAME)),
        _cookie("_nk_", escaped),
        _cookie("tracknick", escaped),
        _cookie("last_mid", f"b2b-{USER_ID}"),
        _cookie("__last_memberid__", f"b2b-{USER_ID}"),
    )
