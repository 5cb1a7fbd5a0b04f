# ruff: noqa: T201
"""How fast pages are kept, and how fast they are read again without a visit.

    python -m tests.archive.measure --pages 10000

Pages are the replica's, at the weight of real ones. First each is scrubbed, archived, read and
stored, as the flow does it; then all of them are read again by as many processes as there are
cores, and a tenth of them are written as if a layout had been repaired. Not a test: figures mean
something on a quiet machine only.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from app.archive.archive import Archive
from app.archive.reading import Wanted
from app.archive.scrub import scrub
from app.reextract.spool import Spool
from app.reextract.survey import survey
from app.reextract.writing import write
from app.replica.cases import Standing
from app.replica.offers import catalog
from app.replica.pages import document as made
from app.runs.audit import audit
from app.runs.states import close_if_finished
from app.store.engine import open_engine, transact
from app.store.schema import migrate
from tests.archive.conftest import Desk, document

_PORTION = 500


@contextmanager
def told(what: str, pages: int) -> Iterator[None]:
    """Print how long something took, by the clock and in CPU seconds of all its processes."""
    began, spent = time.monotonic(), _cpu()
    yield
    seconds, cpu = time.monotonic() - began, _cpu() - spent
    print(f"{what:<44} {seconds:7.1f} s, CPU {cpu:7.1f} s, {cpu / pages * 1000:6.2f} ms a page")


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def keeping(folder: Path, pages: list[bytes]) -> None:
    """What the archive adds to one page: CPU of its thread, and the wait for the disk."""
    engine = open_engine(f"sqlite:///{folder / 'keeping.db'}")
    migrate(engine)
    archive = Archive(folder / "keeping", engine)
    cpu, wall, disk = [], [], []
    for number, page in enumerate(pages):
        began, spent = time.perf_counter(), time.thread_time()
        kept = archive.keep(document(scrub(page), key=str(600_000_000_000 + number)))
        cpu.append(time.thread_time() - spent)
        wall.append(time.perf_counter() - began)
        kept.safe.result()
        disk.append(time.perf_counter() - began)
    archive.close()
    engine.dispose()
    size = sum(path.stat().st_size for path in (folder / "keeping").iterdir())
    print(
        f"{len(pages)} pages of {statistics.mean(map(len, pages)) / 1024:.0f} KB -> "
        f"{size / len(pages) / 1024:.0f} KB; median ms: CPU {ms(cpu)}, until written {ms(wall)}, "
        f"until on the disk {ms(disk)}"
    )


def ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.2f}"


def main() -> None:
    """Measure on a new SQLite database in a folder that goes again."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=10_000)
    options.add_argument("--light", action="store_true", help="pages without the weight of markup")
    options.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = options.parse_args()
    living = (Standing.LIVE, Standing.SOLD_OUT)
    # not all kinds of offers stand: more are drawn than are asked for
    drawn = (one for one in catalog(1, asked.pages * 2) if one.standing in living)
    offers = [one for one, _ in zip(drawn, range(asked.pages), strict=False)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keeping(folder, [made(one, padded=not asked.light) for one in offers[:300]])
        reread(folder, offers, asked)


def reread(folder: Path, offers: list, asked: argparse.Namespace) -> None:
    engine = open_engine(f"sqlite:///{folder / 'pwsync.db'}")
    migrate(engine)
    desk = Desk(engine=engine, folder=folder, archive=Archive(folder / "archive", engine))
    count = len(offers)
    with told(f"{count:,} pages made, archived, read and stored", count):
        for start in range(0, count, _PORTION):
            portion = offers[start : start + _PORTION]
            pages = {str(one.offer_id): made(one, padded=not asked.light) for one in portion}
            close_if_finished(engine, desk.visit(pages))
    desk.archive.close()
    with Spool() as spool:
        with told(f"{count:,} pages read again by {asked.jobs} processes", count):
            found = survey(engine, folder / "archive", Wanted(), spool, processes=asked.jobs)
        assert (found.pages, found.same) == (count, count), found
    spoilt = "UPDATE offer SET content_hash = 'x', unit = NULL WHERE offer_id % 10 = 0"
    transact(engine, lambda conn: conn.execute(text(spoilt)))
    with Spool() as spool:
        with told("the same, a tenth of them to be repaired", count):
            found = survey(engine, folder / "archive", Wanted(), spool, processes=asked.jobs)
        with told(f"{found.different:,} repairs written", max(1, found.different)):
            write(engine, spool, owner="measure", label="measure", options={})
    wrong = audit(engine)
    print("the books balance" if not wrong else wrong[:3])
    engine.dispose()


if __name__ == "__main__":
    main()
