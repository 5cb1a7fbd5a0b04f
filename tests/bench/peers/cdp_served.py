"""The raw twin of our lean way: one websocket to the engine, no Playwright.

A real navigation, the document held when its response has come, its body taken, the navigation
aborted: nothing is parsed or run.
"""

import asyncio
import base64
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect

from tests.bench.reading import item_of
from tests.bench.task import PAGE_SECONDS, Task

DOCUMENTS = {"urlPattern": "*", "resourceType": "Document", "requestStage": "Response"}
TIDY_EVERY = 20
"""Pages between garbage collections, as in `browsers/tab.py`."""


class Wire:
    """The engine's socket: commands out, their answers and held documents in."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.held: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        """By CDP session."""

    async def ask(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        told = {"id": number, "method": method, "params": params}
        if session:
            told["sessionId"] = session
        await self._socket.send(orjson.dumps(told).decode())
        return await answer

    async def listen(self) -> None:
        async for text in self._socket:
            told = orjson.loads(text)
            answer = self._answers.pop(told.get("id", 0), None)
            if told.get("method") == "Fetch.requestPaused":
                self.held[told["sessionId"]].put_nowait(told["params"])
            elif answer and not answer.done():
                failed = told.get("error")
                if failed:
                    answer.set_exception(RuntimeError(failed["message"]))
                else:
                    answer.set_result(told["result"])


async def open_page(wire: Wire) -> str:
    """The session of a page in a context of its own."""
    context = (await wire.ask("Target.createBrowserContext"))["browserContextId"]
    target = await wire.ask("Target.createTarget", url="about:blank", browserContextId=context)
    attached = await wire.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)
    session: str = attached["sessionId"]
    wire.held[session] = asyncio.Queue()
    await wire.ask("Fetch.enable", session, patterns=[DOCUMENTS])
    return session


async def load(wire: Wire, session: str, url: str) -> bytes:
    going = asyncio.ensure_future(wire.ask("Page.navigate", session, url=url))
    held = await wire.held[session].get()
    answer = await wire.ask("Fetch.getResponseBody", session, requestId=held["requestId"])
    await wire.ask("Fetch.failRequest", session, requestId=held["requestId"], errorReason="Aborted")
    await going
    body: str = answer["body"]
    return base64.b64decode(body) if answer["base64Encoded"] else body.encode()


async def work(task: Task, wire: Wire, urls: Iterator[str]) -> None:
    session = await open_page(wire)
    for number, url in enumerate(urls, 1):
        began, error = time.time(), None
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                task.store(item_of(await load(wire, session, url), url))
        except Exception as failure:  # noqa: BLE001 - a failed page is a result
            error = failure
        task.note(url, began, error)
        if number % TIDY_EVERY == 0:
            await wire.ask("HeapProfiler.collectGarbage", session)


async def start(task: Task) -> str:
    """Starts the engine; the address of its socket."""
    folder = Path(task.folder) / "profile"
    arguments = ["--headless", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
    await asyncio.create_subprocess_exec(
        task.engine, *arguments, *task.flags, stderr=asyncio.subprocess.DEVNULL
    )
    told = folder / "DevToolsActivePort"
    while not told.exists() or "\n" not in told.read_text():  # noqa: ASYNC110 - a file tells
        await asyncio.sleep(0.02)
    port, path = told.read_text().split()
    return f"ws://127.0.0.1:{port}{path}"


async def main(task: Task) -> None:
    async with connect(await start(task), max_size=None, compression=None) as socket:
        wire = Wire(socket)
        urls = task.endless()
        workers = (work(task, wire, urls) for _ in range(task.contexts))
        await asyncio.gather(wire.listen(), *workers)


if __name__ == "__main__":
    asyncio.run(main(Task.told()))
