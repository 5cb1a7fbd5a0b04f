"""The picture of a run now: how many offers stand where, what is due next, why they ended so.

Cheap enough to ask every second; the audit is what checks the books.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from app import models
from app.models import table
from app.runs import sums
from app.runs.outcomes import BAD, CLOSED, LEASED, QUEUED, STORED, ItemKind, Outcome
from app.runs.states import Run, latest_runs, run_of
from app.store.clock import now
from app.store.engine import reading

ITEM = table(models.RunItem)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Offers of a run by state. `planned == queued + leased + sum of outcomes`, always."""

    run: Run
    by_state: Mapping[str, int]
    lists: Mapping[str, int] = field(default_factory=dict)
    """Pages of the run's list by state."""

    @property
    def planned(self) -> int:
        return self.run.expected

    @property
    def label(self) -> str:
        """What the run is about; of a list also how far it has been read."""
        run = self.run
        if not run.list_pages:
            return run.label
        told = f" of {run.list_total:,}" if run.list_total is not None else ""
        read = self.lists.get(Outcome.LISTED, 0)
        return f"{run.label}: page {read:,}, {run.expected:,}{told} found"

    @property
    def queued(self) -> int:
        return self.by_state.get(QUEUED, 0)

    @property
    def leased(self) -> int:
        return self.by_state.get(LEASED, 0)

    @property
    def finished(self) -> int:
        """Offers with an outcome."""
        return sum(self.by_state.get(outcome, 0) for outcome in Outcome)

    @property
    def stored(self) -> int:
        return sum(self.by_state.get(outcome, 0) for outcome in STORED)

    @property
    def bad(self) -> int:
        """Offers and list pages for which a finished run does not leave with 0."""
        found = (self.by_state, self.lists)
        return sum(each.get(outcome, 0) for each in found for outcome in BAD)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Items that share a state and the reason for it."""

    state: str
    reason: str
    count: int


def counts(engine: Engine, run_id: int) -> Counts:
    """How a run stands. Raises RunUnknown, DatabaseUnavailable."""
    with reading(engine) as conn:
        return counts_of(conn, run_id)


def counts_of(conn: Connection, run_id: int) -> Counts:
    """How a run stands, within the caller's picture of the database."""
    return _counts(conn, [run_of(conn, run_id)])[0]


def latest_counts(engine: Engine, limit: int) -> list[Counts]:
    """How the latest runs stand, newest first, all in one picture. Raises DatabaseUnavailable."""
    with reading(engine) as conn:
        return _counts(conn, latest_runs(conn, limit))


def _counts(conn: Connection, runs: Sequence[Run]) -> list[Counts]:
    closed = [run.id for run in runs if run.state in CLOSED]
    found = sums.of_runs(conn, closed, [run.id for run in runs if run.state not in CLOSED])
    return [
        Counts(run=run, by_state=found[run.id].offers, lists=found[run.id].lists) for run in runs
    ]


def next_due(engine: Engine, run_id: int) -> float | None:
    """Seconds until an item can be claimed: queued and due, or its lease over; 0 if now.

    None when nothing is left. A paused or parked run's items are due, but not handed out.
    """
    with reading(engine) as conn:
        moments = [
            conn.scalar(select(func.min(column)).where(*_in_state(run_id, state)))
            for state, column in ((QUEUED, ITEM.c.not_before), (LEASED, ITEM.c.lease_until))
        ]
        present = conn.scalar(select(now()))
    waits = [(moment - present).total_seconds() for moment in moments if moment is not None]
    return max(0.0, min(waits)) if waits else None


def reasons(engine: Engine, run_id: int, *, limit: int = 20) -> list[Reason]:
    """Why items were not stored, the most frequent first."""
    number = func.count()
    query = (
        select(ITEM.c.state, ITEM.c.reason, number)
        .where(ITEM.c.run_id == run_id, ITEM.c.reason.is_not(None))
        .group_by(ITEM.c.state, ITEM.c.reason)
        .order_by(number.desc(), ITEM.c.state)
        .limit(limit)
    )
    with reading(engine) as conn:
        return [
            Reason(state=state, reason=reason, count=count)
            for state, reason, count in conn.execute(query)
        ]


def _in_state(run_id: int, state: str) -> tuple[Any, Any]:
    return (ITEM.c.run_id == run_id, ITEM.c.state == state)


def offers_with(engine: Engine, run_id: int, states: Sequence[str]) -> list[str]:
    """Ids of a run's offers that stand so, in the order of its input."""
    offers = (ITEM.c.run_id == run_id, ITEM.c.kind == str(ItemKind.OFFER))
    query = (
        select(ITEM.c.offer_id)
        .where(*offers, ITEM.c.state.in_(list(states)))
        .order_by(ITEM.c.position)
    )
    with reading(engine) as conn:
        return [str(offer_id) for offer_id in conn.scalars(query)]
