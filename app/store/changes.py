"""The `offer_change` table: what changed of an offer, written with the version it made.

Rows of one offer lie together, in the order in which things happened; `(kind, observed_at)` finds
them over all offers. What an offer was at a time is reckoned back from what it is now
(`app.history`), so that a visit which found nothing new costs no row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, union_all

from app import models
from app.models import table
from app.store.differences import Difference
from app.store.facts import Kind
from app.store.memory import EVERYBODY

CHANGE, RUN = table(models.OfferChange), table(models.Run)
READ_ANEW = "reextract"
"""Kind of the runs that read archived pages again."""
PAGE = 500
"""Rows fetched at once: what is read over all offers never grows in memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Observation:
    """Who saw a page and when; written with whatever is stored from it."""

    run_id: int
    token: int
    """The claim's fencing token, by which the audit finds the attempt."""
    observed_at: datetime
    """Aware: when the page was loaded."""
    view: str = EVERYBODY
    """The profile that was logged in; its prices are its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A difference with where it belongs."""

    offer_id: str
    version: int
    """The version that it made, with the others of that version."""
    seq: int
    observed_at: datetime
    run_id: int
    token: int
    is_correction: bool
    """A page was read anew and better: the offer did not change, our reading of it did."""
    difference: Difference


def write_changes(
    conn: Connection,
    offer_id: str,
    version: int,
    differences: Sequence[Difference],
    seen: Observation,
) -> None:
    """Keep the differences that made a version."""
    own = {"offer_id": offer_id, "version": version, "run_id": seen.run_id, "token": seen.token}
    rows = [
        {**own, "observed_at": seen.observed_at, "seq": place, **_row(one)}
        for place, one in enumerate(differences)
    ]
    if rows:
        conn.execute(insert(CHANGE), rows)


def _row(one: Difference) -> dict[str, Any]:
    return {
        "kind": one.kind.value,
        "field": one.field,
        "key": one.key,
        "view": one.view,
        "before": one.before,
        "after": one.after,
    }


def of_offer(
    conn: Connection,
    offer_id: str,
    *,
    since: datetime | None = None,
    field: str | None = None,
    key: str | None = None,
) -> Iterator[Recorded]:
    """What changed of an offer, the latest first; all of it, or of one field, or of one key."""
    query = select(CHANGE, RUN.c.kind.label("run_kind"))
    query = query.join(RUN, RUN.c.id == CHANGE.c.run_id, isouter=True)
    query = query.where(CHANGE.c.offer_id == offer_id)
    if since is not None:
        query = query.where(CHANGE.c.observed_at >= since)
    if field is not None:
        query = query.where(CHANGE.c.field == field)
    if key is not None:
        query = query.where(CHANGE.c.key == key)
    query = query.order_by(CHANGE.c.version.desc(), CHANGE.c.seq.desc())
    return map(_recorded, conn.execute(query).mappings())


def versions_of_fields(conn: Connection, offer_id: str) -> dict[str, int]:
    """The latest version in which each field of an offer changed; others stand as first stored."""
    query = select(CHANGE.c.field, func.max(CHANGE.c.version)).where(CHANGE.c.offer_id == offer_id)
    return dict(conn.execute(query.group_by(CHANGE.c.field)).all())


def over_offers(
    conn: Connection, kinds: Iterable[Kind], *, since: datetime, until: datetime | None = None
) -> Iterator[Recorded]:
    """What changed of all offers, the latest first, read in pages.

    One branch a kind, each along the index and no longer than a page: a month of prices costs the
    same however many changes of stock lie between them.
    """
    last: Mapping[Any, Any] | None = None
    while True:
        query = _page([_of_kind(kind, since, until, last) for kind in kinds])
        rows = conn.execute(query).mappings().all()
        yield from map(_recorded, rows)
        if len(rows) < PAGE:
            return
        last = rows[-1]


ORDER = (CHANGE.c.observed_at, CHANGE.c.offer_id, CHANGE.c.version, CHANGE.c.seq)


def _page(branches: Sequence[Select[Any]]) -> Select[Any]:
    parts = [select(branch.subquery(f"k{place}")) for place, branch in enumerate(branches)]
    every = union_all(*parts).subquery("changes")
    query = select(every, RUN.c.kind.label("run_kind"))
    query = query.join(RUN, RUN.c.id == every.c.run_id, isouter=True)
    return query.order_by(*(every.c[one.name].desc() for one in ORDER)).limit(PAGE)


def _of_kind(
    kind: Kind, since: datetime, until: datetime | None, last: Mapping[Any, Any] | None
) -> Select[Any]:
    query = select(CHANGE).where(CHANGE.c.kind == kind.value, CHANGE.c.observed_at >= since)
    if until is not None:
        query = query.where(CHANGE.c.observed_at < until)
    if last is not None:
        query = query.where(CHANGE.c.observed_at <= last["observed_at"], _before(last))
    return query.order_by(*(one.desc() for one in ORDER)).limit(PAGE)


def _before(last: Mapping[Any, Any]) -> Any:
    """Strictly after a row in descending order, in a form that both databases reckon with."""
    at = [last[one.name] for one in ORDER]
    steps = (
        and_(*(one == value for one, value in zip(ORDER[:n], at, strict=False)), ORDER[n] < at[n])
        for n in range(len(ORDER))
    )
    return or_(*steps)


def _recorded(row: Mapping[Any, Any]) -> Recorded:
    difference = Difference(
        kind=Kind(row["kind"]),
        field=row["field"],
        key=row["key"],
        view=row["view"],
        before=row["before"],
        after=row["after"],
    )
    own = {name: row[name] for name in ("version", "seq", "observed_at", "run_id", "token")}
    return Recorded(
        offer_id=row["offer_id"],
        difference=difference,
        is_correction=row["run_kind"] == READ_ANEW,
        **own,
    )
