"""The tallies in the database: every worker of a run counts and tests in the same row.

A page is counted in the transaction that settles its item, last of all, so that its lock is short
and always taken after those of the item and the offer. An alarm pauses the run in that transaction:
no worker claims anything of it afterwards.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, case, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from app import models
from app.extract.base import ExtractError
from app.items import OfferItem
from app.models import table
from app.models.base import Parts
from app.quality.drift import (
    Alarm,
    Count,
    Page,
    Watch,
    as_tree,
    from_tree,
    rates,
)
from app.quality.marks import compare, marks_of, refusal_of, seller_of
from app.runs.outcomes import RunState
from app.runs.states import move, run_of
from app.store.engine import reading, transact

TALLY = table(models.PageTally)
SAID = "drift: "
"""Begins the reason of a run that an alarm has paused."""
ALL = ""
"""Stands for every layout."""
Values = dict[str, Any]
COUNTED = ("told", "refused", "sellers", "watch", "aside")
"""What a page changes of a row, beside the number of pages."""
_ROWS = (
    TALLY.c.run_id == bindparam("run"),
    or_(TALLY.c.layout == ALL, TALLY.c.layout == bindparam("layout_is")),
)
_LOCK = select(TALLY).where(*_ROWS).order_by(TALLY.c.layout).with_for_update()
_COUNT = (
    update(TALLY)
    .where(*_ROWS)
    .values(
        pages=TALLY.c.pages + 1,
        **{
            name: case(
                (TALLY.c.layout == ALL, bindparam(f"all_{name}", type_=Parts())),
                else_=bindparam(f"own_{name}", type_=Parts()),
            )
            for name in COUNTED
        },
    )
)
RUNS, PAGES = 20, 3_000
"""A baseline looks back so many runs, or as far as it has so many pages."""


def note_read(
    conn: Connection, run_id: int, realm: str, item: OfferItem, before: OfferItem | None
) -> Alarm | None:
    """Count a page that was read; `before` is what was stored of its offer, `item` if just that.

    Pauses the run if that was drift.
    """
    told, seller = marks_of(item), seller_of(item)
    same = before is not None and before.layout == item.layout
    found = compare(before, item, told) if before is not None and same else None
    page = Page(
        told=told,
        kept=found.kept if found else None,
        lost=found.lost if found else frozenset(),
        seller=seller,
    )
    return _note(conn, run_id, realm, {ALL: Page(seller=seller), item.layout: page})


def note_refused(conn: Connection, run_id: int, realm: str, error: ExtractError) -> Alarm | None:
    """Count a page that was not read, or whose values were refused."""
    page = Page(refusal=refusal_of(error))
    return _note(conn, run_id, realm, {ALL: page} | ({error.layout: page} if error.layout else {}))


def _note(conn: Connection, run_id: int, realm: str, pages: Mapping[str, Page]) -> Alarm | None:
    """The alarm of the narrowest layout, where there is one."""
    rows = _locked(conn, run_id, realm, sorted(pages))
    counted = {layout: _counted(rows[layout], page) for layout, page in sorted(pages.items())}
    _write(conn, run_id, {layout: values for layout, (values, _) in counted.items()})
    alarms = [(layout, alarm) for layout, (_, alarm) in counted.items() if alarm]
    if not alarms:
        return None
    _pause(conn, run_id, *alarms[-1])
    return alarms[-1][1]


def _pause(conn: Connection, run_id: int, layout: str, alarm: Alarm) -> None:
    if run_of(conn, run_id).state in (RunState.OPEN, RunState.RUNNING):
        move(conn, run_id, RunState.PAUSED, f"{SAID}{alarm.sentence(layout)}")


def _counted(row: Mapping[Any, Any], page: Page) -> tuple[Values, Alarm | None]:
    """What a row is after one page more, and whether that was enough."""
    count = Count(**{name: row[name] for name in ("pages", "told", "refused", "sellers")})
    watch = from_tree(row["watch"])
    count.add(page)
    watch.learn(count)
    alarm = watch.see(page)
    aside = row["aside"] | watch.put_aside() if alarm else row["aside"]  # ends the watch's tests
    values = {
        "told": count.told,
        "refused": count.refused,
        "sellers": count.sellers,
        "watch": as_tree(watch),
        "aside": aside,
    }
    return values, alarm


def _write(conn: Connection, run_id: int, counted: Mapping[str, Values]) -> None:
    """One page more in each of the rows, in one statement."""
    layout = max(counted)
    told: Values = {"run": run_id, "layout_is": layout}
    for name in COUNTED:
        told |= {f"all_{name}": counted[ALL][name], f"own_{name}": counted[layout][name]}
    conn.execute(_COUNT, told)


def _own(run_id: int, layout: str) -> tuple[Any, Any]:
    return (TALLY.c.run_id == run_id, TALLY.c.layout == layout)


def _locked(
    conn: Connection, run_id: int, realm: str, layouts: Sequence[str]
) -> Mapping[str, Mapping[Any, Any]]:
    """The rows of layouts by name, each begun where it is the first page."""
    keys = {"run": run_id, "layout_is": layouts[-1]}
    rows = {row["layout"]: row for row in conn.execute(_LOCK, keys).mappings()}
    missing = [layout for layout in layouts if layout not in rows]
    if not missing:
        return rows
    for layout in missing:
        with suppress(IntegrityError):  # another worker has just begun it
            conn.execute(insert(TALLY).values(_begun(conn, run_id, realm, layout)))
    return {row["layout"]: row for row in conn.execute(_LOCK, keys).mappings()}


def _begun(conn: Connection, run_id: int, realm: str, layout: str) -> dict[str, Any]:
    earlier = recent(conn, realm, layout)
    exempt = sorted({mark for row in earlier for mark in row["accepted"]})
    watch = Watch(baseline=_rates_of(earlier), exempt=exempt)
    return {
        "run_id": run_id,
        "layout": layout,
        "realm": realm,
        "pages": 0,
        "told": {},
        "refused": {},
        "sellers": [],
        "watch": as_tree(watch),
        "aside": {},
        "accepted": [],
    }


def recent(conn: Connection, realm: str, layout: str) -> list[Mapping[Any, Any]]:
    """The latest rows of a layout, newest first, as far back as a baseline looks."""
    own = (TALLY.c.realm == realm, TALLY.c.layout == layout)
    query = select(TALLY).where(*own).order_by(TALLY.c.run_id.desc()).limit(RUNS)
    rows: list[Mapping[Any, Any]] = []
    pages = 0
    for row in conn.execute(query).mappings():
        if pages < PAGES:
            rows.append(row)
            pages += row["pages"]
    return rows


def _rates_of(rows: list[Mapping[Any, Any]]) -> dict[str, float]:
    """The shares that a baseline of these rows holds a page to; empty where they are too few."""
    sums = sums_of(rows)
    sellers = {seller for row in rows for seller in row["sellers"]}
    return rates(sums, len(sellers))


def sums_of(rows: list[Mapping[Any, Any]]) -> dict[str, tuple[int, int]]:
    """By mark (pages, pages that told it), rows newest first; an acceptance ends looking back."""
    sums: dict[str, tuple[int, int]] = {}
    closed: set[str] = set()
    marks = {mark for row in rows for mark in row["told"]}
    for row in rows:
        for mark in marks - closed:
            pages, told = row["pages"], row["told"].get(mark, 0)
            away, away_told = row["aside"].get(mark, (0, 0))
            if mark in row["accepted"]:
                closed.add(mark)
                pages, told, away, away_told = away, away_told, 0, 0
            before = sums.get(mark, (0, 0))
            sums[mark] = (before[0] + max(0, pages - away), before[1] + max(0, told - away_told))
    return {mark: (pages, told) for mark, (pages, told) in sums.items() if pages}


def accept(engine: Engine, run_id: int) -> list[str]:
    """Take what alarmed a run for normal from now on; the marks it is about.

    Baselines of them begin anew, and no known offer is expected to tell them.
    """

    def work(conn: Connection) -> list[str]:
        query = select(TALLY).where(TALLY.c.run_id == run_id).with_for_update()
        marks: set[str] = set()
        for row in conn.execute(query).mappings().all():
            own = sorted({*row["aside"], *row["accepted"]})
            watch = from_tree(row["watch"])
            watch.exempt = sorted({*watch.exempt, *own})
            values = {"accepted": own, "watch": as_tree(watch)}
            conn.execute(update(TALLY).where(*_own(run_id, row["layout"])).values(values))
            marks.update(own)
        return sorted(marks)

    return transact(engine, work)


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """How often a layout told one field in a run, and before it."""

    layout: str
    mark: str
    pages: int
    told: int
    before: float | None
    """Share of the pages of earlier runs; None where there were none."""
    suspect: bool = False
    """Whether the run was alarmed by it."""

    @property
    def is_always_told(self) -> bool:
        """Whether there is nothing to see: every page tells it."""
        return self.told == self.pages and not self.suspect


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """What the pages of a run told."""

    pages: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    fields: tuple[Filled, ...] = ()


def quality_of(engine: Engine, run_id: int) -> Quality:
    """Fill rates of a run by layout and field. Raises DatabaseUnavailable."""
    with reading(engine) as conn:
        rows = conn.execute(select(TALLY).where(TALLY.c.run_id == run_id)).mappings().all()
        found = Quality()
        fields: list[Filled] = []
        for row in sorted(rows, key=lambda row: str(row["layout"])):
            if row["layout"] == ALL:
                found = Quality(pages=row["pages"], refused=row["refused"])
            else:
                fields += _filled(conn, row)
    return Quality(pages=found.pages, refused=found.refused, fields=tuple(fields))


def _filled(conn: Connection, row: Mapping[Any, Any]) -> list[Filled]:
    earlier = [
        one for one in recent(conn, row["realm"], row["layout"]) if one["run_id"] < row["run_id"]
    ]
    sums = sums_of(earlier)
    return [
        Filled(
            layout=row["layout"],
            mark=mark,
            pages=row["pages"],
            told=row["told"].get(mark, 0),
            before=sums[mark][1] / sums[mark][0] if mark in sums else None,
            suspect=mark in row["aside"],
        )
        for mark in sorted({*row["told"], *sums})
    ]
