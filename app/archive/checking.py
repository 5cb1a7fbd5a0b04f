"""Whether the archive's files hold what its index says: rule I21 of the audit."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, select

from app.archive import files
from app.archive.reading import lost
from app.archive.rows import PAGE, record_of, records
from app.archive.values import Record
from app.store.engine import consult

SENTENCE = "a row of the archive has its record, and the record its payload"
EXAMPLES = 50
CHUNK = 500
_SHARE = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")


class BadShare(ValueError):
    """A share of the records that is no share."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """The n-th of t parts of all records: t checks on t days see all of them once."""

    number: int = 1
    parts: int = 1

    @classmethod
    def of(cls, text: str) -> "Share":
        """`3/30`. Raises BadShare."""
        found = _SHARE.fullmatch(text)
        if not found or int(found[1]) > int(found[2]):
            raise BadShare(f"{text} is no share; write n/t, as 1/10 for the first tenth")
        return cls(number=int(found[1]), parts=int(found[2]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A row without its record."""

    record: Record
    why: str

    def __str__(self) -> str:
        one = self.record
        return f"I21 run {one.run_id}, offer {one.key}: {SENTENCE}; {self.why}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a check came to."""

    read: int = 0
    elsewhere: int = 0
    """Records in files of other machines that are not in this folder."""
    wrong: tuple[Wrong, ...] = ()


def check(
    engine: Engine, folder: Path, share: Share | None = None, run_id: int | None = None
) -> Found:
    """Read every record of the share that this machine has. Raises DatabaseUnavailable."""
    part = share or Share()
    wanted = [PAGE.c.id % part.parts == part.number - 1]
    wanted += [] if run_id is None else [PAGE.c.run_id == run_id]
    seen = elsewhere = 0
    wrong: list[Wrong] = []
    for chunk in _chunks(engine, wanted):
        here = [record for record in chunk if not _is_elsewhere(folder, record)]
        seen, elsewhere = seen + len(here), elsewhere + len(chunk) - len(here)
        faults = [Wrong(record=record, why=why) for record, why in lost(folder, here)]
        wrong += _still_true(engine, faults)
    return Found(read=seen, elsewhere=elsewhere, wrong=tuple(wrong[:EXAMPLES]))


def _chunks(engine: Engine, wanted: Sequence[Any]) -> Iterator[list[Record]]:
    last = 0
    while True:
        query = records(PAGE.c.id > last, *wanted).order_by(PAGE.c.id).limit(CHUNK)
        rows = consult(engine, partial(_all, query=query))
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _all(conn: Connection, query: Select[Any]) -> list[Record]:
    return [record_of(row) for row in conn.execute(query)]


def _is_elsewhere(folder: Path, record: Record) -> bool:
    file = record.place.file
    return files.host_of(file) != files.host_name() and not (folder / file).exists()


def _still_true(engine: Engine, faults: list[Wrong]) -> list[Wrong]:
    """Those whose rows are there yet: a file that was dropped meanwhile took its rows along."""
    if not faults:
        return []
    query = select(PAGE.c.id).where(PAGE.c.id.in_([fault.record.id for fault in faults]))
    there = set(consult(engine, lambda conn: list(conn.scalars(query))))
    return [fault for fault in faults if fault.record.id in there]
