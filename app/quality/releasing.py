"""Cases of the quarantine: the page of one, and storing it after all, on a person's word.

A page is read again by today's layouts and stored with the rules of `plausible.py` waived. What the
values themselves do not allow, or no layout reads, cannot be released: a layout has to be repaired.
"""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from app.archive import reading, rows
from app.archive.values import Record, RecordLost
from app.extract import registry
from app.extract.base import (
    ExtractError,
    FieldMissing,
    Invalid,
    LayoutUnknown,
    Snapshot,
    Truncated,
)
from app.items import OfferItem
from app.refs import OfferRef
from app.runs.claims import Claim
from app.runs.outcomes import Outcome, Settlement, Skipped, Stored
from app.runs.recording import open_record, record
from app.store import engine as databases
from app.store import offers, quarantine
from app.store.changes import Observation

REFUSALS = (
    *(kind.type for kind in (Invalid, FieldMissing, LayoutUnknown, Truncated)),
    "ValidationError",
    "ValueRefused",
)
"""Types of cases in which nothing was stored."""
KIND = "release"
"""Of the run that stores a released page."""
NEWER = "a newer page of the offer is stored; discard the case"


class CaseUnknown(Exception):
    """There is no such case."""


class NotReleasable(Exception):
    """The page of a case cannot be stored; the message says why and what helps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One refusal, and where its page is."""

    row: Mapping[str, Any]
    record: Record | None
    """In the archive."""
    evidence: Path | None
    """A file that holds this very page; the one that the row names may hold another like it."""


def case_of(engine: Engine, case: int) -> Case:
    """A refusal by its number. Raises CaseUnknown, DatabaseUnavailable."""
    with databases.reading(engine) as conn:
        row = quarantine.find(conn, case)
        if row is None:
            raise CaseUnknown(f"there is no case {case}; `pwsync quarantine list` lists them")
        return Case(row=row, record=_record(conn, row), evidence=_evidence(row))


def _record(conn: Connection, row: Mapping[str, Any]) -> Record | None:
    same = (rows.PAGE.c.offer_id == row["offer_id"], rows.PAGE.c.sha256 == row["digest"])
    query = rows.records(*same).order_by(rows.PAGE.c.observed_at.desc()).limit(1)
    found = conn.execute(query).first()
    return None if found is None else rows.record_of(found)


def _evidence(row: Mapping[str, Any]) -> Path | None:
    path = Path(row["evidence"]) if row["evidence"] else None
    if path is None or not path.is_file():
        return None
    return path if hashlib.sha256(_unpacked(path)).hexdigest() == row["digest"] else None


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def page_of(case: Case, archive: Path) -> Snapshot:
    """The page of a case, from the archive or the evidence. Raises NotReleasable."""
    url = OfferRef(offer_id=case.row["offer_id"]).url
    if case.record:
        try:
            document = reading.read(archive, case.record)
        except RecordLost as error:
            raise NotReleasable(f"its page is lost: {error}") from error
        return Snapshot(
            document=document, url=url, final_url=case.record.url, status=case.record.status
        )
    if case.evidence:
        return Snapshot(document=_unpacked(case.evidence), url=url)
    raise NotReleasable(
        f"its page is not kept any more; `pwsync sync {case.row['offer_id']}` loads it again"
    )


def release(engine: Engine, case: Case, archive: Path, *, owner: str) -> str:
    """Store what the page of a case says; what became of it.

    Raises NotReleasable, DatabaseUnavailable.
    """
    if case.row["type"] == quarantine.DOUBT:
        decide(engine, case, "released")
        return "stored already"
    item, at = _read(case, archive), _seen_at(case)
    with databases.reading(engine) as conn:
        if _is_older(conn, item.offer_id, at):
            raise NotReleasable(NEWER)

    def work(conn: Connection, claim: Claim) -> Settlement:
        if _is_older(conn, item.offer_id, at):
            return Skipped(reason=NEWER)
        seen = Observation(run_id=claim.run_id, token=claim.token, observed_at=at)
        saved = offers.save(conn, item, seen)
        quarantine.decide(conn, case.row["id"], "released")
        return Stored(outcome=Outcome(saved.change))

    label = f"case {case.row['id']}: {case.row['rule']}"
    run = open_record(engine, kind=KIND, label=label, options={"case": case.row["id"]})
    record(engine, run.id, {item.offer_id: work}, owner=owner)
    return f"stored as run {run.id}"


def _is_older(conn: Connection, offer_id: str, at: datetime) -> bool:
    query = select(offers.OFFER.c.observed_at).where(offers.OFFER.c.offer_id == offer_id)
    stored = conn.scalar(query)
    return stored is not None and stored > at


def _read(case: Case, archive: Path) -> OfferItem:
    try:
        return registry.read(page_of(case, archive))
    except ExtractError as error:
        raise NotReleasable(
            f"no layout reads its page: {error.type}: {error}; repair the layout, then release it"
        ) from error


def _seen_at(case: Case) -> datetime:
    at: datetime = case.record.observed_at if case.record else case.row["last_seen_at"]
    return at


def decide(engine: Engine, case: Case, decision: str) -> None:
    """Close a case: `released` or `discarded`. Raises DatabaseUnavailable."""
    databases.transact(engine, lambda conn: quarantine.decide(conn, case.row["id"], decision))
