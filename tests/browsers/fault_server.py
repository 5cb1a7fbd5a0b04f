"""A small TLS server that answers under 1688's own host names and misbehaves on request.

It runs on a thread of its own, so that a blocked or closing event loop of a test never stops it.
`Launch.replica` points a browser at it. Beside it listens `egress`: nothing may ever reach that one.
"""

import asyncio
import contextlib
import ssl
import threading
from collections import Counter
from typing import Self

import trustme

HOSTS = ("1688.com", "*.1688.com", "*.alicdn.com", "itemcdn.tmall.com", "login.taobao.com")
STATE = "window.context="
CHUNK = 64 * 1024

PAGE = f"""<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>offer</title></head>
<body><h1>offer</h1><script>{STATE}{{"ok":true}};</script>
<img src="https://cbu01.alicdn.com/a.jpg"><script src="https://log.mmstat.com/b.js"></script>
<div style="height:4000px">tall</div></body></html>""".encode()

HALF = PAGE[: PAGE.index(b'{"ok"') + 3]

FRAME = (
    'addEventListener("load",()=>{{let f=document.createElement("iframe");f.src="{}";'
    "document.body.append(f)}})"
)
SCRIPTS = {
    "busybody": "setInterval(() => fetch('/asked'), 20);"
    " setTimeout(() => { location.href = '/left' }, 500)",
    "restless": "addEventListener('DOMContentLoaded', () => setTimeout(() => { for (;;); }))",
    "jump": 'location.replace("https://detail.1688.com/ok?after=jump")',
    "late-jump": 'addEventListener("load",()=>setTimeout(()=>location.assign("/ok?after=late"),50))',
    "jump-loop": 'location.replace("/jump-loop?"+Math.random())',
    "jump-away": 'location.replace("https://evil.example/x")',
    "jump-egress": 'location.replace("http://127.0.0.2:%EGRESS%/jump")',
    "jump-file": 'location.replace("file:///etc/hostname")',
    "link-jump": 'var a=document.createElement("a");a.href="/ok?after=link";a.click()',
    "spin": "for(;;){}",
    "late-spin": 'addEventListener("load",()=>setTimeout(()=>{for(;;){}},0))',
    "alerts": 'for(let i=0;i<30;i++)alert("storm "+i)',
    "alerts-for-ever": 'for(;;)alert("again")',
    "popups": 'for(let i=0;i<20;i++)window.open("/ok?popup="+i)',
    "hash": 'location.hash="x";history.pushState({},"","/pushed")',
    "hog": "window.hoard=[];setInterval(()=>hoard.push(new Uint8Array(8388608).fill(7)),10)",
    "stop": "window.stop()",
    "slider-over": FRAME.format("/ok/_____tmd_____/punish?x5secdata=0&x5step=2"),
    "sec-over": FRAME.format("https://sec.1688.com/query.htm"),
    "sign-on": FRAME.format("https://login.taobao.com/jump?target=x"),
    "leave-app": 'location.href="wireless1688://open";location.href="about:blank#x"',
    "reach-out": 'fetch("http://127.0.0.2:%EGRESS%/f").catch(()=>0);'
    'fetch("http://2130706434:%EGRESS%/d").catch(()=>0);'
    'fetch("http://[::1]:%EGRESS%/6").catch(()=>0);'
    'new Image().src="http://127.0.0.2:%EGRESS%/i";'
    'try{new WebSocket("ws://127.0.0.2:%EGRESS%/w")}catch(e){}'
    'let f=document.createElement("iframe");f.src="http://127.0.0.2:%EGRESS%/if";'
    "document.documentElement.append(f);"
    "navigator.sendBeacon('http://127.0.0.2:%EGRESS%/b','x')",
}


