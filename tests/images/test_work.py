"""Fetching that is stopped at the worst moment: what it claimed is due again at once."""

import asyncio
import threading

import pytest
from sqlalchemy import event

from app.images import rows
from app.images.work import PictureWork
from app.store import offers
from app.store.engine import transact
from tests.samples import item, seen


class Gate:
    """Holds the statement that takes a claim until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, conn, cursor, statement, *_) -> None:
        if statement.startswith("UPDATE image_source") and not self.opened.is_set():
            self.reached.set()
            self.opened.wait(timeout=60)


@pytest.fixture
def gate(engine):
    found = Gate()
    event.listen(engine, "before_cursor_execute", found)
    yield found
    event.remove(engine, "before_cursor_execute", found)


async def test_a_claim_in_the_air_is_given_back(engine, gallery, means, gate):
    def store(conn) -> None:
        offers.save(conn, item("600000000001", pictures=3), seen())
        rows.queue(conn, "600000000001", profile="guest")

    transact(engine, store)
    async with PictureWork(means(gallery)) as work:
        fetching = asyncio.create_task(work.through())
        await asyncio.to_thread(gate.reached.wait, 60)
        fetching.cancel()
        await asyncio.sleep(0)  # the cancellation is on its way before the claim goes on
        gate.opened.set()
        with pytest.raises(asyncio.CancelledError):
            await fetching
    due = transact(engine, lambda conn: rows.claim(conn, 9, lease_seconds=60))
    assert [source.tries for source in due] == [1, 1, 1]
