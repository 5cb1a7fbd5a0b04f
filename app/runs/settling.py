"""Writing what a try came to, in the same transaction as what it brought.

    commit(engine, claim, work)    fence -> work -> settle, all or nothing

`fence` and `settle` also stand alone for a caller that has its own transaction. Whoever lost the
lease gets `Fenced`, and nothing of its transaction is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Integer, Update, bindparam, select, update

from app import models
from app.models import table
from app.runs.claims import Claim, own_try
from app.runs.outcomes import LEASED, WORKED, Ending, Outcome, Ruling, Settlement, rule
from app.store.clock import now
from app.store.engine import TRIES, transact

ITEM, ATTEMPT = table(models.RunItem), table(models.Attempt)

_ITEM_KEYS = ("run_id", "offer_id", "token")
_TRY_KEYS = (*_ITEM_KEYS, "attempt")
_OWN_ITEM = (
    *(ITEM.c[name] == bindparam(f"own_{name}") for name in _ITEM_KEYS),
    ITEM.c.state == LEASED,
)
_OWN_TRY = tuple(ATTEMPT.c[name] == bindparam(f"own_{name}") for name in _TRY_KEYS)


def _settling(own: tuple[Any, ...]) -> Update:
    charges, excused = bindparam("charged", type_=Integer), bindparam("excuses", type_=Integer)
    sums = {"charges": ITEM.c.charges + charges, "excused": ITEM.c.excused + excused}
    return update(ITEM).where(*own).values(owner=None, lease_until=None, **sums)


# made once: to make a statement takes as long as to run it
_FENCE = select(ITEM.c.token).where(*_OWN_ITEM).with_for_update()
_SETTLE = _settling(_OWN_ITEM)
_END = update(ATTEMPT).where(*_OWN_TRY).values(ended_at=now())

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
    if conn.scalar(_FENCE, _own(claim, _ITEM_KEYS)) is None:
        raise Fenced(claim)


def settle(conn: Connection, claim: Claim, settlement: Settlement) -> Ruling:
    """Write a settlement to the item and its attempt; what was written. Raises Fenced."""
    ruling = rule(settlement, charges=claim.charges, excused=claim.excused, allowed=claim.allowed)
    counted = {"charged": int(ruling.charged), "excuses": int(ruling.excused)}
    told = {"state": str(ruling.state), "reason": ruling.reason}
    query = _SETTLE.values(not_before=now(ruling.seconds)) if ruling.seconds else _SETTLE
    written = conn.execute(query, _own(claim, _ITEM_KEYS) | told | counted)
    if written.rowcount != 1:
        raise Fenced(claim)
    ended = {"ending": str(ruling.ending), "reason": ruling.reason}
    conn.execute(_END, _own(claim, _TRY_KEYS) | ended)
    return ruling


def _own(claim: Claim, keys: tuple[str, ...]) -> dict[str, Any]:
    return {f"own_{name}": getattr(claim, name) for name in keys}
