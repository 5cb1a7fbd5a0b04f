"""The cookie that a login leaves: a proof that a token was shown, never the token.

The key is this server's own and lives as long as it does: after a restart one logs in again.
"""

import hashlib
import hmac
import re
import secrets
import time

from app.access.tokens import Token, Tokens

COOKIE = "pwsync_session"
SECONDS = 12 * 3600
_NUMBER = re.compile("[0-9]{1,20}")
"""A moment; Python refuses to read thousands of digits."""


class Sessions:
    """Makes and checks cookies; a token that was removed takes its cookies with it."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._key = secrets.token_bytes(32)

    def open(self, token: Token) -> str:
        """A cookie's value for somebody who has shown this token."""
        until = int(time.time()) + SECONDS
        return f"{until}.{self._proof(until, token)}"

    def find(self, cookie: str) -> Token | None:
        """The token a cookie stands for; None if it is forged, foreign or over."""
        until, _, proof = cookie.partition(".")
        if not _NUMBER.fullmatch(until) or int(until) < time.time():
            return None
        found = None
        for token in self._tokens.all():
            if hmac.compare_digest(self._proof(int(until), token).encode(), proof.encode()):
                found = token
        return found

    def _proof(self, until: int, token: Token) -> str:
        said = f"{until}.{token.digest}".encode()
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()
