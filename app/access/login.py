"""Logging in with a browser: a form that takes a token and leaves a cookie."""

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.access.allowance import Allowance, address_of
from app.access.invitation import Invitation
from app.access.sessions import COOKIE, SECONDS, Sessions
from app.access.tokens import Tokens

MOST_BYTES = 8_192
"""A form with a token and a path is smaller."""
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>pwsync: {log_in}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark;
  font: 16px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif }}
body {{ display: grid; place-content: center; min-height: 90vh; margin: 0 1rem;
  background: light-dark(#f6f7f9, #12161c); color: light-dark(#1c2430, #e6eaf0) }}
form {{ display: grid; gap: .75rem; width: min(24rem, 90vw) }}
input, button {{ font: inherit; padding: .5rem .75rem; border-radius: 8px;
  border: 1px solid light-dark(#8a94a3, #5b6675) }}
button {{ background: light-dark(#0b5fd8, #6ea8fe); color: light-dark(#fff, #0d1420);
  border: 0; font-weight: 600; cursor: pointer }}
.wrong {{ color: light-dark(#b02a20, #ff8a80); margin: 0 }}
</style></head><body><main>
<h1>pwsync</h1>
<form method="post" action="/login">
<label for="token">{token}</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password">
<input name="then" type="hidden" value="{then}">
{wrong}<button>{log_in}</button>
</form>
<p>{makes}</p>
</main></body></html>
"""
TOLD = '<p class="wrong" role="alert">{}</p>\n'
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "lang": "en",
        "token": "Token",
        "log_in": "Log in",
        "makes": "<code>pwsync serve --new-token</code> makes a token.",
        "unknown": "This token is not known here.",
        "too_many": "There were too many wrong tokens from this address. Try again in {} seconds.",
    },
    "zh": {
        "lang": "zh-CN",
        "token": "令牌",
        "log_in": "登录",
        "makes": "用 <code>pwsync serve --new-token</code> 生成令牌。",
        "unknown": "没有这个令牌。",
        "too_many": "来自该地址的错误令牌过多，请在 {} 秒后重试。",
    },
}
LANGUAGE = "pwsync_language"
"""Cookie of who has chosen one in the console."""


def login_page(
    request: HTTPConnection, *, then: str = "/", wrong: str = "", status: int = 200
) -> HTMLResponse:
    """The form; after it the browser goes on to `then`. `wrong`: what went wrong before."""
    told = TOLD.format(escape(wrong)) if wrong else ""
    page = PAGE.format(then=escape(safe_path(then)), wrong=told, **_words(request))
    return HTMLResponse(page, status_code=status, headers={"Content-Security-Policy": POLICY})


def _words(request: HTTPConnection) -> Mapping[str, str]:
    accepted = request.headers.get("accept-language", "").strip().lower()[:2]
    return WORDS.get(request.cookies.get(LANGUAGE, accepted), WORDS["en"])


def safe_path(then: str) -> str:
    """A path of ours, or `/`: nobody is sent elsewhere by a link that was made for it."""
    plain = then.isascii() and then.isprintable() and "\\" not in then
    return then if plain and then.startswith("/") and not then.startswith("//") else "/"


def login_routes(
    tokens: Tokens,
    sessions: Sessions,
    allowance: Allowance,
    invitation: Invitation | None = None,
) -> APIRouter:
    """`/login` and `/logout`; with an invitation, its link."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/login")
    async def show(request: Request) -> Response:
        return login_page(request)

    @routes.post("/login")
    async def log_in(request: Request) -> Response:
        form = parse_qs((await _body(request)).decode(errors="replace"))
        then = form.get("then", ["/"])[0]
        if waiting := _waiting(request, allowance, then):
            return waiting
        token = tokens.find(form.get("token", [""])[0].strip())
        if token is None:
            allowance.count_wrong(address_of(request))
            wrong = _words(request)["unknown"]
            return login_page(request, then=then, wrong=wrong, status=401)
        return _let_in(request, sessions.open(token), safe_path(then))

    @routes.get("/login/{key}")
    async def take_invitation(request: Request, key: str) -> Response:
        # Not counted: a page of another site can make a browser ask for this one, and would
        # shut out everybody at its address; the key is as long as a token, and soon over.
        if invitation is None or not invitation.take(key):
            return login_page(request, status=401)
        return _let_in(request, sessions.open(invitation.token), "/")

    @routes.post("/logout")
    async def log_out() -> Response:
        answer = RedirectResponse("/login", status_code=303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return answer

    return routes


def _waiting(request: Request, allowance: Allowance, then: str) -> Response | None:
    """The form for who has guessed too often; no token of theirs is looked at."""
    guesses = allowance.guesses(address_of(request))
    if not guesses.is_over:
        return None
    wrong = _words(request)["too_many"].format(guesses.seconds)
    page = login_page(request, then=then, wrong=wrong, status=429)
    page.headers["Retry-After"] = str(guesses.seconds)
    return page


def _let_in(request: Request, cookie: str, to: str) -> Response:
    answer = RedirectResponse(to, status_code=303)
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return b""
    return body
