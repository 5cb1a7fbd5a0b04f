"""A small proxy as people rent them, HTTP CONNECT or SOCKS 5, with or without a password.

It leads anywhere it is asked to, and writes down whither; runs on a thread of its own.
"""

import asyncio
import base64
import contextlib
import threading
from typing import Self

LENGTHS = {1: 4, 4: 16}


class ProxyServer:
    """Context manager; `url` is what a person would write into the settings."""

    def __init__(self, scheme: str = "http", user: str = "", password: str = "") -> None:
        self.scheme = scheme
        self.asked: list[tuple[str, int]] = []
        """Hosts and ports it was asked to lead to by who had the password."""
        self.denied = 0
        self.plain = 0
        """Requests of HTTP that were no CONNECT."""
        self.status: str | None = None
        """Set by a test, it is the answer to every CONNECT."""
        self._user, self._password = user, password
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    @property
    def url(self) -> str:
        secret = f"{self._user}:{self._password}@" if self._user else ""
        return f"{self.scheme}://{secret}127.0.0.1:{self.port}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        talk = {"http": self._http, "socks5": self._socks}[self.scheme]
        busy: set[asyncio.Task[None] | None] = set()

        async def connected(reader, writer) -> None:
            # once the other end is gone, nothing but this keeps the task from being collected
            busy.add(task := asyncio.current_task())
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await talk(reader, writer)
            writer.close()
            busy.discard(task)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        # connections that were accepted meanwhile are tasks only now
        while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _http(self, reader, writer) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        if method != "CONNECT":
            self.plain += 1
        secret = base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        if self._user and f"Proxy-Authorization: Basic {secret}" not in head:
            self.denied += 1
            writer.write(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
            return
        host, _, port = target.rpartition(":")
        if self.status is not None:
            writer.write(f"HTTP/1.1 {self.status}\r\n\r\n".encode())
            return
        await self._lead(reader, writer, host.strip("[]"), int(port), b"HTTP/1.1 200 OK\r\n\r\n")

    async def _socks(self, reader, writer) -> None:
        _, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = 2 if self._user else 0
        self.denied += wanted not in methods
        writer.write(bytes([5, wanted if wanted in methods else 255]))
        if wanted not in methods or (wanted == 2 and not await self._is_known(reader, writer)):
            return
        _, _, _, kind = await reader.readexactly(4)
        length = LENGTHS.get(kind) or (await reader.readexactly(1))[0]
        name = await reader.readexactly(length)
        host = name.decode() if kind == 3 else ".".join(map(str, name))
        port = int.from_bytes(await reader.readexactly(2))
        await self._lead(reader, writer, host, port, bytes([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))

    async def _is_known(self, reader, writer) -> bool:
        _, length = await reader.readexactly(2)
        user = await reader.readexactly(length)
        (length,) = await reader.readexactly(1)
        password = await reader.readexactly(length)
        is_known = (user.decode(), password.decode()) == (self._user, self._password)
        self.denied += not is_known
        writer.write(bytes([1, 0 if is_known else 1]))
        return is_known

    async def _lead(self, reader, writer, host: str, port: int, answer: bytes) -> None:
        self.asked.append((host, port))
        far_reader, far_writer = await asyncio.open_connection(host, port)
        writer.write(answer)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, far_writer))
                both.create_task(_copy(far_reader, writer))
        except* OSError:
            pass
        finally:
            far_writer.close()


async def _copy(source, sink) -> None:
    while chunk := await source.read(65536):
        sink.write(chunk)
        await sink.drain()
    if sink.can_write_eof():
        sink.write_eof()
