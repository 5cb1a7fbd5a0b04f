"""Writing what a try came to, in the same transaction as what it brought.

    commit(engine, claim, work)    fence -> work -> settle, all or nothing

`fence` and `settle` also stand alone for a caller that has its own transaction. Whoever lost the
lease gets `Fenced`, and nothing of its transaction is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from app import models
from app.models import table
from app.runs.claims import Claim, own_item, own_try
from app.runs.outcomes import WORKED, Ending, Outcome, Ruling, Settlement, rule
from app.store.clock import now
from app.store.engine import TRIES, transact

ITEM, ATTEMPT = table(models.RunItem), table(models.Attempt)

OWN_WORDS = frozenset(str(word) for word in (*WORKED, Outcome.SKIPPED, Ending.RETRY, Ending.WAITED))
"""Endings that only the holder of a claim writes."""


class Fenced(Exception):
    """The item has been claimed by somebody else, or the run was cancelled: stop, store nothing."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"offer {claim.offer_id}: the lease of {claim.owner} is lost")
        self.claim = claim


def commit(
    engine: Engine,
    claim: Claim,
    work: Callable[[Connection], Settlement],
    *,
    tries: int = TRIES,
) -> Ruling:
    """Store what `work` stores and settle the claim with what it returns, in one transaction.

    If the connection breaks in the middle of COMMIT, the next try finds its own attempt closed and
    takes that for success. `work` may run several times. Raises Fenced, DatabaseUnavailable,
    ValueRefused.
    """
    whole = _Whole(claim=claim, work=work)
    return transact(engine, whole, tries=tries)


@dataclass(kw_only=True, slots=True)
class _Whole:
    """One claim's transaction; remembers what an earlier try of it meant to write."""

    claim: Claim
    work: Callable[[Connection], Settlement]
    meant: Ruling | None = None

    def __call__(self, conn: Connection) -> Ruling:
        try:
            fence(conn, self.claim)
        except Fenced:
            if self.meant and _was_settled(conn, self.claim):
                return self.meant
            raise
        settlement = self.work(conn)
        self.meant = settle(conn, self.claim, settlement)
        return self.meant


def _was_settled(conn: Connection, claim: Claim) -> bool:
    return conn.scalar(select(ATTEMPT.c.ending).where(*own_try(claim))) in OWN_WORDS


def fence(conn: Connection, claim: Claim) -> None:
    """Make sure that the claim holds, and that it holds until this transaction ends.

    Comes first: rows are then always locked in the order item, offer, children. Raises Fenced.
    """
    query = select(ITEM.c.token).where(*own_item(claim)).with_for_update()
    if conn.scalar(query) is None:
        raise Fenced(claim)


def settle(conn: Connection, claim: Claim, settlement: Settlement) -> Ruling:
    """Write a settlement to the item and its attempt; what was written. Raises Fenced."""
    ruling = rule(settlement, charges=claim.charges, excused=claim.excused, allowed=claim.allowed)
    written = conn.execute(update(ITEM).where(*own_item(claim)).values(_item_values(ruling)))
    if written.rowcount != 1:
        raise Fenced(claim)
    ended = {"ending": str(ruling.ending), "reason": ruling.reason, "ended_at": now()}
    conn.execute(update(ATTEMPT).where(*own_try(claim)).values(ended))
    return ruling


def _item_values(ruling: Ruling) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": str(ruling.state),
        "reason": ruling.reason,
        "owner": None,
        "lease_until": None,
        "charges": ITEM.c.charges + ruling.charged,
        "excused": ITEM.c.excused + ruling.excused,
    }
    return values | ({"not_before": now(ruling.seconds)} if ruling.seconds else {})
