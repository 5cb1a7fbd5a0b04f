"""Sends the replies of the local 1688 over TLS, and spoils the sending where a fault wants it.

One port for all host names: the `Host` header decides. Loopback only.
"""

import asyncio
import base64
import gzip
import hashlib
import signal
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trustme
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.replica.faults import Fault
from app.replica.replies import Site
from app.replica.sites import NAMES, Address, address
from app.replica.wire import Reply, Request

HOST = "127.0.0.1"
DROP_SECONDS = 0.5
"""Between two drops of a slow answer."""
PATIENCE_SECONDS = 300
"""After which a slow or silent answer is given up, whatever the client does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """A certificate made for this run, and how a client may know it."""

    context: ssl.SSLContext
    authority: str
    """The authority's certificate, as PEM."""
    pin: str
    """Base64 of the SHA-256 of the leaf's public key, as `--ignore-certificate-errors-spki-list` takes it."""


def certificate() -> Certificate:
    """A fresh certificate for all names of the site."""
    authority = trustme.CA()
    leaf = authority.issue_cert(*NAMES, HOST)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    leaf.configure_cert(context)
    key = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes()).public_key()
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Certificate(
        context=context,
        authority=authority.cert_pem.bytes().decode(),
        pin=base64.b64encode(hashlib.sha256(spki).digest()).decode(),
    )


class Sender:
    """The aiohttp side: one request in, one reply out, one line in the log."""

    def __init__(self, site: Site) -> None:
        self.site = site

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        host = request.host.partition(":")[0].lower()
        found = address(host, request.path)
        asked = Request(
            host=host,
            path=request.path,
            query=request.query,
            origin=request.headers.get("Origin", ""),
            method=request.method,
            cookies=request.cookies,
            form=await _form(request),
        )
        reply = self.site.reply(asked, found)
        self._log(request, host, found, reply)
        spoil = _SPOILS.get(reply.fault) if reply.fault else None
        if spoil is None:
            return _response(request, reply)
        await spoil(request, reply)
        return web.Response()

    def _log(self, request: web.BaseRequest, host: str, found: Address, reply: Reply) -> None:
        if found.kind != "control":
            self.site.journal.write(
                host=host,
                path=request.path_qs,
                kind=found.kind.value,
                status=reply.status,
                fault=reply.fault.value if reply.fault else None,
                offer_id=reply.offer_id,
                visit=reply.visit,
                user_agent=request.headers.get("User-Agent", ""),
            )


async def _form(request: web.BaseRequest) -> dict[str, str]:
    found = await request.post()
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _response(request: web.BaseRequest, reply: Reply) -> web.Response:
    headers = {"Server": "Tengine", "Content-Type": reply.content_type, **reply.headers}
    body = reply.body
    if reply.gzipped and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
    elif reply.gzipped:
        body = gzip.decompress(body)
    response = web.Response(status=reply.status, body=body, headers=headers)
    for line in reply.cookies:
        response.headers.add("Set-Cookie", line)
    return response


def _head(reply: Reply, length: int) -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\nServer: Tengine\r\nContent-Type: {reply.content_type}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


async def _truncate(request: web.BaseRequest, reply: Reply) -> None:
    """Promises the whole body, sends three fifths of it and closes."""
    if request.transport is not None:
        request.transport.write(
            _head(reply, len(reply.body)) + reply.body[: len(reply.body) * 3 // 5]
        )
        request.transport.close()


async def _reset(request: web.BaseRequest, _: Reply) -> None:
    """Closes with a TCP reset."""
    if request.transport is not None:
        end = request.transport.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()


async def _leave(request: web.BaseRequest, _: Reply) -> None:
    if request.transport is not None:
        request.transport.close()


async def _drip(request: web.BaseRequest, reply: Reply) -> None:
    if request.transport is not None:
        request.transport.write(_head(reply, len(reply.body)) + reply.body[:512])
    for place in range(512, 512 + int(PATIENCE_SECONDS / DROP_SECONDS)):
        if request.transport is None or request.transport.is_closing():
            return
        request.transport.write(reply.body[place : place + 1])
        await asyncio.sleep(DROP_SECONDS)
    await _leave(request, reply)


async def _say_nothing(request: web.BaseRequest, reply: Reply) -> None:
    for _ in range(int(PATIENCE_SECONDS / DROP_SECONDS)):
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(DROP_SECONDS)
    await _leave(request, reply)


Spoil = Callable[[web.BaseRequest, Reply], Awaitable[None]]
_SPOILS: dict[str, Spoil] = {
    Fault.TRUNCATED: _truncate,
    Fault.RESET: _reset,
    Fault.EMPTY: _leave,
    Fault.SLOW: _drip,
    Fault.SILENT: _say_nothing,
}


async def run(
    site: Site, port: int, opened: Callable[[int, Certificate], None], *, tied: bool = False
) -> None:
    """Serves until SIGTERM or SIGINT; `tied` also ends when standard input closes.

    `opened` is told the port and the certificate once requests are accepted. Raises OSError where
    the port is taken.
    """
    proof = certificate()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if tied:
        loop.add_reader(0, stop.set)
    runner = web.ServerRunner(web.Server(Sender(site).answer, access_log=None))
    await runner.setup()
    try:
        listener = web.TCPSite(runner, HOST, port, ssl_context=proof.context, shutdown_timeout=0.5)
        await listener.start()
        opened(runner.addresses[0][1], proof)
        await stop.wait()
    finally:
        await runner.cleanup()
