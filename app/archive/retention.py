"""What the archive forgets: whole files, by age or by size, their rows first.

By age a file goes when every page that is read from it was seen too long ago. By size the oldest go
first, but never one with the last page that was read of an offer that is still there: only its age
takes that.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, exists, func, select

from app import models
from app.archive import files
from app.archive.rows import PAGE, tied_to
from app.models import table
from app.store.engine import transact

OFFER = table(models.Offer)
CHUNK = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Retention:
    """How long and how much is kept; None is for ever, or all."""

    days: float | None = None
    megabytes: int | None = None

    def oldest_original(self, present: datetime) -> datetime | None:
        """A page that was kept before this is kept again: it would hold its file for ever."""
        return None if self.days is None else present - timedelta(days=self.days / 2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropped:
    """A file that is no more."""

    file: str
    size: int
    rows: int
    why: str
    """`age` or `size`."""


def prune(
    engine: Engine, folder: Path, retention: Retention, *, now: datetime | None = None
) -> list[Dropped]:
    """Drop what this machine's folder holds beyond the retention. Raises DatabaseUnavailable.

    A crash between the rows and the file leaves a file without rows, which goes the next time.
    """
    present = now or datetime.now(UTC)
    return [
        *(_by_age(engine, folder, retention, present) if retention.days else ()),
        *(_by_size(engine, folder, retention.megabytes << 20) if retention.megabytes else ()),
    ]


def _by_age(
    engine: Engine, folder: Path, retention: Retention, present: datetime
) -> Iterator[Dropped]:
    assert retention.days is not None
    oldest = present - timedelta(days=retention.days)
    for path in _finished(folder):

        def is_old(conn: Connection, path: Path = path) -> bool:
            newest = conn.scalar(select(func.max(PAGE.c.observed_at)).where(tied_to(path.name)))
            return (newest or _written(path)) < oldest

        yield from _dropped(engine, path, is_old, "age")


def _by_size(engine: Engine, folder: Path, most: int) -> Iterator[Dropped]:
    sizes = {path: path.stat().st_size for path in files.archived(folder)}
    total = sum(sizes.values())
    for path in sorted(_finished(folder), key=_written):
        if total <= most:
            return

        def is_spare(conn: Connection, path: Path = path) -> bool:
            return not _holds_a_last_page(conn, path.name)

        for one in _dropped(engine, path, is_spare, "size"):
            total -= one.size
            yield one


def _finished(folder: Path) -> list[Path]:
    """Files of this machine that nobody writes any more."""
    own = [path for path in files.archived(folder) if files.host_of(path.name) == files.host_name()]
    return [path for path in own if not files.is_being_written(path)]


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _holds_a_last_page(conn: Connection, file: str) -> bool:
    newer = PAGE.alias("newer")
    was_read_again = exists().where(
        newer.c.offer_id == PAGE.c.offer_id,
        newer.c.kind == PAGE.c.kind,
        newer.c.layout.is_not(None),
        newer.c.observed_at > PAGE.c.observed_at,
    )
    is_there = exists().where(OFFER.c.offer_id == PAGE.c.offer_id, OFFER.c.gone.is_(None))
    last = (tied_to(file), PAGE.c.layout.is_not(None), is_there, ~was_read_again)
    return conn.scalar(select(PAGE.c.id).where(*last).limit(1)) is not None


def _dropped(
    engine: Engine, path: Path, may_go: Callable[[Connection], bool], why: str
) -> Iterator[Dropped]:
    def work(conn: Connection) -> int | None:
        # locked first: a revisit of one of these either has its row by now, or finds it gone
        conn.execute(select(PAGE.c.id).where(PAGE.c.file == path.name).with_for_update())
        return _delete(conn, path.name) if may_go(conn) else None

    rows = transact(engine, work)
    if rows is None:
        return
    size = 0
    with suppress(FileNotFoundError):
        size = path.stat().st_size
        path.unlink()
    yield Dropped(file=path.name, size=size, rows=rows, why=why)


def _delete(conn: Connection, file: str) -> int:
    doomed = list(conn.scalars(select(PAGE.c.id).where(tied_to(file)).order_by(PAGE.c.id)))
    for start in range(0, len(doomed), CHUNK):
        conn.execute(delete(PAGE).where(PAGE.c.id.in_(doomed[start : start + CHUNK])))
    return len(doomed)
