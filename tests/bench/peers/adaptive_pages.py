"""Crawlee's AdaptivePlaywrightCrawler: most pages by plain HTTP, some rendered to see if they differ.

Its HTTP client has to find the local 1688 under the real names: Python's own resolver is told, so
the client is httpx's (the default one resolves by itself). Rendered pages are blocked as
documented. Items go to its dataset, a file each.
"""

import asyncio
import socket
import time
from datetime import timedelta
from typing import Any

from crawlee.browsers import BrowserPool
from crawlee.crawlers import AdaptivePlaywrightCrawler, AdaptivePlaywrightCrawlingContext
from crawlee.crawlers import AdaptivePlaywrightPreNavCrawlingContext as BeforeContext
from crawlee.http_clients import HttpxHttpClient
from crawlee.storages import RequestQueue

from tests.bench.peers.crawlee_parts import concurrency, opened_pool, queued
from tests.bench.reading import item_of
from tests.bench.task import PAGE_SECONDS, Task

SCRIPT = '//script[contains(text(), "window.context")]/text()'


def lead(address: str) -> str:
    """Let every name of the site mean the local 1688; its `:PORT`, for it is asked there."""
    host, _, port = address.partition(":")
    real = socket.getaddrinfo

    def found(name: Any, *rest: Any, **named: Any) -> Any:
        is_site = str(name).endswith(".1688.com")
        return real(host if is_site else name, *rest, **named)

    socket.getaddrinfo = found
    return f":{port}"


def crawler_of(
    task: Task, pool: BrowserPool, queue: RequestQueue
) -> AdaptivePlaywrightCrawler[Any, Any, Any]:
    port = lead(task.address)
    crawler = AdaptivePlaywrightCrawler.with_parsel_static_parser(
        request_manager=queue,
        http_client=HttpxHttpClient(verify=False),
        max_request_retries=0,
        concurrency_settings=concurrency(task),
        request_handler_timeout=timedelta(seconds=PAGE_SECONDS),
        playwright_crawler_specific_kwargs={
            "browser_pool": pool,
            "goto_options": {"wait_until": "domcontentloaded"},
        },
    )
    began: dict[str, float] = {}

    @crawler.pre_navigation_hook
    async def before(context: BeforeContext) -> None:
        began.setdefault(context.request.unique_key, time.time())

    @crawler.pre_navigation_hook(playwright_only=True)
    async def block(context: BeforeContext) -> None:
        await context.block_requests()

    @crawler.router.default_handler
    async def handle(context: AdaptivePlaywrightCrawlingContext) -> None:
        script = context.parsed_content.xpath(SCRIPT).get()
        url = context.request.url.replace(port, "", 1)
        await context.push_data(item_of(f"<script>{script}</script>", url))
        at = began.pop(context.request.unique_key, None)
        if at is not None:  # a page that is looked at both ways is one page
            task.note(url, at)

    @crawler.failed_request_handler
    async def failed(context: AdaptivePlaywrightCrawlingContext, error: Exception) -> None:
        task.note(context.request.url, began.pop(context.request.unique_key, time.time()), error)

    return crawler


async def main(task: Task) -> None:
    queue = await queued(task, f":{task.address.partition(':')[2]}")
    async with opened_pool(task) as pool:
        await crawler_of(task, pool, queue).run()


if __name__ == "__main__":
    asyncio.run(main(Task.told()))
