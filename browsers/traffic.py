"""Where a browser may go: tables of hosts and URL patterns, and the pure questions asked of them.

The engine itself enforces the host table (resolver rules: redirects, scripts, frames, IP literals);
`check` keeps everything else away from the address bar. Nothing here talks to a browser.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from browsers.errors import Refused

VISITED = (
    "1688.com",
    "*.1688.com",
    "*.alicdn.com",
    "itemcdn.tmall.com",
    "login.taobao.com",
    "havanalogin.taobao.com",
    "passport.taobao.com",
)
"""Hosts whose documents we load (site/offer-pages.md §4-6, site/lists-shops-blocks-login.md §d)."""

BORROWED = ("gw.alipayobjects.com", "cf.aliyun.com", "search.alibabausercontent.com")
"""Hosts our pages take scripts from; never a main document."""

ADS = ("dj.1688.com", "detailp4p.1688.com")
"""Hosts of advertisers' counters and links: every request costs somebody, so none is made."""

BLOCKED = (
    *(f"*://{host}/*" for host in ADS),
    # beacons
    "*://*.mmstat.com/*",
    "*://dmtracking.1688.com/*",
    "*://stat.1688.com/*",
    # images
    "*://cbu01.alicdn.com/img/*",
    "*://img.alicdn.com/*",
    "*://gw.alicdn.com/*",
    *(f"*.{suffix}{end}" for suffix in ("jpg", "jpeg", "png", "gif", "webp") for end in ("", "?*")),
    "*.jpg_*",
    # fonts and media
    *(f"*.{suffix}{end}" for suffix in ("woff", "woff2", "ttf", "otf") for end in ("", "?*")),
    *(f"*.{suffix}{end}" for suffix in ("mp4", "m3u8", "mp3") for end in ("", "?*")),
    "*://cloud.video.taobao.com/*",
)
"""Never fetched when a page is rendered; the engine refuses them (`Network.setBlockedURLs`)."""

RELAY = "relay.invalid"
"""What the engine calls our own relay to a proxy (`relay.py`); it exists in its rules only."""

_PORTS = {"https": 443, "http": 80}
_PLAIN = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without space and backslash, which parsers and engines read differently."""


def check(url: str) -> None:
    """Raise Refused unless `url` is https on a visited host, port 443, without userinfo."""
    if not _PLAIN.fullmatch(url):
        raise Refused(f"not a plain ASCII URL: {url!r}")
    if not url.startswith("https://") or not is_visited(url):
        raise Refused(f"not a page this tool loads: {url!r}")


def is_visited(url: str) -> bool:
    """Whether a document may come from there (http is allowed on the way: the site redirects)."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in _PORTS
        and port in (None, _PORTS[parts.scheme])
        and "@" not in parts.netloc
        and _is_listed(parts.hostname or "")
        and parts.hostname not in ADS
    )


def destination(host: str, port: int, replica: str | None) -> tuple[str, int] | None:
    """Where a browser behind a relay is led that asks for `host:port`; None is nowhere.

    The same table as the resolver rules', and the ports of the web only.
    """
    if port not in _PORTS.values() or not _is_listed(host, VISITED + BORROWED):
        return None
    return loopback(replica) if replica else (host, port)


def _is_listed(host: str, rules: tuple[str, ...] = VISITED) -> bool:
    return any(host.endswith(rule[1:]) if rule.startswith("*.") else host == rule for rule in rules)


def arguments(replica: str | None, relay: int | None) -> tuple[str, ...]:
    """Command-line flags that hold the engine to the table; `relay` is the port of ours, if any."""
    rules = resolver_rules(replica) if relay is None else relay_rules(relay)
    way = (
        ("--proxy-server=direct://",)  # else the environment's is taken, which is past the rules
        if relay is None
        else (f"--proxy-server=socks5://{RELAY}:{relay}", "--proxy-bypass-list=<-loopback>")
    )
    return (
        *way,
        f"--host-resolver-rules={rules}",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--block-new-web-contents",
    )


def resolver_rules(replica: str | None) -> str:
    """The value of `--host-resolver-rules`: listed hosts pass or map to the replica, others fail.

    Raises ValueError if `replica` is not `HOST:PORT` on a loopback address.
    """
    hosts = VISITED + BORROWED
    if replica is None:
        return ", ".join(["MAP * ~NOTFOUND", *(f"EXCLUDE {host}" for host in hosts)])
    host, port = loopback(replica)
    to = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return ", ".join([*(f"MAP {name} {to}" for name in hosts), "MAP * ~NOTFOUND"])


def relay_rules(port: int) -> str:
    """The value of `--host-resolver-rules` behind a relay: its name is the only one there is."""
    return f"MAP {RELAY} 127.0.0.1:{port}, MAP * ~NOTFOUND"


def loopback(address: str) -> tuple[str, int]:
    """`127.0.0.1:8443` as host and port; ValueError for anything but a literal loopback address."""
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not port.isascii() or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError(f"a replica address is HOST:PORT, not {address!r}")
    if not _is_loopback(host):
        raise ValueError(f"a replica runs on this machine (127.0.0.1:PORT), not at {address!r}")
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
