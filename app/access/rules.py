"""What a request may do, decided from plain values before anything runs. No HTTP library here.

By default nothing: a route added anywhere in the server is closed until it carries a token.
"""

import ipaddress
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from app.access.tokens import Scope

PROBES = frozenset({"/healthz", "/readyz"})
OPEN = PROBES | {"/login"}
"""Paths that need no token."""
OPEN_FOLDERS = ("/static/", "/login/")
"""What lies below needs none either."""
UNSCOPED = frozenset({"/login", "/logout"})
"""Writing paths that change nothing but the browser's own cookie."""
ADMIN_FOLDERS = ("/system/tokens",)
"""Paths that are an admin's, with all that lies below, to read, too."""
ADMIN_ACTS = ("/system/backups",)
"""Paths where only an admin may change something, there and below; all may read."""
TOO_LITTLE = {
    Scope.RUN: "this token may only read",
    Scope.ADMIN: "this needs a token of scope admin",
}
"""What is said to who may do less."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})
SAME_SITE = frozenset({"same-origin", "none"})
LOCAL_NAMES = frozenset({"localhost"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request, as far as it matters here; header values as they came, "" where absent."""

    method: str
    path: str
    host: str
    origin: str = ""
    fetch_site: str = ""
    """`Sec-Fetch-Site`: where the page that asks is from, as the browser says."""
    scope: Scope | None = None
    """What its token may do; None without a valid one."""
    by_cookie: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why not."""

    status: int
    word: str
    """For programs."""
    sentence: str


def refusal(asked: Asked, names: AbstractSet[str]) -> Refusal | None:
    """Why this request is refused; None if it is not. `names` are the host names that are ours."""
    if not is_ours(asked.host, names):
        return Refusal(
            status=400, word="host", sentence="this server has no such name; see [api] hosts"
        )
    writes = asked.method not in READING
    if writes and not _comes_from_us(asked):
        return Refusal(status=403, word="origin", sentence="the request comes from another site")
    if asked.scope is None and not is_open(asked.path):
        return Refusal(
            status=401,
            word="token",
            sentence="a token is needed; `pwsync serve --new-token` makes one",
        )
    needed = least_scope(asked.method, asked.path)
    if needed and (asked.scope or Scope.READ) < needed:
        return Refusal(status=403, word="forbidden", sentence=TOO_LITTLE[needed])
    return None


def least_scope(method: str, path: str) -> Scope | None:
    """What a token must be allowed for a request; None: there need not be one."""
    writes = method not in READING
    if _is_below(path, ADMIN_FOLDERS) or (writes and _is_below(path, ADMIN_ACTS)):
        return Scope.ADMIN
    if writes and path not in UNSCOPED:
        return Scope.RUN
    return None if is_open(path) else Scope.READ


def _is_below(path: str, folders: Iterable[str]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in folders)


def is_uncounted(path: str) -> bool:
    """Whether requests for it are free: probes ask often, and a page brings its files with it."""
    return path in PROBES or path.startswith("/static/")


def is_open(path: str) -> bool:
    """Whether anybody may read there."""
    return path in OPEN or path.startswith(OPEN_FOLDERS)


def is_ours(host: str, names: AbstractSet[str]) -> bool:
    """A foreign name that was made to point here (DNS rebinding) is none of ours.

    An address is no name: no page can have been loaded from it but ours.
    """
    name = _without_port(host).lower()
    return name in names or name in LOCAL_NAMES or _is_address(name)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _comes_from_us(asked: Asked) -> bool:
    """Browsers name the page that asks; programs name none, and bring their token themselves."""
    if asked.origin:
        return asked.origin.partition("://")[2].lower() == asked.host.lower()
    if asked.fetch_site:
        return asked.fetch_site in SAME_SITE
    return not asked.by_cookie
