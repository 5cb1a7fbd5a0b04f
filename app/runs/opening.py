"""Opening a run: its input is frozen into rows in one transaction, together with the sums.

A run over a list begins with the list's first page; `listing.py` adds what it brings.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Engine, insert, select

from app import models
from app.models import table
from app.refs import Intake
from app.runs.outcomes import QUEUED, REASON_LENGTH, ItemKind, Outcome, RunState
from app.runs.states import Run, run_of
from app.store.clock import now
from app.store.engine import transact
from app.store.text import storable

RUN, ITEM = table(models.Run), table(models.RunItem)
REJECTED = table(models.RejectedLine)
CHUNK = 2000
"""Rows in one INSERT, well below MySQL's max_allowed_packet."""
LINE_LENGTH = 500
MOST_PAGES = 100_000
"""More than any list has; its pages' positions are negative."""

Values = dict[str, Any]


def open_run(
    engine: Engine,
    intake: Intake,
    *,
    kind: str,
    label: str = "",
    options: Mapping[str, Any] | None = None,
    attempts: int = 3,
    skip: Mapping[str, str] | None = None,
) -> Run:
    """Write a run and all its items; nothing of it is seen before all of it is there.

    `skip` names offers that are settled as `skipped` at once, each with its reason. Raises
    DatabaseUnavailable.
    """

    def work(conn: Connection) -> Run:
        return write_run(
            conn,
            intake,
            kind=kind,
            label=label,
            options=options,
            attempts=attempts,
            skip=skip,
        )

    return transact(engine, work)


def write_run(
    conn: Connection,
    intake: Intake,
    *,
    kind: str,
    label: str = "",
    options: Mapping[str, Any] | None = None,
    attempts: int = 3,
    skip: Mapping[str, str] | None = None,
    list_pages: int = 0,
) -> Run:
    """The same within the caller's transaction, together with what else belongs to it."""
    run: Values = {
        "kind": kind,
        "label": label,
        "options": dict(options or {}),
        "state": str(RunState.OPEN),
        "attempts": attempts,
        "expected": len(intake.accepted),
        "list_pages": list_pages,
        "lines_read": intake.lines,
        "duplicates": len(intake.duplicates),
        "rejected": len(intake.rejected),
    }
    opened = conn.scalar(select(now()))
    written = conn.execute(insert(RUN).values(run | {"created_at": opened}))
    run_id = int(cast("Sequence[Any]", written.inserted_primary_key)[0])
    for chunk in chunks(
        [{**row, "not_before": opened} for row in _items(run_id, intake, skip or {})]
    ):
        conn.execute(insert(ITEM), chunk)
    for chunk in chunks([{"run_id": run_id} | row for row in _rejects(intake)]):
        conn.execute(insert(REJECTED), chunk)
    return run_of(conn, run_id)


def open_list_run(
    engine: Engine,
    *,
    kind: str,
    label: str,
    options: Mapping[str, Any],
    attempts: int = 3,
) -> Run:
    """Write a run whose offers a list is to bring (`options["list"]` names it).

    It begins with one item, the list's first page. Raises DatabaseUnavailable.
    """

    def work(conn: Connection) -> Run:
        return write_list_run(conn, kind=kind, label=label, options=options, attempts=attempts)

    return transact(engine, work)


def write_list_run(
    conn: Connection, *, kind: str, label: str, options: Mapping[str, Any], attempts: int = 3
) -> Run:
    """The same within the caller's transaction."""
    run = write_run(
        conn, Intake(), kind=kind, label=label, options=options, attempts=attempts, list_pages=1
    )
    conn.execute(insert(ITEM).values(list_item(run.id, 1) | {"not_before": now()}))
    return run


def list_item(run_id: int, page: int) -> Values:
    """The row of a list page that nobody has claimed yet; pages come before all offers."""
    return _item(run_id, str(page), ItemKind.LIST, position=page - MOST_PAGES)


def offer_item(run_id: int, offer_id: str, position: int) -> Values:
    """The row of an offer that nobody has claimed yet."""
    return _item(run_id, offer_id, ItemKind.OFFER, position=position)


def _item(run_id: int, key: str, kind: ItemKind, *, position: int) -> Values:
    return {
        "run_id": run_id,
        "offer_id": key,
        "kind": str(kind),
        "position": position,
        "mentions": 1,
        "state": QUEUED,
        "reason": None,
        "attempt": 0,
        "charges": 0,
        "excused": 0,
        "token": 0,
    }


def _items(run_id: int, intake: Intake, skip: Mapping[str, str]) -> Iterator[Values]:
    again = Counter(ref.offer_id for ref in intake.duplicates)
    for position, ref in enumerate(intake.accepted):
        reason = skip.get(ref.offer_id)
        yield offer_item(run_id, ref.offer_id, position) | {
            "mentions": 1 + again[ref.offer_id],
            "state": QUEUED if reason is None else str(Outcome.SKIPPED),
            "reason": reason and storable(reason, REASON_LENGTH),
        }


def _rejects(intake: Intake) -> Iterator[Values]:
    for position, each in enumerate(intake.rejected):
        yield {
            "position": position,
            "line": each.line,
            "text": storable(each.text, LINE_LENGTH),
            "reason": storable(each.reason, REASON_LENGTH),
        }


def chunks(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    """Rows in portions that one statement may carry."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
