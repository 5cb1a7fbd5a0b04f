"""What a list page brings to its run: new offers, its cards, and the claim on the next page.

All of it is written within the transaction that settles the page, so that a killed worker's page is
read again as if nobody had, or is done with everything on it. One claim holds the list at a time:
whoever has the page's claim gets the next page's.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from app import models
from app.models import table
from app.runs.claims import WORKABLE, Claim, begin_tries
from app.runs.opening import chunks, list_item, offer_item
from app.runs.outcomes import LEASED, ItemKind
from app.runs.states import Run, run_of
from app.store.clock import now

RUN, ITEM = table(models.Run), table(models.RunItem)


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """What a page added to its run."""

    new: int
    """Offers that no earlier page named."""
    again: int
    offers: int
    """Of the run by now."""
    total: int | None
    """How many the list has said that it has, on this page or on an earlier one."""


def add_offers(
    conn: Connection, claim: Claim, found: Sequence[str], *, most: int | None, total: int | None
) -> Brought:
    """Make items of a page's offers, in its order; those named before are counted as duplicates.

    `most` bounds the offers of the run, what is beyond it is left out; `total` is how many the list
    says it has. The sums of the run move with it.
    """
    run = _locked(conn, claim.run_id)
    room = None if most is None else max(0, most - run.expected)
    present = conn.scalar(select(now()))
    times = Counter(found)
    known = _known(conn, run.id, times)
    fresh = [offer_id for offer_id in times if offer_id not in known][:room]
    rows = [
        offer_item(run.id, offer_id, run.expected + place) | {"mentions": times[offer_id]}
        for place, offer_id in enumerate(fresh)
    ]
    for chunk in chunks([{**row, "not_before": present} for row in rows]):
        conn.execute(insert(ITEM), chunk)
    for offer_id in sorted(known, key=int):
        same = (ITEM.c.run_id == run.id, ITEM.c.offer_id == offer_id)
        conn.execute(update(ITEM).where(*same).values(mentions=ITEM.c.mentions + times[offer_id]))
    again = sum(times[one] - 1 for one in fresh) + sum(times[one] for one in known)
    _add_up(conn, run, new=len(fresh), again=again, total=total)
    return Brought(
        new=len(fresh),
        again=again,
        offers=run.expected + len(fresh),
        total=run.list_total if total is None else total,
    )


def _locked(conn: Connection, run_id: int) -> Run:
    conn.execute(select(RUN.c.id).where(RUN.c.id == run_id).with_for_update())
    return run_of(conn, run_id)


def _known(conn: Connection, run_id: int, wanted: Iterable[str]) -> set[str]:
    same = (ITEM.c.run_id == run_id, ITEM.c.offer_id.in_(list(wanted)))
    return {str(one) for one in conn.scalars(select(ITEM.c.offer_id).where(*same))}


def _add_up(conn: Connection, run: Run, *, new: int, again: int, total: int | None) -> None:
    sums = {
        "expected": RUN.c.expected + new,
        "duplicates": RUN.c.duplicates + again,
        "lines_read": RUN.c.lines_read + new + again,
    }
    told = {} if total is None else {"list_total": total}
    conn.execute(update(RUN).where(RUN.c.id == run.id).values(sums | told))


def claim_next(conn: Connection, claim: Claim, *, lease_seconds: float) -> Claim | None:
    """Begin the page after the claimed one and lease it to the same owner.

    None where the run was paused or parked meanwhile: the page waits as any item does.
    """
    page = claim.page + 1
    following = replace(
        claim, offer_id=str(page), attempt=1, token=1, charges=0, excused=0, kind=ItemKind.LIST
    )
    leased = {
        "state": LEASED,
        "owner": claim.owner,
        "token": 1,
        "attempt": 1,
        "lease_until": now(lease_seconds),
    }
    goes_on = run_of(conn, claim.run_id).state in WORKABLE
    conn.execute(
        insert(ITEM).values(
            list_item(claim.run_id, page)
            | {"not_before": _opened_at(claim.run_id)}
            | (leased if goes_on else {})
        )
    )
    if goes_on:
        begin_tries(conn, [following])
    more = {"list_pages": RUN.c.list_pages + 1}
    conn.execute(update(RUN).where(RUN.c.id == claim.run_id).values(more))
    return following if goes_on else None


def _opened_at(run_id: int) -> Any:
    """Due for longer than any of the run's offers: queued, it is the next item handed out."""
    return select(RUN.c.created_at).where(RUN.c.id == run_id).scalar_subquery()
