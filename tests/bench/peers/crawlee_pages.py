"""Crawlee's PlaywrightCrawler with the blocking that its documentation shows (`block_requests`).

Requests are queued in memory; items go to its dataset, a file each.
"""

import asyncio
import time
from datetime import timedelta

from crawlee.browsers import BrowserPool
from crawlee.crawlers import PlaywrightCrawler, PlaywrightCrawlingContext
from crawlee.crawlers import PlaywrightPreNavCrawlingContext as BeforeContext
from crawlee.storages import RequestQueue

from tests.bench.peers.crawlee_parts import concurrency, opened_pool, queued
from tests.bench.reading import STATE, item_of
from tests.bench.task import PAGE_SECONDS, Task


def crawler_of(task: Task, pool: BrowserPool, queue: RequestQueue) -> PlaywrightCrawler:
    crawler = PlaywrightCrawler(
        browser_pool=pool,
        request_manager=queue,
        max_request_retries=0,
        goto_options={"wait_until": "domcontentloaded"},
        concurrency_settings=concurrency(task),
        navigation_timeout=timedelta(seconds=PAGE_SECONDS),
        request_handler_timeout=timedelta(seconds=PAGE_SECONDS),
    )
    began: dict[str, float] = {}

    @crawler.pre_navigation_hook
    async def before(context: BeforeContext) -> None:
        began[context.request.unique_key] = time.time()
        await context.block_requests()

    @crawler.router.default_handler
    async def handle(context: PlaywrightCrawlingContext) -> None:
        item = item_of(await context.page.evaluate(STATE), context.request.url)
        await context.push_data(item)
        task.note(context.request.url, began.pop(context.request.unique_key))

    @crawler.failed_request_handler
    async def failed(context: PlaywrightCrawlingContext, error: Exception) -> None:
        task.note(context.request.url, began.pop(context.request.unique_key, time.time()), error)

    return crawler


async def main(task: Task) -> None:
    async with opened_pool(task) as pool:
        await crawler_of(task, pool, await queued(task)).run()


if __name__ == "__main__":
    asyncio.run(main(Task.told()))
