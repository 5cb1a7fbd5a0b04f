"""Writing what was shown: a run of kind `reextract`, observed when the pages were loaded.

A page never replaces what was read from a newer one, however long the person thought about it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, select

from app import models
from app.models import table
from app.reextract.spool import Repair, Spool
from app.runs.claims import Claim
from app.runs.outcomes import Gone, Outcome, Settlement, Skipped, Stored
from app.runs.recording import open_record, record
from app.runs.states import Run
from app.store import offers
from app.store.changes import Observation

OFFER = table(models.Offer)
KIND = "reextract"
PORTION = 50
"""Offers in one transaction."""


def write(
    engine: Engine,
    spool: Spool,
    *,
    owner: str,
    label: str,
    options: Mapping[str, Any],
    tell: Callable[[int], None] = lambda _: None,
) -> Run:
    """Store all repairs; the run that did. Raises DatabaseUnavailable, ValueRefused.

    Killed in the middle, what was written stays, and the same command writes the rest.
    """
    run = open_record(engine, kind=KIND, label=label, options=options)
    done = 0
    for portion in _portions(spool):
        works = {repair.offer_id: partial(_work, repair) for repair in portion}
        record(engine, run.id, works, owner=owner)
        done += len(portion)
        tell(done)
    return run


def _portions(repairs: Iterable[Repair]) -> Iterator[list[Repair]]:
    left = iter(repairs)
    while portion := list(islice(left, PORTION)):
        yield portion


def _work(repair: Repair, conn: Connection, claim: Claim) -> Settlement:
    if _is_older(conn, repair):
        return Skipped(reason="a newer page is stored")
    seen = Observation(
        run_id=claim.run_id,
        token=claim.token,
        observed_at=repair.observed_at,
        view=repair.view,
    )
    if repair.item is not None:
        return Stored(outcome=Outcome(offers.save(conn, repair.item, seen).change))
    rule = repair.gone or "deleted"
    offers.mark_gone(conn, repair.offer_id, rule, seen)
    return Gone(reason=rule)


def _is_older(conn: Connection, repair: Repair) -> bool:
    query = select(OFFER.c.observed_at).where(OFFER.c.offer_id == repair.offer_id)
    stored = conn.scalar(query.with_for_update())
    return stored is not None and stored > repair.observed_at
