"""How many pictures a second are made ours on this machine, alone and with their fetching.

    python -m tests.images.measure --offers 40 --benches 1 2 3

The replica draws its pictures on the same processors: its own seconds are told apart. Not a test:
figures mean something on a quiet machine only, so processor seconds stand beside those of the clock.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.images import rows
from app.images.fetch import Fetcher
from app.images.files import Shelf
from app.images.studio import Studio
from app.images.ways import Way
from app.images.work import Means, PictureWork
from app.items import OfferItem
from app.replica.pictures import picture
from app.replica.serve import Replica, running
from app.store import offers
from app.store.engine import open_engine, transact
from app.store.schema import migrate
from tests.samples import seen

PICTURES = 100
_TICKS = os.sysconf("SC_CLK_TCK")


def spent(pids: Sequence[int]) -> float:
    """Processor seconds of these processes."""
    seconds = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / _TICKS
    return seconds


async def develop(benches: int) -> None:
    """Decode, hash, encode and shrink 800 x 800 JPEGs of about 64 kB."""
    originals = [picture(f"/img/ibank/{number}.jpg") for number in range(PICTURES)]
    async with Studio(benches=benches) as studio:
        await asyncio.gather(*(studio.develop(each) for each in originals[:benches]))
        began, used = time.monotonic(), spent(studio.pids)
        await asyncio.gather(*(studio.develop(each) for each in originals))
        seconds, cpu = time.monotonic() - began, spent(studio.pids) - used
    print(  # noqa: T201
        f"develop, {benches} benches: {PICTURES / seconds:.1f}/s, "
        f"{cpu / PICTURES * 1000:.0f} ms of processor each"
    )


async def fetch(site: Replica, folder: Path, benches: int) -> None:
    """From the queue to files and rows, descriptions included."""
    engine = open_engine(f"sqlite:///{folder}/pwsync.db")
    migrate(engine)
    for listed in site.listed():
        told = site.expected(listed["offer_id"])
        if "error" not in told:
            store(
                engine,
                OfferItem.model_validate(told | {"description_images": None, "provenance": {}}),
            )
    host, _, port = site.address.partition(":")

    def open_fetcher(_: str) -> Fetcher:
        return Fetcher(Way(replica=(host, int(port))), user_agent="pwsync measure")

    had = []
    with ThreadPoolExecutor(2) as books:
        async with Studio(benches=benches) as studio:
            means = Means(
                engine=engine, shelf=Shelf(folder=folder / "images"), studio=studio, books=books,
                open_fetcher=open_fetcher,
            )  # fmt: skip
            async with PictureWork(means) as work:
                began = time.monotonic()
                before, drawn = spent([os.getpid()]), spent([site.pid])
                await work.through(tell=had.append)
                seconds = time.monotonic() - began
                cpu = spent([os.getpid()]) - before + spent(studio.pids)
                drawn = spent([site.pid]) - drawn
    engine.dispose()
    print(  # noqa: T201
        f"fetch, {benches} benches: {len(had)} in {seconds:.1f} s, {len(had) / seconds:.1f}/s; "
        f"ours {cpu / len(had) * 1000:.0f} ms of processor each, "
        f"the replica's {drawn / len(had) * 1000:.0f} ms"
    )


def store(engine, item: OfferItem) -> None:
    def work(conn) -> None:
        offers.save(conn, item, seen())
        rows.queue(conn, item.offer_id, profile="guest")

    transact(engine, work)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--offers", type=int, default=40)
    parser.add_argument("--benches", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    for benches in options.benches:
        asyncio.run(develop(benches))
    with running(offers=options.offers, seed=9, padded=False) as site:
        for benches in options.benches:
            with tempfile.TemporaryDirectory() as folder:
                asyncio.run(fetch(site, Path(folder), benches))


if __name__ == "__main__":
    main()
