"""The book of exports: what each mark has had, by version; each in the caller's transaction.

Versions, not times: an offer that was loaded before an export but stored after it would be lost to
a watermark.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, exists, insert, select

from app import models
from app.filters.fields import FACET
from app.models import table
from app.store.clock import now
from app.store.offers import OFFER
from app.store.upsert import upsert

RUN, HAD = table(models.ExportRun), table(models.ExportOffer)
PORTION = 1000


def is_new_to(mark: str) -> ColumnElement[bool]:
    """Of a facet: whether the mark has not had its offer as it is now."""
    same = (
        select(HAD.c.offer_id)
        .join(OFFER, OFFER.c.offer_id == HAD.c.offer_id)
        .where(HAD.c.mark == mark, HAD.c.offer_id == FACET.c.offer_id)
        .where(HAD.c.version == OFFER.c.version)
    )
    return ~exists(same)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """What is noted of an export whose file is finished."""

    mark: str | None
    format: str
    per: str
    query: str
    target: str
    offers: int
    left_out: int
    row_count: int


def note(conn: Connection, done: Finished, offer_ids: "array[int]", versions: "array[int]") -> int:
    """Write an export into the book and move its mark; the number of the export."""
    row = {name: getattr(done, name) for name in Finished.__dataclass_fields__}
    written = conn.execute(insert(RUN).values(row | {"finished_at": now()}))
    key: Sequence[Any] = written.inserted_primary_key or (0,)
    export_id = int(key[0])
    if done.mark is not None:
        for portion in _portions(done.mark, export_id, offer_ids, versions):
            upsert(conn, HAD, portion)
    return export_id


def _portions(
    mark: str, export_id: int, offer_ids: "array[int]", versions: "array[int]"
) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(offer_ids), PORTION):
        part = slice(start, start + PORTION)
        yield [
            {"mark": mark, "offer_id": offer_id, "version": version, "export_id": export_id}
            for offer_id, version in zip(offer_ids[part], versions[part], strict=True)
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """An export as the book has it."""

    id: int
    mark: str | None
    format: str
    per: str
    query: str
    target: str
    offers: int
    left_out: int
    row_count: int
    finished_at: datetime


def recent(conn: Connection, limit: int = 20) -> list[Export]:
    """The latest exports, newest first."""
    rows = conn.execute(select(RUN).order_by(RUN.c.id.desc()).limit(limit)).mappings()
    return [Export(**row) for row in rows]


class Given(NamedTuple):
    """The last time that a mark had an offer."""

    mark: str
    version: int
    """Of the offer, as it was given then."""
    export: Export


def exports_of(conn: Connection, offer_id: str) -> list[Given]:
    """The last export of an offer under each mark; those without a mark remember no offers."""
    query = (
        select(HAD.c.mark.label("had_by"), HAD.c.version.label("had_version"), *RUN.c)
        .join(RUN, RUN.c.id == HAD.c.export_id)
        .where(HAD.c.offer_id == offer_id)
        .order_by(RUN.c.id)
    )
    found = []
    for row in conn.execute(query).mappings():
        export = Export(**{name: row[name] for name in Export.__dataclass_fields__})
        found.append(Given(row["had_by"], row["had_version"], export))
    return found
