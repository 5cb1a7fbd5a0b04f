"""No browser at all: what the local 1688 can serve to a plain HTTP client, with the reader."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from tests.bench.reading import item_of
from tests.bench.task import Task


async def work(task: Task, client: httpx.AsyncClient, urls: Iterator[str]) -> None:
    for url in urls:
        parts, began = urlsplit(url), time.time()
        told = await client.get(
            f"https://{task.address}{parts.path}", headers={"Host": parts.netloc}
        )
        task.store(item_of(told.content, url))
        task.note(url, began)


async def main(task: Task) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with httpx.AsyncClient(verify=trusting) as client:
        urls = task.endless()
        await asyncio.gather(*(work(task, client, urls) for _ in range(task.contexts)))


if __name__ == "__main__":
    asyncio.run(main(Task.told()))
