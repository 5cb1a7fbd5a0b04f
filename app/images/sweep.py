"""Deleting what no offer shows any more: addresses, pictures, files; counted first.

Rows go before their files, so that whatever interrupts it leaves files without rows at worst, and
the next sweep finds those. What was written in the last hour may still get its row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, Engine

from app.images import holdings, rows
from app.images.files import YOUNG_SECONDS, Kept, Shelf
from app.images.rows import Known
from app.store.engine import consult, transact

T = TypeVar("T")

BATCH = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Rubbish:
    """How much belongs to nothing."""

    sources: int = 0
    """Addresses that no offer shows."""
    pictures: int = 0
    files: int = 0
    bytes: int = 0

    def __bool__(self) -> bool:
        return bool(self.sources or self.pictures or self.files)


def count(engine: Engine, shelf: Shelf) -> Rubbish:
    """What `sweep` would delete now. Raises DatabaseUnavailable."""
    unused = list(_unused(engine))
    lost = list(_orphans(engine, shelf))
    sizes = [size for one in unused for _, size, _ in one.files()] + [kept.size for kept in lost]
    return Rubbish(
        sources=consult(engine, holdings.count_unused_sources),
        pictures=len(unused),
        files=len(sizes),
        bytes=sum(sizes),
    )


def sweep(engine: Engine, shelf: Shelf) -> Rubbish:
    """Delete it; what was deleted. Raises DatabaseUnavailable, OSError."""
    done = Rubbish(sources=_drop_sources(engine))
    for batch in _batches(_unused(engine)):
        done = _drop_pictures(engine, shelf, batch, done)
    for kept in _orphans(engine, shelf):
        shelf.drop(kept.path)
        done = replace(done, files=done.files + 1, bytes=done.bytes + kept.size)
    return done


def _drop_sources(engine: Engine) -> int:
    def some(conn: Connection) -> int:
        keys = holdings.unused_sources(conn, BATCH)
        holdings.drop_sources(conn, keys)
        return len(keys)

    dropped = 0
    while number := transact(engine, some):
        dropped += number
    return dropped


def _drop_pictures(engine: Engine, shelf: Shelf, batch: list[Known], done: Rubbish) -> Rubbish:
    digests = [one.sha256 for one in batch]
    gone = set(transact(engine, partial(holdings.drop_pictures, sha256=digests)))
    # somebody may have fetched one of them anew since, and needs the files
    gone -= {one for one in gone if consult(engine, partial(rows.known, sha256=one))}
    files = [each for one in batch if one.sha256 in gone for each in one.files()]
    for path, _, _ in files:
        shelf.drop(path)
    return replace(
        done,
        pictures=done.pictures + len(gone),
        files=done.files + len(files),
        bytes=done.bytes + sum(size for _, size, _ in files),
    )


def _unused(engine: Engine) -> Iterator[Known]:
    last = ""
    while page := consult(engine, partial(holdings.unused_pictures, count=BATCH, after=last)):
        yield from page
        last = page[-1].sha256


def _orphans(engine: Engine, shelf: Shelf) -> Iterator[Kept]:
    """Files that no row names and nobody is about to."""
    for batch in _batches(shelf.walk()):
        digests = {kept.sha256 for kept in batch}
        named = consult(engine, partial(holdings.recorded, sha256=digests))
        yield from (kept for kept in batch if kept.path not in named and kept.age > YOUNG_SECONDS)
    yield from shelf.leftovers()


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, BATCH)):
        yield batch
