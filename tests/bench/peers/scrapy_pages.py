"""scrapy-playwright with the blocking that its documentation shows (`PLAYWRIGHT_ABORT_REQUEST`)."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
from playwright.async_api import Request as PlaywrightRequest
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from tests.bench.reading import item_of
from tests.bench.task import PAGE_SECONDS, Task

TASK = Task.told()
HANDLER = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"


def is_needless(request: PlaywrightRequest) -> bool:
    return request.resource_type in {"image", "font", "media"} or ".jpg" in request.url


def settings(task: Task) -> dict[str, Any]:
    return {
        "DOWNLOAD_HANDLERS": {"http": HANDLER, "https": HANDLER},
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {"executable_path": task.engine, "args": task.flags},
        "PLAYWRIGHT_ABORT_REQUEST": is_needless,
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": task.contexts,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": PAGE_SECONDS * 1000,
        "CONCURRENT_REQUESTS": task.contexts,
        "CONCURRENT_REQUESTS_PER_DOMAIN": task.contexts,
        "DOWNLOAD_DELAY": 0,
        "ROBOTSTXT_OBEY": False,
        "RETRY_ENABLED": False,
        "LOG_LEVEL": "ERROR",
        "TELNETCONSOLE_ENABLED": False,
        "FEEDS": {Path(task.folder) / "items.jsonl": {"format": "jsonlines"}},
    }


class Offers(scrapy.Spider):
    name = "offers"

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for url in TASK.plenty():
            yield scrapy.Request(
                url,
                dont_filter=True,
                errback=self.failed,
                meta={
                    "playwright": True,
                    "playwright_page_goto_kwargs": {"wait_until": "domcontentloaded"},
                },
            )

    def parse(self, response: Response, **_: Any) -> dict[str, Any]:
        item = item_of(response.body, response.request.url)
        took = response.meta["download_latency"]
        TASK.note(response.request.url, time.time() - took)
        return item

    def failed(self, failure: Any) -> None:
        took = failure.request.meta.get("download_latency", 0.0)
        TASK.note(failure.request.url, time.time() - took, failure.value)


if __name__ == "__main__":
    running = CrawlerProcess(settings(TASK))
    running.crawl(Offers)
    running.start()
