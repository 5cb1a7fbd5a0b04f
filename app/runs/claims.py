"""Handing out items: claim, renew, give back. A claim is a lease with a fencing token.

Time is the database's. Two claimers never get the same item: MySQL skips rows that another one
holds, SQLite lets one writer in at a time. What a try came to is written by `settling.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, tuple_, update

from app import models
from app.models import table
from app.runs.outcomes import (
    LEASED,
    MOST_EXCUSED,
    QUEUED,
    Ending,
    ItemKind,
    Outcome,
    RunState,
    name_of,
)
from app.runs.states import Run, run_of
from app.store.clock import now
from app.store.engine import transact

RUN, ITEM, ATTEMPT = table(models.Run), table(models.RunItem), table(models.Attempt)

WORKABLE = frozenset({RunState.OPEN, RunState.RUNNING})
LOST = "abandoned: the worker did not come back"

Rows = Sequence[Mapping[Any, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """The right to work on one item, until the lease ends or somebody else has claimed it."""

    run_id: int
    offer_id: str
    """Of a list page its number."""
    attempt: int
    token: int
    owner: str
    charges: int
    """Tries that counted against the item before this one."""
    excused: int
    """Tries that ended through no fault of its own before this one."""
    allowed: int
    """Charged tries the run grants an item."""
    kind: ItemKind = ItemKind.OFFER

    @property
    def page(self) -> int:
        """Which page of the run's list is claimed."""
        assert self.kind is ItemKind.LIST
        return int(self.offer_id)

    @property
    def name(self) -> str:
        """How screens name it."""
        return name_of(self.kind, self.offer_id)


def claim(
    engine: Engine, run_id: int, count: int, *, owner: str, lease_seconds: float
) -> list[Claim]:
    """Lease up to `count` items that are due: abandoned ones first, then in the input's order.

    Empty when nothing is due or the run is not to be worked on. Raises RunUnknown,
    DatabaseUnavailable.
    """
    return transact(engine, lambda conn: _claim(conn, run_id, count, owner, lease_seconds))


def _claim(
    conn: Connection, run_id: int, count: int, owner: str, lease_seconds: float
) -> list[Claim]:
    run = run_of(conn, run_id)
    if run.state not in WORKABLE:
        return []
    abandoned = _reap(conn, run, count)
    queued = _due(conn, run_id, count - len(abandoned))
    taken = [_claim_of(row, run, owner, excused=1) for row in abandoned]
    taken += [_claim_of(row, run, owner, excused=0) for row in queued]
    if taken:
        _lease(conn, taken, lease_seconds)
        _mark_running(conn, run)
    return taken


