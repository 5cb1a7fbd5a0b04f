"""The ways out to the image hosts: which address is connected to, and that it is a public one.

A host's name is looked up once, here; every address it has must be public, and the connection goes
to the address that was looked at. So neither a page, a redirect nor a name server that changes its
mind leads into a private network.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpcore
import httpx

from app.images.failures import Failure, PictureFailed
from browsers import tunnel
from browsers.errors import NetworkFailed, ProxyFailed
from browsers.values import Proxy

CONNECT_SECONDS = 10.0
MOST_ADDRESSES = 3
"""Of a host that are tried, one after the other."""
SPECIAL = tuple(
    ipaddress.ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "fec0::/10")
)
"""Of the IANA registries' special addresses, those that Python calls global."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host, best first. Raises OSError."""


async def looked_up(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet; one inside another is looked at, too."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # a scope (fe80::1%eth0) among others
        return False
    return all(_is_public(each) for each in (ip, *_inside(ip)))


def _is_public(ip: IPAddress) -> bool:
    local = (
        ip.is_multicast or ip.is_reserved or ip.is_link_local or any(ip in net for net in SPECIAL)
    )
    # RFC 6052's prefix stands for the IPv4 address in it
    return ip in NAT64 or (ip.is_global and not local)


def _inside(ip: IPAddress) -> Iterable[IPAddress]:
    """The IPv4 addresses that an IPv6 address leads to: mapped, 6to4, Teredo, NAT64."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ()
    teredo = ip.teredo or ()
    found = (ip.ipv4_mapped, ip.sixtofour, *teredo)
    translated = [ipaddress.IPv4Address(ip.packed[-4:])] if ip in NAT64 else []
    return [each for each in found if each is not None] + translated


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """How connections are made: straight, through a proxy, or to a local 1688."""

    proxy: Proxy | None = None
    """It looks the host's name up itself, where it stands; our own network is not open to it."""
    replica: tuple[str, int] | None = None
    """A loopback address that stands in for all hosts."""
    resolve: Resolve = field(default=looked_up)

    async def connect(self, host: str, port: int) -> tunnel.Streams:
        """Both ends of a connection. Raises PictureFailed, OSError, ProxyFailed, NetworkFailed."""
        if self.replica:
            return await asyncio.open_connection(*self.replica)
        if self.proxy:
            return await tunnel.connect(self.proxy, host, port)
        addresses = await self.resolve(host, port)
        private = next((each for each in addresses if not is_public(each)), None)
        if private is not None or not addresses:
            raise PictureFailed(Failure.PRIVATE_ADDRESS, f"{host} is {private}")
        return await _first(addresses[:MOST_ADDRESSES], port)

    @property
    def trust(self) -> ssl.SSLContext:
        """Whose certificates are believed; a replica makes its own at each start."""
        context = ssl.create_default_context()
        if self.replica:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


async def _first(addresses: list[str], port: int) -> tunnel.Streams:
    *others, last = addresses
    for address in others:
        try:
            return await asyncio.open_connection(address, port)
        except OSError:
            continue
    return await asyncio.open_connection(last, port)


class _Stream(httpcore.AsyncNetworkStream):
    """A connection as httpcore wants it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    async def aclose(self) -> None:
        self._writer.transport.abort()  # a TLS farewell is waited for by nobody

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's name
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            self._writer.transport.abort()
            raise httpcore.ConnectTimeout from error
        except OSError as error:  # ssl.SSLError among them
            self._writer.transport.abort()
            raise httpcore.ConnectError(str(error)) from error
        return self

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # an idle connection that has something to say was closed
            return self._reader.at_eof()
        return self._writer.get_extra_info(info)


class _Network(httpcore.AsyncNetworkBackend):
    """Connections by a way, for httpcore."""

    def __init__(self, way: Way) -> None:
        self._way = way

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's name
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Any = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                return _Stream(*await self._way.connect(host, port))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error
        except (OSError, ProxyFailed, NetworkFailed) as error:
            raise httpcore.ConnectError(str(error)) from error


class Transport(httpx.AsyncHTTPTransport):
    """httpx over a way; HTTP/1.1 alone, kept open between pictures of one host."""

    def __init__(self, way: Way, *, connections: int) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=way.trust,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=15.0,
            network_backend=_Network(way),
        )
