"""Archived pages read again by today's layouts, in as many processes as there are cores.

Pure but for the files: records in, readings out, in the order of the records.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from app.archive.reading import read
from app.archive.values import Record, RecordLost
from app.extract import registry
from app.extract.base import ExtractError, Gone, Snapshot
from app.items import OfferItem
from app.refs import OfferRef
from app.store.content import fingerprints

CHUNK = 32
"""Records that a process reads at a time."""
AHEAD = 3
"""Chunks a process has before it: it never waits, and nothing piles up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A record to read again."""

    record: Record
    stored: tuple[str, str] | None = None
    """Fingerprints of what is stored: an item that has them is not sent back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a page yields no item today."""

    type: str
    rule: str | None
    field: str | None
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a page says today: one of the following, or nothing new."""

    record: Record
    item: OfferItem | None = None
    gone: str | None = None
    """The rule by which the page says that the offer is gone."""
    refusal: Refusal | None = None
    lost: str | None = None
    """Why the record cannot be read."""

    @property
    def is_same(self) -> bool:
        """Whether the page says what is stored."""
        return not (self.item or self.gone or self.refusal or self.lost)


def read_one(folder: Path, page: Page) -> Reading:
    """Read one page again."""
    record = page.record
    try:
        item = registry.read(snapshot_of(folder, record))
    except Gone as error:
        return Reading(record=record, gone=error.rule or "deleted")
    except ExtractError as error:
        told = Refusal(type=error.type, rule=error.rule, field=error.field, message=str(error))
        return Reading(record=record, refusal=told)
    except RecordLost as error:
        return Reading(record=record, lost=str(error))
    is_same = page.stored is not None and fingerprints(item) == page.stored
    return Reading(record=record, item=None if is_same else item)


def snapshot_of(folder: Path, record: Record) -> Snapshot:
    """What extraction may know of an archived page. Raises RecordLost."""
    return Snapshot(
        document=read(folder, record),
        url=OfferRef(offer_id=record.key).url,
        final_url=record.url,
        status=record.status,
    )


Reader = Callable[[Iterable[Page]], Iterator[Reading]]


@contextmanager
def reader(folder: Path, processes: int | None = None) -> Iterator[Reader]:
    """Something that reads pages; with one process it reads in this one."""
    wanted = processes or os.cpu_count() or 1
    if wanted == 1:
        yield partial(map, partial(read_one, folder))
        return
    # not forked: this process has threads and connections to a database
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(wanted, mp_context=context) as pool:
        yield partial(_in_parallel, pool, folder, wanted * AHEAD)


def _in_parallel(
    pool: ProcessPoolExecutor, folder: Path, most: int, pages: Iterable[Page]
) -> Iterator[Reading]:
    begun: deque[Future[list[Reading]]] = deque()
    left = iter(pages)
    try:
        while True:
            while len(begun) < most and (chunk := list(islice(left, CHUNK))):
                begun.append(pool.submit(_read_all, folder, chunk))
            if not begun:
                return
            yield from begun.popleft().result()
    finally:
        for future in begun:
            future.cancel()


def _read_all(folder: Path, pages: Sequence[Page]) -> list[Reading]:
    return [read_one(folder, page) for page in pages]
