"""Offers as a file that is made while its reader waits: a selection, or what a filter finds."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from app.export.columns import usual, with_picture
from app.export.pictures import no_thumbs, thumbs_in
from app.export.registry import format_of
from app.export.values import Per
from app.export.work import Request, export
from app.filters.search import MOST_COUNTED, count
from app.filters.values import Comparison, Op, Query
from app.services.desk import Desk
from app.store.engine import reading

KINDS: Mapping[str, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
"""Formats that can be had so, and what they are."""
MOST = MOST_COUNTED - 1
"""Offers of one file; more are an export's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """A finished file."""

    name: str
    kind: str
    content: bytes


def only(offer_ids: Sequence[str]) -> Query:
    """The question for these offers, and no others. Raises ArithmeticError for what is no id."""
    return Comparison(field="id", op=Op.IS, values=tuple(map(Decimal, offer_ids)))


def size(desk: Desk, query: Query) -> int:
    """How many offers a file would hold, counted up to 1,000."""
    with reading(desk.engine) as conn:
        return count(conn, query)


def download(desk: Desk, form: str, query: Query, *, by: str) -> Download:
    """The file. `form`: one of KINDS; `by`: who wants it. Raises ExportError."""
    chosen = format_of(form)
    columns = usual(Per.OFFER)
    folder = desk.shelf.folder
    with tempfile.TemporaryDirectory(prefix="pwsync-download-") as scratch:
        target = Path(scratch) / f"offers{chosen.suffix}"
        request = Request(
            format=chosen,
            columns=with_picture(columns) if chosen.shows_pictures else columns,
            query=query,
            target=str(target),
            noted=f"download by {by}",
            limit=MOST,
            thumbs=thumbs_in(folder) if folder.is_dir() else no_thumbs,
        )
        export(desk.engine, request)
        return Download(name=target.name, kind=KINDS[form], content=target.read_bytes())
