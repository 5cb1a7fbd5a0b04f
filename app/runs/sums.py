"""What the items of runs come to, by state; of a closed run it is written down once.

Counting a large run reads its part of an index, about a million items a second. A closed run's
items never change again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, func, insert, select

from app import models
from app.models import table

ITEM, SUM = table(models.RunItem), table(models.RunSum)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """Items of one run by state."""

    offers: Mapping[str, int]
    lists: Mapping[str, int]
    """Pages of its list."""


def write(conn: Connection, run_id: int) -> None:
    """Write down what a run has come to, in the transaction that closes it."""
    conn.execute(insert(SUM).from_select(["run_id", "state", "offers", "lists"], _count([run_id])))


def of_runs(conn: Connection, closed: Iterable[int], alive: Iterable[int]) -> dict[int, Sums]:
    """Of each run. Runs that an older pwsync closed are counted, as those alive are."""
    written = select(SUM.c.run_id, SUM.c.state, SUM.c.offers, SUM.c.lists)
    found = _by_run(conn.execute(written.where(SUM.c.run_id.in_(list(closed)))))
    if left := [run_id for run_id in (*closed, *alive) if run_id not in found]:
        found |= {run_id: Sums(offers={}, lists={}) for run_id in left}
        found |= _by_run(conn.execute(_count(left)))
    return found


def _count(run_ids: Sequence[int]) -> Select[Any]:
    # all of it is in the index by state: with `kind` every row would be read
    offers, pages = (
        func.coalesce(func.sum(case((where, 1), else_=0)), 0)
        for where in (ITEM.c.position >= 0, ITEM.c.position < 0)
    )
    query = select(ITEM.c.run_id, ITEM.c.state, offers, pages)
    return query.where(ITEM.c.run_id.in_(run_ids)).group_by(ITEM.c.run_id, ITEM.c.state)


def _by_run(rows: Iterable[Any]) -> dict[int, Sums]:
    found: dict[int, tuple[dict[str, int], dict[str, int]]] = {}
    for run_id, state, *numbers in rows:
        for by_state, number in zip(found.setdefault(run_id, ({}, {})), numbers, strict=True):
            by_state.update({state: int(number)} if number else {})
    return {run_id: Sums(offers=offers, lists=lists) for run_id, (offers, lists) in found.items()}
