"""What a supplier's shop is known to have, and what is missing of it: from the runs over its list.

Runs name the list they read by host or member id in their options, which no index holds. So only
the latest `RUNS` are looked at.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select

from app import models
from app.completeness import missing
from app.lists import ListKind, ListRef, ListRefError
from app.models import table
from app.runs.counts import Counts, counts_of
from app.runs.outcomes import LEASED, QUEUED, STORED, Outcome, RunState
from app.store.offers import load_many

RUN, FACET = table(models.Run), table(models.OfferFacet)
RUNS = 2000
SHOWN = 10
"""Runs over its list that are shown of one supplier."""
SAMPLE = 100
"""Of so many offers it is told what their pages leave out."""
NOT_STORED = tuple(word for word in Outcome if word not in (*STORED, Outcome.LISTED))


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A run over a shop's list."""

    run: int
    state: str
    total: int | None
    """How many offers the list said it has."""
    found: int
    first: int | None
    """Only so many were wanted."""
    created_at: datetime


class Gap(StrEnum):
    """Why offers of a shop are not stored."""

    NEVER_READ = "never_read"
    NOT_FINISHED = "not_finished"
    BOUNDED = "bounded"
    NOT_SHOWN = "not_shown"
    NOT_STORED = "not_stored"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lack:
    """One reason, and how many offers it is about."""

    gap: Gap
    offers: int | None = None
    run: int | None = None
    state: str = ""
    """With `not_stored`: in which state they are."""


def names_of(facts: Mapping[Any, Any]) -> tuple[str, ...]:
    """What may name a supplier's list: member id, and the shop's host."""
    found = (_read(facts[name]) for name in ("member_id", "shop_url"))
    return tuple(one for one in found if one)


def _read(text: str | None) -> str | None:
    try:
        return ListRef.of(ListKind.SHOP, text).value if text else None
    except ListRefError:
        return None


def latest(conn: Connection) -> dict[str, Listing]:
    """By name of the list, the last run over it that was told how many offers there are."""
    found: dict[str, Listing] = {}
    for name, one in _listings(conn):
        known = found.get(name)
        if known is None or (known.total is None and one.total is not None):
            found[name] = one
    return found


def _listings(conn: Connection) -> Iterator[tuple[str, Listing]]:
    """Runs over shops, newest first."""
    newest = conn.scalar(select(func.max(RUN.c.id))) or 0
    own = (RUN.c.id > newest - RUNS, RUN.c.list_pages > 0)
    for row in conn.execute(select(RUN).where(*own).order_by(RUN.c.id.desc())).mappings():
        named = row["options"].get("list") or {}
        if named.get("kind") == ListKind.SHOP:
            yield str(named.get("value")), _listing(row, named.get("first"))


def _listing(row: Mapping[Any, Any], first: int | None) -> Listing:
    return Listing(
        run=row["id"],
        state=row["state"],
        total=row["list_total"],
        found=row["expected"],
        first=first,
        created_at=row["created_at"],
    )


def runs_over(conn: Connection, names: Sequence[str]) -> list[tuple[Listing, Counts]]:
    """The latest runs over a shop's list, newest first, and how they stand."""
    own = (one for name, one in _listings(conn) if name in names)
    return [(one, counts_of(conn, one.run)) for one in islice(own, SHOWN)]


def lacks(runs: Sequence[tuple[Listing, Counts]]) -> Iterator[Lack]:
    """Why a shop is not complete, from the last run that was told its size. Pure."""
    told = next((one for one in runs if one[0].total is not None), None)
    if told is None:
        yield Lack(gap=Gap.NEVER_READ)
        return
    listing, counts = told
    if counts.run.state not in (RunState.DONE, RunState.CANCELLED):
        left = counts.by_state.get(QUEUED, 0) + counts.by_state.get(LEASED, 0)
        yield Lack(gap=Gap.NOT_FINISHED, run=listing.run, offers=left)
    if listing.first is not None and listing.found >= listing.first:
        yield Lack(gap=Gap.BOUNDED, run=listing.run, offers=listing.first)
    elif listing.total is not None and listing.found < listing.total:
        hidden = listing.total - listing.found
        yield Lack(gap=Gap.NOT_SHOWN, run=listing.run, offers=hidden)
    for state in NOT_STORED:
        if number := counts.by_state.get(state, 0):
            yield Lack(gap=Gap.NOT_STORED, run=listing.run, offers=number, state=str(state))


def untold(conn: Connection, supplier: str) -> tuple[dict[str, int], int]:
    """What the least complete offers of a supplier leave out, the most frequent first."""
    own = (FACET.c.supplier_key == supplier, FACET.c.gone.is_(None))
    query = select(FACET.c.offer_id).where(*own).order_by(FACET.c.completeness).limit(SAMPLE)
    found = load_many(conn, list(conn.scalars(query)))
    left_out = Counter(what for one in found for what in missing(one.item))
    return dict(left_out.most_common()), len(found)
