"""Our pool alone: a lease, a render and the reader; no ledger, database or archive."""

import asyncio
import time
from collections.abc import Iterator

from browsers.pool import BrowserPool
from browsers.render import render
from browsers.values import Launch, Mode, RenderRequest
from tests.bench.reading import item_of
from tests.bench.task import PAGE_SECONDS, Task


async def one(task: Task, pool: BrowserPool, url: str) -> None:
    request = RenderRequest(url=url, mode=Mode(task.mode), pace=0)
    async with pool.lease(url, request.mode) as slot:
        began = time.time()
        try:
            task.store(item_of((await render(slot, request, deadline=PAGE_SECONDS)).document, url))
        except Exception as error:
            task.note(url, began, error)
            raise
        task.note(url, began)


async def work(task: Task, pool: BrowserPool, urls: Iterator[str]) -> None:
    for url in urls:
        try:
            await one(task, pool, url)
        except Exception:  # noqa: BLE001 - it is noted; the slot has heard its verdict
            continue
        finally:
            await asyncio.sleep(task.pause())


async def main(task: Task) -> None:
    pool = BrowserPool(Launch(replica=task.address), size=task.contexts)
    await pool.open()
    urls = task.endless()
    await asyncio.gather(*(work(task, pool, urls) for _ in range(task.contexts)))


if __name__ == "__main__":
    asyncio.run(main(Task.told()))