def _due(conn: Connection, run_id: int, count: int) -> Rows:
    # not one query with OR over both kinds: that locks whole ranges and deadlocks under load
    if count <= 0:
        return []
    query = (
        select(ITEM)
        .where(ITEM.c.run_id == run_id, ITEM.c.state == QUEUED, ITEM.c.not_before <= now())
        .order_by(ITEM.c.not_before, ITEM.c.position)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    return conn.execute(query).mappings().all()


def _reap(conn: Connection, run: Run, count: int) -> Rows:
    """Items whose lease ran out, their tries closed; those that were lost too often are failed."""
    query = (
        select(ITEM)
        .where(ITEM.c.run_id == run.id, ITEM.c.state == LEASED, ITEM.c.lease_until < now())
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    expired = conn.execute(query).mappings().all()
    hopeless = [row for row in expired if row["excused"] + 1 >= MOST_EXCUSED]
    hopeful = [row for row in expired if row["excused"] + 1 < MOST_EXCUSED]
    _close(conn, run.id, hopeful, ending=str(Ending.ABANDONED))
    _close(conn, run.id, hopeless, ending=str(Outcome.FAILED))
    failed = {"state": str(Outcome.FAILED), "reason": LOST, "excused": ITEM.c.excused + 1}
    free = {"owner": None, "lease_until": None}
    _update_items(conn, run.id, hopeless, failed | free)
    _update_items(conn, run.id, hopeful, {"excused": ITEM.c.excused + 1})
    return hopeful


def _update_items(conn: Connection, run_id: int, rows: Rows, values: dict[str, Any]) -> None:
    if rows:
        own = ITEM.c.offer_id.in_([row["offer_id"] for row in rows])
        conn.execute(update(ITEM).where(ITEM.c.run_id == run_id, own).values(values))


def _close(conn: Connection, run_id: int, rows: Rows, *, ending: str) -> None:
    if rows:
        keys = [(row["offer_id"], row["attempt"]) for row in rows]
        own = tuple_(ATTEMPT.c.offer_id, ATTEMPT.c.attempt).in_(keys)
        ended = {"ending": ending, "reason": LOST, "ended_at": now()}
        conn.execute(update(ATTEMPT).where(ATTEMPT.c.run_id == run_id, own).values(ended))


def _claim_of(row: Mapping[Any, Any], run: Run, owner: str, *, excused: int) -> Claim:
    return Claim(
        run_id=run.id,
        offer_id=row["offer_id"],
        attempt=row["attempt"] + 1,
        token=row["token"] + 1,
        owner=owner,
        charges=row["charges"],
        excused=row["excused"] + excused,
        allowed=run.attempts,
        kind=ItemKind(row["kind"]),
    )


def _lease(conn: Connection, taken: Sequence[Claim], lease_seconds: float) -> None:
    own = ITEM.c.offer_id.in_([each.offer_id for each in taken])
    leased = {
        "state": LEASED,
        "token": ITEM.c.token + 1,
        "attempt": ITEM.c.attempt + 1,
        "owner": taken[0].owner,
        "lease_until": now(lease_seconds),
    }
    conn.execute(update(ITEM).where(ITEM.c.run_id == taken[0].run_id, own).values(leased))
    begin_tries(conn, taken)


def begin_tries(conn: Connection, taken: Sequence[Claim]) -> None:
    """Write the attempts of claims whose items were leased in this transaction."""
    own = ITEM.c.offer_id.in_([each.offer_id for each in taken])
    names = ("run_id", "offer_id", "attempt", "token", "owner")
    leased = select(*(ITEM.c[name] for name in names), now())
    leased = leased.where(ITEM.c.run_id == taken[0].run_id, own)
    conn.execute(insert(ATTEMPT).from_select([*names, "started_at"], leased))


def _mark_running(conn: Connection, run: Run) -> None:
    if run.state is RunState.OPEN:
        still_open = (RUN.c.id == run.id, RUN.c.state == str(RunState.OPEN))
        conn.execute(update(RUN).where(*still_open).values(state=str(RunState.RUNNING)))


def renew(engine: Engine, claims: Iterable[Claim], *, lease_seconds: float) -> set[Claim]:
    """Extend leases to `lease_seconds` from now; the claims that are still ours.

    Whoever holds a claim that is not returned stops working on it. Raises DatabaseUnavailable.
    """
    wanted = list(claims)

    def work(conn: Connection) -> set[Claim]:
        held = {each for each in wanted if _holds(conn, each)}
        for each in sorted(held, key=_key):
            conn.execute(update(ITEM).where(*own_item(each)).values(lease_until=now(lease_seconds)))
        return held

    return transact(engine, work)


def give_back(engine: Engine, claims: Iterable[Claim]) -> int:
    """Queue items again that were not worked on, uncharged, in their old place; how many.

    Claims that were lost meanwhile are passed over. Raises DatabaseUnavailable.
    """
    wanted = sorted(claims, key=_key)

    def work(conn: Connection) -> int:
        return sum(_return_one(conn, each) for each in wanted)

    return transact(engine, work)


def _return_one(conn: Connection, one: Claim) -> bool:
    queued = {"state": QUEUED, "owner": None, "lease_until": None}
    if conn.execute(update(ITEM).where(*own_item(one)).values(queued)).rowcount != 1:
        return False
    ended = {"ending": str(Ending.GIVEN_BACK), "ended_at": now()}
    conn.execute(update(ATTEMPT).where(*own_try(one)).values(ended))
    return True


def _key(one: Claim) -> tuple[int, int]:
    return one.run_id, int(one.offer_id)


def own_item(one: Claim) -> tuple[Any, ...]:
    """Conditions that find the item of a claim, if the claim still holds it."""
    return (
        ITEM.c.run_id == one.run_id,
        ITEM.c.offer_id == one.offer_id,
        ITEM.c.state == LEASED,
        ITEM.c.token == one.token,
    )


def own_try(one: Claim) -> tuple[Any, ...]:
    """Conditions that find the attempt row of a claim."""
    return (
        ATTEMPT.c.run_id == one.run_id,
        ATTEMPT.c.offer_id == one.offer_id,
        ATTEMPT.c.attempt == one.attempt,
        ATTEMPT.c.token == one.token,
    )


def _holds(conn: Connection, one: Claim) -> bool:
    return conn.scalar(select(ITEM.c.token).where(*own_item(one))) is not None
