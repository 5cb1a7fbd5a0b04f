"""Asks a running engine who it is, as a site could: a page of ours, its frames and its worker.

    story = await ask(Launch())

The page is served on this machine under 1688's own names, as the local 1688 is, so that headers
are read where a site reads them: on the wire. No other address is asked for anything.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import trustme
from aiohttp import web

from browsers.errors import BrowserLost
from browsers.pool import BrowserPool
from browsers.render import render
from browsers.story import Asked, Story
from browsers.traffic import VISITED
from browsers.values import Launch, RenderRequest

ADDRESS = "https://detail.1688.com/probe.html"
PATIENCE = 30.0
_HERE = Path(__file__).parent
_HINTS = ("full-version-list", "arch", "bitness", "model", "platform-version")
_NEAR_FRAME = "tell().then(told => parent.postMessage({told, seen: look()}, '*'))"
_FRAME = f"<!doctype html><script src='/probe.js'></script><script>{_NEAR_FRAME}</script>"
_WORKER = "importScripts('/probe.js'); tell().then(told => postMessage({told}))"


class _Stage:
    """What the engine asks for and is answered."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.told: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        script = (_HERE / "probe.js").read_text()
        self._bodies = {
            "/probe.html": ("text/html", (_HERE / "probe.html").read_text()),
            "/frame.html": ("text/html", _FRAME),
            "/far.html": ("text/html", _FRAME),
            "/worker.js": ("text/javascript", _WORKER),
            "/probe.js": ("text/javascript", script),
        }

    async def answer(self, request: web.BaseRequest) -> web.Response:
        headers = {name.lower(): text for name, text in request.headers.items()}
        self.asked.append(Asked(path=request.path, headers=headers))
        if request.path == "/story":
            self.told.set_result(await request.json())
        if request.path == "/until-told.js":  # the page is not loaded before it has told its story
            await asyncio.wait([self.told])
        kind, body = self._bodies.get(request.path, ("text/javascript", ""))
        wanted = ", ".join(f"sec-ch-ua-{hint}" for hint in _HINTS)
        return web.Response(text=body, content_type=kind, headers={"accept-ch": wanted})


@contextlib.asynccontextmanager
async def _serving(stage: _Stage) -> AsyncIterator[str]:
    """The address the stage is served at."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = await asyncio.to_thread(lambda: trustme.CA().issue_cert(*VISITED))
    leaf.configure_cert(context)
    runner = web.ServerRunner(web.Server(stage.answer), shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"{host}:{port}"
    finally:
        await runner.cleanup()


async def ask(launch: Launch, *, within: float = PATIENCE) -> Story:
    """What an engine started like that tells of itself, within so many seconds.

    Raises EngineMissing, or a RenderError if the page was not shown.
    """
    stage = _Stage()
    async with _serving(stage) as address:
        pool = BrowserPool(replace(launch, replica=address, proxy=None), size=1)
        await pool.open()
        try:
            async with pool.lease("probe") as slot:
                request = RenderRequest(url=ADDRESS, kind="probe", pace=0)
                await render(slot, request, deadline=within)
        finally:
            await pool.close()
    told = stage.told.result()
    if "error" in told:
        raise BrowserLost(f"the probe page failed: {told['error']}")
    return Story(
        realms=told["realms"],
        page=told["page"],
        frames=told["frames"],
        asked=tuple(stage.asked),
    )
