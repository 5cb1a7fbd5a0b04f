"""A database as some rounds of syncs leave it, from the replica's generator and without a browser.

    fill(engine, 10_000)             a run over 10,000 offers of the local 1688; the audit is clean
    fill(engine, 10_000, epoch=2)    one more: about a third of the offers has changed

    copy(filled, empty, times=10)    all rows into another database, in bulk

As a program: `python -m tests.filled URL [OFFERS [ROUNDS]]`, or to copy
`python -m tests.filled URL FROM_URL [TIMES]`.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, Engine, Table, insert, select, text, update

from app import models
from app.items import OfferItem
from app.models import table
from app.refs import Intake, OfferRef
from app.replica.expected import expected
from app.replica.offers import offer
from app.runs import sums
from app.runs.opening import open_run
from app.store.engine import open_engine, reading, transact
from app.store.offers import Observation, mark_gone, save
from app.store.schema import migrate

PORTION = 200
"""Offers of one transaction; one each, as in a sync, would take ten times as long."""
BULK = 5_000
"""Rows of one transaction of a copy."""
APART = 10**12
"""Between an offer's id and that of its copy; ids have twelve digits."""
OFFER_IDS = ("offer_id", "other_id")
COUNTED = ("expected", "lines_read", "offers")
"""What a run tells of its number of offers."""
BEGAN = datetime(2026, 3, 1, 8, tzinfo=UTC)
RUN, ITEM, ATTEMPT = (table(each) for each in (models.Run, models.RunItem, models.Attempt))


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """What a run over the generator's offers came to."""

    run_id: int
    offer_ids: tuple[str, ...]
    """All that were asked for, in order."""
    outcomes: Counter


def items(count: int, *, seed: int = 9, epoch: int = 1, first: int = 0):
    """(offer id, its item or the rule by which it is gone), made up one by one."""
    for index in range(first, first + count):
        made = offer(seed, index, epoch=epoch)
        told = expected(made)
        if "error" in told:
            yield made.offer_id, told["error"]["rule"]
        else:
            yield made.offer_id, OfferItem.model_validate(told | {"provenance": {}})


def fill(
    engine: Engine, count: int, *, seed: int = 9, epoch: int = 1, at: datetime | None = None
) -> Round:
    """Store the offers as a run would that met no fault; a day lies between two epochs."""
    began = at or BEGAN + timedelta(days=epoch - 1)
    found = list(items(count, seed=seed, epoch=epoch))
    refs = tuple(OfferRef(offer_id=offer_id) for offer_id, _ in found)
    run = open_run(engine, Intake(accepted=refs), kind="sync", label=f"round {epoch}")
    outcomes = Counter()
    for start in range(0, count, PORTION):
        part = list(enumerate(found))[start : start + PORTION]
        settled = transact(engine, partial(_store, run_id=run.id, part=part, began=began))
        outcomes.update(settled)
    closed = {"state": "done", "closed_at": began + timedelta(seconds=count)}
    transact(engine, lambda conn: _close(conn, run.id, closed))
    return Round(run_id=run.id, offer_ids=tuple(each for each, _ in found), outcomes=outcomes)


def _store(conn: Connection, *, run_id: int, part: list, began: datetime) -> list[str]:
    words = []
    for place, (offer_id, told) in part:
        at = began + timedelta(seconds=place)
        seen = Observation(run_id=run_id, token=1, observed_at=at)
        if isinstance(told, OfferItem):
            word, reason = str(save(conn, told, seen).change), None
        else:
            mark_gone(conn, offer_id, told, seen)
            word, reason = "gone", told
        words.append(word)
        _settle(conn, seen, offer_id, {"word": word, "reason": reason})
    return words


def _close(conn: Connection, run_id: int, closed: dict) -> None:
    conn.execute(update(RUN).where(RUN.c.id == run_id), closed)
    sums.write(conn, run_id)


def _settle(conn: Connection, seen: Observation, offer_id: str, told: dict) -> None:
    own = (ITEM.c.run_id == seen.run_id, ITEM.c.offer_id == offer_id)
    ended = {"state": told["word"], "reason": told["reason"], "attempt": 1, "token": 1}
    conn.execute(update(ITEM).where(*own), ended)
    row = {"run_id": seen.run_id, "offer_id": offer_id, "attempt": 1, "token": 1, "owner": "filled"}
    row |= {"started_at": seen.observed_at, "ended_at": seen.observed_at}
    conn.execute(insert(ATTEMPT), row | {"ending": told["word"], "reason": told["reason"]})


def copy(filled: Engine, empty: Engine, times: int = 1) -> int:
    """Every row of a database into a migrated empty one; how many that were.

    With `times`, each offer and all that is told of it comes as often, under new ids: a hundred
    thousand offers in minutes, and as many are found by a word as if each had been made up.
    """
    copied = 0
    for each in models.Row.metadata.sorted_tables:
        with reading(filled) as conn:
            found = conn.execution_options(yield_per=BULK).execute(select(each)).mappings()
            for rows in found.partitions():
                for turn in range(times if "offer_id" in each.primary_key.columns else 1):
                    more = [_renamed(row, turn, times) for row in rows]
                    transact(empty, partial(_insert, target=each, rows=more))
                    copied += len(more)
    return copied


def _renamed(row: Mapping, turn: int, times: int) -> dict:
    named = {name: str(int(row[name]) + turn * APART) for name in OFFER_IDS if row.get(name)}
    counted = {name: row[name] * times for name in COUNTED if name in row}
    return dict(row) | named | counted


def _insert(conn: Connection, *, target: Table, rows: list[dict]) -> None:
    if conn.dialect.name == "mysql":  # the rows kept to the keys where they come from
        conn.execute(text("SET unique_checks = 0, foreign_key_checks = 0"))
    conn.execute(insert(target), rows)


def main(url: str, first: str = "10000", then: str = "1") -> None:
    engine = open_engine(url)
    migrate(engine)
    began = time.monotonic()
    if not first.isdecimal():
        rows = copy(open_engine(first), engine, int(then))
        sys.stdout.write(f"{rows:,} rows in {time.monotonic() - began:.0f} s\n")
        return
    for epoch in range(1, int(then) + 1):
        began = time.monotonic()
        done = fill(engine, int(first), epoch=epoch)
        said = f"run {done.run_id}: {dict(done.outcomes)} in {time.monotonic() - began:.0f} s\n"
        sys.stdout.write(said)


if __name__ == "__main__":
    main(*sys.argv[1:])
