"""An export from its request to the finished file: select, write page by page, note it in the book.

    export(engine, request)     one consistent picture of the database -> file -> mark moved

Memory does not grow with the number of offers, but for twelve bytes each. The mark moves after the
file is finished: who is killed in between exports some offers twice, and loses none.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine

from app.export.base import Format, Wanted
from app.export.columns import Columns
from app.export.marks import Finished, is_new_to, note
from app.export.pictures import Thumbs, no_thumbs
from app.export.target import opened
from app.export.values import ExportError, Per, Pricing, Record, Sink, Writer, Written
from app.filters.search import all_ids
from app.filters.values import Query
from app.store.engine import reading, transact
from app.store.offers import load_many

PAGE = 100
"""Offers that are held at once."""

Progress = Callable[[int, int], None]
"""Called with how many offers of how many are written."""


class ExportTorn(ExportError):
    """The file does not hold what was selected; it was thrown away."""


AS_IT_IS = Pricing()


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What a person wants exported."""

    format: Format
    columns: Columns
    query: Query
    target: str
    """A path, or `-`."""
    mark: str | None = None
    """Only what this mark has not had; and it has had it then."""
    limit: int | None = None
    pricing: Pricing = AS_IT_IS
    overwrite: bool = False
    thumbs: Thumbs = no_thumbs
    noted: str | None = None
    """What the book names instead of the target, where that is of no use afterwards."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What an export came to."""

    export_id: int
    offers: int
    rows: int
    left_out: int


def export(engine: Engine, request: Request, progress: Progress = lambda *_: None) -> Report:
    """Write what was asked for and note it in the book.

    Raises ExportError, DatabaseUnavailable; nothing is left behind then, and no mark moved.
    """
    needs_file = request.format.needs_file
    with (
        reading(engine) as conn,
        opened(request.target, overwrite=request.overwrite, needs_file=needs_file) as sink,
    ):
        ids = _selected(conn, request)
        written, versions = _write(conn, request, sink, ids, progress)
        _check(ids, versions, written, request)
    done = Finished(
        mark=request.mark,
        format=request.format.name,
        per=str(_per(request)),
        query=str(request.query),
        target=request.noted or request.target,
        offers=len(ids) - written.left_out,
        left_out=written.left_out,
        row_count=written.rows,
    )
    work = partial(note, done=done, offer_ids=ids, versions=versions)
    export_id = transact(engine, work)
    return Report(
        export_id=export_id, offers=done.offers, rows=done.row_count, left_out=done.left_out
    )


def _per(request: Request) -> Per:
    return request.format.per[0] if request.format.has_own_columns else request.columns.per


def _selected(conn: Connection, request: Request) -> "array[int]":
    also = None if request.mark is None else is_new_to(request.mark)
    return all_ids(conn, request.query, also=also)[: request.limit]


def _write(
    conn: Connection,
    request: Request,
    sink: Sink,
    ids: "array[int]",
    progress: Progress,
) -> tuple[Written, "array[int]"]:
    wanted = Wanted(columns=request.columns, pricing=request.pricing)
    writer: Writer = request.format.open(sink, wanted)
    rows, left_out, versions = 0, 0, array("I")
    progress(0, len(ids))
    for page in _pages(conn, request, ids):
        written = writer.write(page)
        rows, left_out = rows + written.rows, left_out + written.left_out
        versions.extend(record.stored.version for record in page)
        progress(len(versions), len(ids))
    writer.close()
    return Written(rows=rows, left_out=left_out), versions


def _pages(conn: Connection, request: Request, ids: "array[int]") -> Iterator[list[Record]]:
    for start in range(0, len(ids), PAGE):
        keys = [str(each) for each in ids[start : start + PAGE]]
        thumbs = request.thumbs(conn, keys)
        yield [Record(stored=stored, thumbs=thumbs) for stored in load_many(conn, keys)]


def _check(ids: "array[int]", versions: "array[int]", written: Written, request: Request) -> None:
    """The file holds what the selection says: a row an offer, or at least one each."""
    offers = len(ids) - written.left_out
    exact = _per(request) is Per.OFFER
    if len(versions) != len(ids) or written.rows < offers or (exact and written.rows != offers):
        raise ExportTorn(
            f"{len(ids):,} offers were selected, {len(versions):,} read and "
            f"{written.rows:,} rows written; the file was thrown away"
        )
