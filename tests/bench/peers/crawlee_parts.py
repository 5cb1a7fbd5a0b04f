"""What both programs on Crawlee share: a long queue of requests in memory, and a pool of browsers.

The pool's browser is started before, with room for all pages: else each of the first pages starts a
browser of its own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from crawlee import ConcurrencySettings, Request
from crawlee.browsers import BrowserPool, PlaywrightBrowserPlugin
from crawlee.storage_clients import MemoryStorageClient
from crawlee.storages import RequestQueue

from tests.bench.task import PAGE_SECONDS, Task


async def queued(task: Task, port: str = "") -> RequestQueue:
    """Each URL again and again, as a request of its own."""
    queue = await RequestQueue.open(storage_client=MemoryStorageClient())
    await queue.add_requests(
        [
            Request.from_url(url.replace(".com/", f".com{port}/", 1), unique_key=str(number))
            for number, url in enumerate(task.plenty())
        ]
    )
    return queue


@asynccontextmanager
async def opened_pool(task: Task) -> AsyncIterator[BrowserPool]:
    """One browser for all pages, already running."""
    plugin = PlaywrightBrowserPlugin(
        browser_launch_options={"executable_path": task.engine, "args": task.flags},
        max_open_pages_per_browser=task.contexts,
    )
    patience = timedelta(seconds=PAGE_SECONDS)
    async with BrowserPool(plugins=[plugin], operation_timeout=patience) as pool:
        page = await pool.new_page()
        await page.page.close()
        yield pool


def concurrency(task: Task) -> ConcurrencySettings:
    """Exactly so many at once."""
    most = task.contexts
    return ConcurrencySettings(min_concurrency=most, max_concurrency=most, desired_concurrency=most)
