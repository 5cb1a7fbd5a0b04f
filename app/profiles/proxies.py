"""The ways out that profiles may have: reading a proxy's address, naming it, asking if it answers.

A proxy is its profile's for good. When it fails both wait; nothing here ever changes one for
another, and a block has nothing to do with it.
"""

import hashlib
import re
import time
from urllib.parse import SplitResult, unquote, urlsplit

from app.profiles.values import ProfileError
from browsers import tunnel
from browsers.values import Proxy

PROBED = ("detail.1688.com", 443)
"""Where a proxy has to lead."""
LONGEST_NAME = 40
"""Characters; the name is part of keys."""
_FORM = "write http://HOST:PORT or socks5://HOST:PORT, with USER:PASSWORD@ before HOST if it asks"
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_SECRET = re.compile(r"[!-~]{1,255}")


class ProxyRefused(ProfileError):
    """What was given is no proxy we can use; the sentence repeats nothing of it but its scheme."""


def read_proxy(text: str) -> Proxy:
    """`http://user:password@host:port` or the same with `socks5`. Raises ProxyRefused.

    User and password may be percent-encoded, as they must be where they hold `@`, `:` or `/`.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise ProxyRefused(f"the proxy's address does not parse; {_FORM}") from None
    if parts.scheme not in tunnel.SCHEMES:
        raise ProxyRefused(f"a proxy of the kind {parts.scheme[:20]!r} is not spoken; {_FORM}")
    if not port or not _HOST.fullmatch(parts.hostname or ""):
        raise ProxyRefused(f"the proxy's address names no host and port; {_FORM}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ProxyRefused(f"the proxy's address goes on after its port; {_FORM}")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    user, password = _secrets(parts)
    return Proxy(server=f"{parts.scheme}://{host}:{port}", username=user, password=password)


def _secrets(parts: SplitResult) -> tuple[str | None, str | None]:
    found = tuple(unquote(each) if each else None for each in (parts.username, parts.password))
    if found[0] is None and found[1] is not None:
        raise ProxyRefused(f"the proxy's password has no user; {_FORM}")
    if not all(each is None or _SECRET.fullmatch(each) for each in found):
        raise ProxyRefused("the proxy's user or password holds characters other than plain ASCII")
    return found[0], found[1]


def egress_of(proxy: Proxy) -> str:
    """A name for the address it goes out from: host and port, never user or password.

    Those who share a gateway share a budget, whatever they are called there.
    """
    place = urlsplit(proxy.server)
    name = re.sub(r"[^A-Za-z0-9.-]", "-", f"{place.hostname}-{place.port}")
    if len(name) <= LONGEST_NAME and name[0].isalnum():
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name.strip('-')[: LONGEST_NAME - 9]}-{digest}"


async def answers(proxy: Proxy, *, within: float, target: tuple[str, int] = PROBED) -> float:
    """Seconds until the proxy had connected us to `target`. Raises ProxyFailed, NetworkFailed."""
    began = time.monotonic()
    await tunnel.probe(proxy, *target, within=within)
    return time.monotonic() - began