class Reply:
    """What a route writes to its connection."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer

    async def head(self, status: str, **headers: str) -> None:
        fields = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in headers.items())
        self.writer.write(f"HTTP/1.1 {status}\r\n{fields}\r\n".encode())
        await self.writer.drain()

    async def page(self, body: bytes, status: str = "200 OK", **headers: str) -> None:
        headers.setdefault("content_type", "text/html; charset=utf-8")
        await self.head(status, content_length=str(len(body)), **headers)
        self.writer.write(body)
        await self.writer.drain()


class FaultServer:
    """Context manager; `address` is what `Launch.replica` wants."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.egress_hits: list[bytes] = []
        self.hold = threading.Event()
        """Set to let `/held` answer."""
        self.documents: dict[str, tuple[str, bytes]] = {}
        """More answers by path (content type, body), for tests that need one of their own."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fault-server", daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert(*HOSTS).configure_cert(context)
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=context)
        egress = await asyncio.start_server(self._egress, "127.0.0.2", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.egress_port = egress.sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self._ready.set()
        await self._stop.wait()
        server.close()
        egress.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _egress(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.egress_hits.append(await reader.read(200))
        writer.close()

    async def _connection(self, reader, writer) -> None:
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, asyncio.CancelledError
        ):
            while await self._request(reader, writer):
                pass
        writer.close()

    async def _request(self, reader, writer) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        target = head[0].split(" ")[1]
        fields = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        headers = {name.lower(): value for name, value in fields.items()}
        path = target.split("?")[0].strip("/")
        self.hits[path] += 1
        self.requests.append((f"https://{headers.get('host', '')}{target}", headers))
        route = getattr(self, "r_" + path.replace("-", "_"), None)
        if path in self.documents:
            kind, body = self.documents[path]
            await Reply(writer).page(body, content_type=kind)
        elif path in SCRIPTS:
            await Reply(writer).page(self._script(path))
        elif route is not None:
            return bool(await route(Reply(writer)))
        else:
            await Reply(writer).page(b"nothing here", "404 Not Found")
        return True

    def _script(self, path: str) -> bytes:
        script = SCRIPTS[path].replace("%EGRESS%", str(self.egress_port))
        return PAGE.replace(b"</h1>", b"</h1><script>" + script.encode() + b"</script>")

    async def r_ok(self, reply: Reply) -> bool:
        await reply.page(PAGE, set_cookie="seen=yes; Path=/; Secure", x_served_by="fault-server")
        return True

    async def r_shell(self, reply: Reply) -> bool:
        await reply.page(PAGE.replace(STATE.encode(), b"window.nothing="))
        return True

    async def r_moved(self, reply: Reply) -> bool:
        await reply.page(b"", "302 Found", location="https://detail.1688.com/ok?after=302")
        return True

    async def r_moved_loop(self, reply: Reply) -> bool:
        await reply.page(b"", "302 Found", location="/moved-loop")
        return True

    async def r_moved_away(self, reply: Reply) -> bool:
        await reply.page(b"", "302 Found", location="https://evil.example/x")
        return True

    async def r_moved_egress(self, reply: Reply) -> bool:
        where = f"http://127.0.0.2:{self.egress_port}/moved"
        await reply.page(b"", "302 Found", location=where)
        return True

    async def r_moved_file(self, reply: Reply) -> bool:
        await reply.page(b"", "302 Found", location="file:///etc/hostname")
        return True

    async def r_busy(self, reply: Reply) -> bool:
        await reply.page(b"slow down", "429 Too Many Requests", retry_after="17")
        return True

    async def r_unavailable(self, reply: Reply) -> bool:
        await reply.page(b"later", "503 Service Unavailable")
        return True

    async def r_absent(self, reply: Reply) -> bool:
        await reply.page(b"<title>404</title>", "404 Not Found")
        return True

    async def r_empty(self, reply: Reply) -> bool:
        await reply.page(b"")
        return True

    async def r_nocontent(self, reply: Reply) -> bool:
        await reply.head("204 No Content")
        return True

    async def r_gbk(self, reply: Reply) -> bool:
        body = "<title>收纳盒</title><p>批发</p>".encode("gbk")
        await reply.page(body, content_type="text/html; charset=utf-8")
        return True

    async def r_cut_length(self, reply: Reply) -> bool:
        await reply.head("200 OK", content_type="text/html", content_length=str(len(PAGE)))
        reply.writer.write(HALF)
        await reply.writer.drain()
        return False

    async def r_cut_chunked(self, reply: Reply) -> bool:
        await reply.head("200 OK", content_type="text/html", transfer_encoding="chunked")
        reply.writer.write(b"%x\r\n" % len(PAGE) + HALF)
        await reply.writer.drain()
        return False

    async def r_chunked(self, reply: Reply) -> bool:
        await reply.head("200 OK", content_type="text/html", transfer_encoding="chunked")
        for part in (PAGE[:100], PAGE[100:]):
            reply.writer.write(b"%x\r\n" % len(part) + part + b"\r\n")
            await reply.writer.drain()
        reply.writer.write(b"0\r\n\r\n")
        return True

    async def r_reset(self, reply: Reply) -> bool:
        reply.writer.transport.abort()
        return False

    async def r_hangup(self, reply: Reply) -> bool:
        return False

    async def r_never(self, reply: Reply) -> bool:
        await self._stop.wait()
        return False

    async def r_drip(self, reply: Reply) -> bool:
        await reply.head("200 OK", content_type="text/html", content_length="100000")
        while True:
            reply.writer.write(b"<!-- drip -->")
            await reply.writer.drain()
            await asyncio.sleep(0.1)

    async def r_held(self, reply: Reply) -> bool:
        while not self.hold.is_set():  # noqa: ASYNC110 - set on another thread
            await asyncio.sleep(0.02)
        await reply.page(PAGE)
        return True

    async def r_download(self, reply: Reply) -> bool:
        await reply.page(
            b"PK\x03\x04",
            content_type="application/zip",
            content_disposition='attachment; filename="../../evil.bin"',
        )
        return True

    async def r_huge(self, reply: Reply) -> bool:
        await reply.head("200 OK", content_type="text/html", content_length=str(50 << 20))
        return await self._pour(reply, 50 << 20)

    async def r_huge_unannounced(self, reply: Reply) -> bool:
        await reply.head("200 OK", content_type="text/html", connection="close")
        await self._pour(reply, 50 << 20)
        return False

    async def _pour(self, reply: Reply, size: int) -> bool:
        for _ in range(size // CHUNK):
            reply.writer.write(b"x" * CHUNK)
            await reply.writer.drain()
        return True
