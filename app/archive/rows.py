"""The archive's index: which claim loaded what, and where it lies. In the caller's transaction.

A row is written with the item it belongs to; a record without one is a try that never ended, or a
page that was dropped: harmless. A row without its record is not, and the audit says so.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select

from app import models
from app.archive.values import Document, Kept, Kind, Original, Place, Record
from app.models import table

PAGE = table(models.PageRecord)
FIRST = PAGE.alias("first")
"""The row whose payload a revisit repeats."""

_OWN = ("id", "key", "run_id", "token", "url", "status", "layout", "sha256", "size", "revisit_of")


def original_of(
    conn: Connection, document: Document, sha256: str, *, since: datetime | None
) -> Original | None:
    """A record of the same offer with the same payload, not older than `since`."""
    query = select(PAGE.c.id, PAGE.c.url, PAGE.c.observed_at).where(
        PAGE.c.offer_id == document.key,
        PAGE.c.kind == str(document.kind),
        PAGE.c.sha256 == sha256,
        PAGE.c.revisit_of.is_(None),
        *([] if since is None else [PAGE.c.observed_at >= since]),
    )
    row = conn.execute(query.order_by(PAGE.c.id.desc()).limit(1)).first()
    return row and Original(id=row.id, url=row.url, observed_at=row.observed_at)


def wait_for_disk(kept: Sequence[Kept]) -> None:
    """Until the records outlast the machine: before the transaction that gives them rows.

    Raises ArchiveUnwritable.
    """
    for one in kept:
        one.safe.result()


def note(conn: Connection, kept: Sequence[Kept], *, layout: str | None = None) -> None:
    """Write the rows of records that are on the disk; `layout` read the last of them.

    A revisit whose original was dropped meanwhile repeats nothing any more: it gets no row.
    """
    for one in kept:
        assert one.safe.done(), "a row may not outlive its record"
        if one.original is None or not _is_dropped(conn, one.original.id):
            read_by = layout if one is kept[-1] else None
            conn.execute(insert(PAGE).values(_row(one) | {"layout": read_by}))


def _row(kept: Kept) -> dict[str, Any]:
    document, place = kept.document, kept.place
    return {
        "kind": str(document.kind),
        "offer_id": document.key,
        "run_id": document.run_id,
        "token": document.token,
        "file": place.file,
        "offset": place.offset,
        "length": place.length,
        "size": len(document.payload),
        "sha256": kept.sha256,
        "revisit_of": kept.original and kept.original.id,
        "url": document.url,
        "status": document.status,
        "observed_at": document.observed_at,
    }


def _is_dropped(conn: Connection, row_id: int) -> bool:
    # locked: whoever drops the original waits for us, and finds our row
    query = select(PAGE.c.id).where(PAGE.c.id == row_id).with_for_update()
    return conn.scalar(query) is None


def records(*where: Any) -> Select[Any]:
    """A query of records that meet the conditions on PAGE, each with its payload's place."""
    place = {name: func.coalesce(FIRST.c[name], PAGE.c[name]) for name in Place.__slots__}
    own = [PAGE.c.offer_id if name == "key" else PAGE.c[name] for name in _OWN]
    joined = PAGE.join(FIRST, FIRST.c.id == PAGE.c.revisit_of, isouter=True)
    columns: list[Any] = [*own, PAGE.c.kind, PAGE.c.observed_at]
    columns += [column.label(f"place_{name}") for name, column in place.items()]
    return select(*columns).select_from(joined).where(*where)


def record_of(row: Any) -> Record:
    """A row of that query."""
    *own, kind, observed_at, file, offset, length = row
    return Record(
        kind=Kind(kind),
        observed_at=observed_at,
        place=Place(file=file, offset=offset, length=length),
        **dict(zip(_OWN, own, strict=True)),
    )


def of_claim(conn: Connection, run_id: int, key: str) -> Sequence[Record]:
    """What a run loaded for an item, in the order of its tries."""
    query = records(PAGE.c.run_id == run_id, PAGE.c.offer_id == key).order_by(PAGE.c.id)
    return [record_of(row) for row in conn.execute(query)]


def tied_to(file: str) -> Any:
    """The condition of rows that go with a file: whose record or whose payload lies in it."""
    inside = select(PAGE.c.id).where(PAGE.c.file == file)
    return or_(PAGE.c.file == file, PAGE.c.revisit_of.in_(inside))
