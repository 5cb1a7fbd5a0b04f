"""Plain Playwright as its documentation begins: a new context and page for each URL.

Pictures are aborted by a route, as it shows, too.
"""

import asyncio
import re
import time
from collections.abc import Iterator

from playwright.async_api import Browser, async_playwright

from tests.bench.reading import STATE, item_of
from tests.bench.task import Task

PICTURES = re.compile(r"\.(png|jpe?g|gif|webp)($|\?|_)")


async def work(task: Task, browser: Browser, urls: Iterator[str]) -> None:
    for url in urls:
        began, error = time.time(), None
        try:
            context = await browser.new_context()
            page = await context.new_page()
            await page.route(PICTURES, lambda route: route.abort())
            await page.goto(url, wait_until="domcontentloaded")
            task.store(item_of(await page.evaluate(STATE), url))
            await context.close()
        except Exception as failure:  # noqa: BLE001 - a failed page is a result
            error = failure
        task.note(url, began, error)


async def main(task: Task) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=task.engine, args=task.flags)
        urls = task.endless()
        await asyncio.gather(*(work(task, browser, urls) for _ in range(task.contexts)))


if __name__ == "__main__":
    asyncio.run(main(Task.told()))
