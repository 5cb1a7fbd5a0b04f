"""A connection to a host through a proxy: HTTP's CONNECT, or SOCKS 5 (RFC 1928, 1929).

ProxyFailed tells that the proxy is at fault, NetworkFailed that it could not reach the host.
"""

import asyncio
import base64
import socket
from contextlib import closing
from urllib.parse import urlsplit

from browsers.errors import NetworkFailed, ProxyFailed
from browsers.values import Proxy

SECONDS = 20.0
"""For the proxy to answer and to reach the host."""
SOCKS = 5
NO_PASSWORD, PASSWORD = 0, 2
CONNECT = 1
BY_IPV4, BY_NAME, BY_IPV6 = 1, 3, 4
_LENGTHS = {BY_IPV4: 4, BY_IPV6: 16}
_HOSTS_FAULT = {3: "network unreachable", 4: "host unreachable", 5: "refused", 6: "no answer"}
"""Answers of a SOCKS proxy that speak of the host."""
_GATEWAY = frozenset({502, 503, 504})
"""The same of an HTTP proxy."""
_DENIED = frozenset({401, 403, 407})
_WRONG_PASSWORD = "the proxy refuses the user or the password"  # noqa: S105 - a sentence

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def connect(proxy: Proxy, host: str, port: int, *, within: float = SECONDS) -> Streams:
    """Both ends of a connection to `host:port`. Raises ProxyFailed, NetworkFailed."""
    try:
        async with asyncio.timeout(within):
            return await _connect(proxy, host, port)
    except TimeoutError:
        raise ProxyFailed(f"the proxy gives no answer within {within:g} s") from None
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        # Its words may hold what was sent, so only its kind is told.
        raise ProxyFailed(f"the proxy does not answer ({_kind(error)})") from None


async def _connect(proxy: Proxy, host: str, port: int) -> Streams:
    place = urlsplit(proxy.server)
    assert place.port is not None
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        await _TALKS[place.scheme](reader, writer, proxy, host, port)
    except BaseException:
        writer.close()
        raise
    return reader, writer


def _kind(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, socket.gaierror):
        return "its name is unknown"
    return "it hung up" if isinstance(error, EOFError) else type(error).__name__


async def _talk_http(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, proxy: Proxy, host: str, port: int
) -> None:
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}"]
    if proxy.username is not None:
        pair = f"{proxy.username}:{proxy.password or ''}".encode()
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair).decode()}")
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    words = head.split(None, 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    if status in _DENIED:
        raise ProxyFailed(_WRONG_PASSWORD)
    if status in _GATEWAY:
        raise NetworkFailed(f"the proxy cannot reach {host}: HTTP {status}")
    if not 200 <= status < 300:  # noqa: PLR2004 - the successes of HTTP
        raise ProxyFailed(f"the proxy answers HTTP {status}")


async def _talk_socks(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, proxy: Proxy, host: str, port: int
) -> None:
    has_password = proxy.username is not None
    methods = (NO_PASSWORD, PASSWORD) if has_password else (NO_PASSWORD,)
    writer.write(bytes([SOCKS, len(methods), *methods]))
    version, method = await reader.readexactly(2)
    if version != SOCKS or method not in methods:
        raise ProxyFailed(_WRONG_PASSWORD if version == SOCKS else "the proxy speaks no SOCKS 5")
    if method == PASSWORD:
        await _give_password(reader, writer, proxy)
    name = host.encode("idna")
    writer.write(bytes([SOCKS, CONNECT, 0, BY_NAME, len(name), *name]) + port.to_bytes(2))
    _, answer, _, kind = await reader.readexactly(4)
    if answer in _HOSTS_FAULT:
        raise NetworkFailed(f"the proxy cannot reach {host}: {_HOSTS_FAULT[answer]}")
    if answer:
        raise ProxyFailed(f"the proxy does not connect (answer {answer})")
    length = _LENGTHS.get(kind) or (await reader.readexactly(1))[0]
    await reader.readexactly(length + 2)


async def _give_password(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, proxy: Proxy
) -> None:
    user, password = (proxy.username or "").encode(), (proxy.password or "").encode()
    writer.write(bytes([1, len(user), *user, len(password), *password]))
    _, answer = await reader.readexactly(2)
    if answer:
        raise ProxyFailed(_WRONG_PASSWORD)


_TALKS = {"http": _talk_http, "socks5": _talk_socks}
SCHEMES = tuple(_TALKS)


async def probe(proxy: Proxy, host: str, port: int, *, within: float) -> None:
    """Connect through it once and hang up. Raises ProxyFailed, NetworkFailed."""
    _, writer = await connect(proxy, host, port, within=within)
    with closing(writer):
        pass
