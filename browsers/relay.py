"""Between a browser and its proxy: a SOCKS server on 127.0.0.1 that lets only listed hosts pass.

    engine ── socks5, no password ──> relay ── CONNECT or socks5, with password ──> proxy ──> site

With a proxy the engine looks no names up, so its resolver rules hold nothing back; the relay does.
And the password stays in this process: neither the engine's command line nor its driver has it.
"""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

from browsers import traffic, tunnel
from browsers.errors import NetworkFailed, ProxyFailed
from browsers.tunnel import BY_NAME, CONNECT, NO_PASSWORD, SOCKS
from browsers.values import Proxy

HELLO_SECONDS = 5.0
"""For the engine to say where it wants to go."""
CHUNK = 64 * 1024
DONE, FAILED, NOT_ALLOWED, NOT_SPOKEN = 0, 1, 2, 7
"""Answers; to the engine all but the first are one, which is the proxy's fault."""
_SOCKETS = Path("/proc/net/tcp")


class Relay:
    """Opened on the loop that closes it. `port` is where it listens."""

    def __init__(self, proxy: Proxy, replica: str | None) -> None:
        self.port = 0
        self._proxy = proxy
        self._replica = replica
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Twice is fine, and before it was opened."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # An engine that hangs up, or is killed, is nobody's fault.
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                await self._relay(reader, writer)
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not _is_own(writer.get_extra_info("peername")):
            return
        async with asyncio.timeout(HELLO_SECONDS):
            host, port = await _asked(reader, writer)
        place = traffic.destination(host, port, self._replica)
        if place is None:
            writer.write(_answer(NOT_ALLOWED))
            return
        try:
            far_reader, far_writer = await tunnel.connect(self._proxy, *place)
        except ProxyFailed:
            writer.write(_answer(FAILED))
            return
        except NetworkFailed:
            writer.write(
                _answer(DONE)
            )  # then hung up on: no answer says to the engine whose fault it is
            return
        writer.write(_answer(DONE))
        try:
            await _join((reader, writer), (far_reader, far_writer))
        finally:
            far_writer.close()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """Where the engine wants to go; an address instead of a name is nowhere."""
    version, count = await reader.readexactly(2)
    await reader.readexactly(count)
    if version != SOCKS:
        raise ConnectionError("no SOCKS 5")
    writer.write(bytes([SOCKS, NO_PASSWORD]))
    _, command, _, kind = await reader.readexactly(4)
    if command != CONNECT or kind != BY_NAME:
        writer.write(_answer(NOT_SPOKEN))
        raise ConnectionError("no name of a host")
    (length,) = await reader.readexactly(1)
    name = await reader.readexactly(length)
    port = int.from_bytes(await reader.readexactly(2))
    return name.decode("ascii", "replace").lower(), port


def _answer(code: int) -> bytes:
    return bytes([SOCKS, code, 0, 1, 0, 0, 0, 0, 0, 0])


async def _join(near: tunnel.Streams, far: tunnel.Streams) -> None:
    """Pass bytes both ways until either end is done."""
    ways = [
        asyncio.create_task(_pass(near[0], far[1])),
        asyncio.create_task(_pass(far[0], near[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(CHUNK):
            sink.write(chunk)
            await sink.drain()


def _is_own(peer: tuple[str, int]) -> bool:
    """Whether the other end is a process of our user: nobody else goes out as we do."""
    host, port = peer
    address = int.from_bytes(bytes(map(int, host.split("."))), sys.byteorder)
    mark = f"{address:08X}:{port:04X}"
    for line in _SOCKETS.read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1] == mark:
            return int(fields[7]) == os.geteuid()
    return False
