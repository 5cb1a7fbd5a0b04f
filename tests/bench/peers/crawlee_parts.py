"""What both programs on Crawlee share: a long queue of requests, kept in memory."""

from crawlee import ConcurrencySettings, Request
from crawlee.storage_clients import MemoryStorageClient
from crawlee.storages import RequestQueue

from tests.bench.task import Task


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


def concurrency(task: Task) -> ConcurrencySettings:
    """Exactly so many at once."""
    most = task.contexts
    return ConcurrencySettings(min_concurrency=most, max_concurrency=most, desired_concurrency=most)
