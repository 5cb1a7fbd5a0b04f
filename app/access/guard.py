"""The door of the server: every request passes here first, whatever it is routed to later.

Reads headers, asks `rules.py`, answers refusals, and puts the security headers on every answer.
"""

import base64
import binascii
from collections.abc import Set as AbstractSet

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access.allowance import Allowance, Standing, address_of
from app.access.login import login_page
from app.access.rules import READING, Asked, Refusal, is_ours, is_uncounted, refusal
from app.access.sessions import COOKIE, Sessions
from app.access.tokens import Token, Tokens

SCOPE = "token_scope"
"""Key in the request's `state`: what its token may do (`tokens.Scope`), None without one."""
TOKEN = "token"  # noqa: S105 - the name of a key, not a secret
"""Key in the request's `state`: the token itself as it is known here, None without one."""
TOKENLESS = 401
"""Status of a refusal for who shows no token."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer, browsers send "Origin: null" from our own forms, too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""On every answer that does not say otherwise itself."""


class Guard:
    """ASGI middleware around the whole server."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        tokens: Tokens,
        sessions: Sessions,
        names: AbstractSet[str],
        allowance: Allowance,
    ) -> None:
        self._app = app
        self._allowance = allowance
        self._tokens = tokens
        self._sessions = sessions
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HTTPConnection(scope)
        ours = is_ours(request.headers.get("host", ""), self._names)
        token, by_cookie, guesses = self._token(request) if ours else (None, False, None)
        asked = _asked(request, token, by_cookie=by_cookie)
        scope.setdefault("state", {})[SCOPE] = asked.scope
        scope["state"][TOKEN] = token
        why = refusal(asked, self._names)
        standing = self._counted(asked, token, request) if ours else None
        if guesses and guesses.is_over and why and why.status == TOKENLESS:
            standing = guesses
        if standing and standing.is_over:
            why = too_many(standing)
        if token and why is None:
            self._tokens.uses.note(token.digest)
        answer = self._app if why is None else _refused(request, why)
        await answer(scope, receive, _with_headers(send, standing))

    def _token(self, request: HTTPConnection) -> tuple[Token | None, bool, Standing | None]:
        """The token of a request, whether a cookie stood for it, and how its guesses stand."""
        presented = _presented(request.headers.get("authorization", ""))
        if not presented:
            found = self._sessions.find(request.cookies.get(COOKIE, ""))
            return found, found is not None, None
        address = address_of(request)
        guesses = self._allowance.guesses(address)
        if guesses.is_over:
            return None, False, guesses
        token = self._tokens.find(presented)
        if token is None:
            self._allowance.count_wrong(address)
        return token, False, guesses

    def _counted(
        self, asked: Asked, token: Token | None, request: HTTPConnection
    ) -> Standing | None:
        if is_uncounted(asked.path):
            return None
        who = token.digest if token else address_of(request)
        return self._allowance.take(who, writes=asked.method not in READING)


def too_many(standing: Standing) -> Refusal:
    """The refusal for who has asked too often."""
    what = "wrong tokens" if standing.rate == "wrong" else standing.rate
    sentence = f"more than {standing.limit} {what} a minute; try again in {standing.seconds} s"
    return Refusal(status=429, word="rate", sentence=sentence)


def _presented(authorization: str) -> str:
    """The token in `Bearer TOKEN`, or the password of `Basic`, whatever its user is called."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _asked(request: HTTPConnection, token: Token | None, *, by_cookie: bool) -> Asked:
    headers = request.headers
    return Asked(
        method=request.scope["method"],
        path=request.scope["path"],
        host=headers.get("host", ""),
        origin=headers.get("origin", ""),
        fetch_site=headers.get("sec-fetch-site", ""),
        scope=token.scope if token else None,
        by_cookie=by_cookie,
    )


def _refused(request: HTTPConnection, why: Refusal) -> Response:
    """A person gets the login form, a program a sentence."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if why.status != TOKENLESS or not wants_page:
        challenge = {"WWW-Authenticate": 'Basic realm="pwsync"'} if why.status == TOKENLESS else {}
        told = {"type": f"/problems/{why.word}", "title": why.word, "status": why.status}
        return JSONResponse(
            told | {"detail": why.sentence},
            status_code=why.status,
            headers=challenge,
            media_type="application/problem+json",
        )
    query = request.url.query
    wanted = request.scope["path"] + (f"?{query}" if query else "")
    answer = login_page(request, then=wanted, status=401)
    answer.headers["WWW-Authenticate"] = "Bearer"  # Basic would open the browser's own window
    return answer


def _with_headers(send: Send, standing: Standing | None) -> Send:
    more = standing.headers if standing else {}

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.update(more)
        await send(message)

    return sending
