"""How often layouts tell their fields lately, against before; and what drifted since when.

From the latest tallies of each layout alone, as far back as a baseline looks: what is read does not
grow with the number of runs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from app import models
from app.models import table
from app.quality.books import ALL, SAID, TALLY, Filled, recent, sums_of

RUN = table(models.Run)
LATELY = 100
"""Pages at least that a rate of today is made of, if there are so many."""
Row = Mapping[Any, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """One layout: the fields that its pages tell."""

    layout: str
    pages: int
    """Lately."""
    since_run: int
    """The first run that is meant by lately."""
    fields: tuple[Filled, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A field that was told no more, or a refusal that became frequent."""

    layout: str
    """Empty: pages of whatever layout."""
    mark: str
    first_run: int
    """The first of the runs in a row that were alarmed by it."""
    since: datetime
    """When that was opened."""
    last_run: int
    pages: int
    """Of the last run, that were counted while it was suspect; `told` of them had it."""
    told: int
    accepted: bool
    """Whether a person took it for normal."""
    sentence: str | None
    """The alarm, while the last run stands paused by it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """How well pages are read."""

    layouts: tuple[Rates, ...] = ()
    findings: tuple[Finding, ...] = ()
    """Open ones first, newest first."""
    pages: int = 0
    """Lately, whatever their layout, read or not."""
    refused: Mapping[str, int] = field(default_factory=dict)
    """By refusal, how many of them."""


def picture(conn: Connection, realm: str) -> Picture:
    """Rates and findings of the layouts that were met lately. `realm`: empty for the real site."""
    every = recent(conn, realm, ALL)
    own = TALLY.c.run_id.in_([row["run_id"] for row in every])
    names = sorted(conn.scalars(select(TALLY.c.layout).distinct().where(own)))
    rows = {name: every if name == ALL else recent(conn, realm, name) for name in names}
    overall, _ = _split(every)
    refused: Counter[str] = Counter()
    for row in overall:
        refused.update(row["refused"])
    return Picture(
        layouts=tuple(rates(name, found) for name, found in rows.items() if found and name != ALL),
        findings=tuple(_findings(conn, rows)),
        pages=sum(row["pages"] for row in overall),
        refused=dict(refused.most_common()),
    )


def rates(layout: str, rows: list[Row]) -> Rates:
    """The rates of a layout from its tallies, newest first. Pure."""
    late, before = _split(rows)
    told: Counter[str] = Counter()
    for row in late:
        told.update(row["told"])
    pages, sums = sum(row["pages"] for row in late), sums_of(before)
    suspect = {mark for row in late for mark in row["aside"] if mark not in row["accepted"]}
    fields = [
        Filled(
            layout=layout,
            mark=mark,
            pages=pages,
            told=told[mark],
            before=sums[mark][1] / sums[mark][0] if mark in sums else None,
            suspect=mark in suspect,
        )
        for mark in sorted({*told, *sums})
    ]
    return Rates(layout=layout, pages=pages, since_run=late[-1]["run_id"], fields=tuple(fields))


def _split(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The newest tallies until there are enough pages, and those before."""
    pages = 0
    for number, row in enumerate(rows, start=1):
        pages += row["pages"]
        if pages >= LATELY:
            return rows[:number], rows[number:]
    return rows, []


def _findings(conn: Connection, rows: Mapping[str, list[Row]]) -> list[Finding]:
    alarmed = {row["run_id"] for found in rows.values() for row in found if row["aside"]}
    query = select(RUN.c.id, RUN.c.created_at, RUN.c.reason).where(RUN.c.id.in_(alarmed))
    runs = {run: (at, reason) for run, at, reason in conn.execute(query)}
    found = [one for layout, own in rows.items() for one in findings(layout, own, runs)]
    return sorted(found, key=lambda one: (one.accepted, -one.last_run, one.layout, one.mark))


def findings(
    layout: str, rows: Sequence[Row], runs: Mapping[int, tuple[datetime, str | None]]
) -> Iterator[Finding]:
    """What drifted in a layout, from its tallies, newest first. Pure.

    `runs`: by number, when it was opened and its reason. Of each mark the latest alarms in a row
    are one finding; a run that was not alarmed ends it.
    """
    for mark in sorted({mark for row in rows for mark in row["aside"]}):
        spell = _spell(mark, rows)
        last, first = spell[0], spell[-1]
        if first["run_id"] not in runs:
            continue
        pages, told = last["aside"][mark]
        reason = runs.get(last["run_id"], (None, None))[1] or ""
        yield Finding(
            layout=layout,
            mark=mark,
            first_run=first["run_id"],
            since=runs[first["run_id"]][0],
            last_run=last["run_id"],
            pages=pages,
            told=told,
            accepted=any(mark in row["accepted"] for row in rows),
            sentence=reason.removeprefix(SAID) if reason.startswith(SAID) else None,
        )


def _spell(mark: str, rows: Iterable[Row]) -> list[Row]:
    """The latest rows one after another that were alarmed by a mark."""
    spell: list[Row] = []
    for row in rows:
        if mark in row["aside"]:
            spell.append(row)
        elif spell:
            break
    return spell
