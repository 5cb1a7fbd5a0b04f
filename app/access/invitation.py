"""The way in for who has just started a server that has no token yet: a link that works once.

It is printed where only they see it, and leads to a cookie like any other login; no token is made.
"""

import hmac
import secrets
import time

from app.access.tokens import Scope, Token, digest_of

SECONDS = 600.0
"""How long the link waits."""
PATH = "/login/"


class Invitation:
    """One link, for one visit, as an admin until the server ends."""

    def __init__(self) -> None:
        self._key = secrets.token_urlsafe(24)
        self._until = time.monotonic() + SECONDS
        self.token = Token(
            digest=digest_of(secrets.token_urlsafe(32)), scope=Scope.ADMIN, name="first visitor"
        )
        """What its cookie stands for; nobody knows the secret, so no bearer can have it."""

    @property
    def path(self) -> str:
        """The link's path."""
        return f"{PATH}{self._key}"

    def take(self, key: str) -> bool:
        """Whether this is the key, for the first time and in time."""
        fits = hmac.compare_digest(key.encode(), self._key.encode())
        if not fits or time.monotonic() >= self._until:
            return False
        self._until = 0.0
        return True
