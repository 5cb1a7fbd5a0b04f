"""Tokens: who may ask the server, and for what. Kept as hashes; the token itself is shown once.

Where a request carries its token is `guard.py`'s; here are the file, the scopes and the comparison.
"""

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from app.access.uses import Uses

FILE = "api-tokens.json"
TOKEN_BYTES = 32
OTHERS = 0o077
"""Permission bits of everybody but the owner."""


class Scope(IntEnum):
    """What a token may do; each scope includes the ones before it."""

    READ = 1
    RUN = 2
    ADMIN = 3


class TokensUnusable(Exception):
    """The file of tokens cannot be trusted or read; the message says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A token as it is known here: never itself."""

    digest: str
    """Its sha256, in hex."""
    scope: Scope
    name: str = ""
    """Whose it is, as its maker said."""
    made_at: datetime | None = None
    """None of one that stands in the settings."""

    @property
    def key(self) -> str:
        """What it is called in forms; says nothing of the token and of its hash."""
        return digest_of(f"key of {self.digest}")[:16]

    @property
    def shown(self) -> str:
        """What stands for it in books and on screens."""
        return self.name or f"token {self.digest[:8]}"


def digest_of(presented: str) -> str:
    """The sha256 of a token; tokens are long and random, so that it needs no salt."""
    return hashlib.sha256(presented.encode()).hexdigest()


class TokenFile:
    """The tokens made by `pwsync serve --new-token`: hashes, in a file only its owner reads."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._seen: tuple[int, int] | None = None
        self._tokens: tuple[Token, ...] = ()

    def make(self, scope: Scope, name: str = "") -> str:
        """Make a token and keep its hash; the token. Raises TokensUnusable, OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = secrets.token_urlsafe(TOKEN_BYTES)
        row: dict[str, str] = {
            "sha256": digest_of(made),
            "scope": scope.name.lower(),
            "name": name,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with self._held():
            rows = self._rows() if self.path.exists() else []
            self._write([*rows, row])
        return made

    def remove(self, digest: str) -> None:
        """A token is none from now on. Raises TokensUnusable, OSError."""
        with self._held():
            self._write([row for row in self._rows() if row.get("sha256") != digest])

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Nobody else writes the file meanwhile."""
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def tokens(self) -> tuple[Token, ...]:
        """The tokens in the file now; read again when it has changed. Raises TokensUnusable."""
        try:
            status = self.path.stat()
            if self._seen != (status.st_mtime_ns, status.st_ino):
                self._tokens = tuple(map(self._token, self._rows()))
                self._seen = (status.st_mtime_ns, status.st_ino)
        except FileNotFoundError:
            return ()
        return self._tokens

    def _rows(self) -> list[dict[str, str]]:
        status = self.path.stat()
        if status.st_mode & OTHERS or status.st_uid != os.geteuid():
            raise TokensUnusable(f"{self.path} is not yours alone: chown it to you, chmod it 600")
        try:
            return list(json.loads(self.path.read_bytes())["tokens"])
        except (ValueError, LookupError, TypeError) as error:
            raise TokensUnusable(
                f"{self.path} cannot be read: remove it and make new tokens"
            ) from error

    def _token(self, row: dict[str, str]) -> Token:
        try:
            return Token(
                digest=row["sha256"],
                scope=Scope[row["scope"].upper()],
                name=str(row.get("name", "")),
                made_at=datetime.fromisoformat(row["made_at"]) if "made_at" in row else None,
            )
        except (LookupError, ValueError, AttributeError, TypeError) as error:
            raise TokensUnusable(
                f"{self.path} holds a row that is no token: remove the row"
            ) from error

    def _write(self, rows: list[dict[str, str]]) -> None:
        beside = self.path.with_name(f".{FILE}.{os.getpid()}")
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(opened, "w") as file:
            json.dump({"tokens": rows}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)


class LastAdmin(Exception):
    """Without this token nobody could make another."""


class Tokens:
    """All tokens in force: those given in the settings, and those in the file."""

    def __init__(
        self,
        *,
        given: Iterable[Token] = (),
        file: TokenFile | None = None,
        uses: Uses | None = None,
    ) -> None:
        self._given = tuple(given)
        self._file = file
        self.uses = uses or Uses(None)

    def all(self) -> tuple[Token, ...]:
        """Those of a file that has become unusable count no more."""
        try:
            kept = self._file.tokens() if self._file else ()
        except (TokensUnusable, OSError):
            kept = ()
        return (*self._given, *kept)

    def find(self, presented: str) -> Token | None:
        """The token that was presented, None if there is no such; takes as long for either."""
        digest, found = digest_of(presented), None
        for token in self.all():
            if hmac.compare_digest(token.digest, digest):
                found = token
        return found

    def make(self, scope: Scope, name: str) -> str:
        """Make a token in the file; the token. Raises TokensUnusable, OSError."""
        if self._file is None:
            raise TokensUnusable("this server keeps no tokens")
        return self._file.make(scope, name)

    def revoke(self, key: str) -> Token:
        """A token of the file is none from now on, nor are its cookies; which one that was.

        Raises KeyError for none of these, LastAdmin, TokensUnusable, OSError.
        """
        kept = self._file.tokens() if self._file else ()
        token = next((one for one in kept if one.key == key), None)
        if self._file is None or token is None:
            raise KeyError(key)
        others = [one for one in self.all() if one.digest != token.digest]
        if not any(one.scope is Scope.ADMIN for one in others):
            raise LastAdmin(f"{token.shown} is the last admin: make another one before")
        self._file.remove(token.digest)
        return token
