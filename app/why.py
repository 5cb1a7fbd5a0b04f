"""Everything that is known of how an offer came to be as it is stored, in one picture of the books.

Who asked for it and what became of that, the pages that were read, where each value stood, what
changed, what was refused, and where it was exported to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, and_, func, select

from app import models
from app.archive.reading import Wanted, find
from app.archive.values import Kind, Record
from app.export.marks import Given, exports_of
from app.items import as_json
from app.models import table
from app.runs.outcomes import ItemKind
from app.store import changes, offers, quarantine
from app.store.changes import Recorded
from app.store.engine import consult
from app.store.offers import StoredOffer

RUN, ITEM, ATTEMPT = table(models.Run), table(models.RunItem), table(models.Attempt)
OF_STORED = ("version", "gone", "run_id", "token", "first_seen_at", "changed_at", "observed_at")
LATEST = 5
"""Runs, pages, changes and cases that are told of each, unless somebody wants more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """One try of a run."""

    attempt: int
    token: int
    owner: str
    started_at: datetime
    ended_at: datetime | None
    ending: str | None
    """None while it is open."""
    reason: str | None
    page: Record | None
    """The document that it loaded last, if it is in the archive; of a block, the evidence."""

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        ended = self.ended_at
        return None if ended is None else (ended - self.started_at).total_seconds()


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One run that named the offer."""

    run_id: int
    kind: str
    label: str
    batch: str | None
    """The declared batch that opened it."""
    profile: str | None
    """As whom it asked."""
    asked_at: datetime
    mentions: int
    """Input lines that named the offer."""
    state: str
    """Of the item: `queued`, `leased` or its outcome."""
    reason: str | None
    tries: tuple[Tried, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """What is told of an offer; of each list the latest come first."""

    offer_id: str
    stored: StoredOffer | None
    runs: int
    """In all; `asked` holds the latest of them."""
    asked: tuple[Asked, ...]
    pages: tuple[Record, ...]
    changes: tuple[Recorded, ...]
    cases: tuple[Mapping[str, Any], ...]
    """Rows of the quarantine."""
    exports: tuple[Given, ...] = ()
    """Under marks (`export --since-last`); others remember no offers."""

    @property
    def is_known(self) -> bool:
        """Whether anything is known of it at all."""
        return bool(self.stored or self.runs or self.cases)


def why(engine: Engine, offer_id: str, *, latest: int = LATEST) -> Why:
    """Look an offer up. Raises DatabaseUnavailable."""
    return consult(engine, lambda conn: _why(conn, offer_id, latest))


def _why(conn: Connection, offer_id: str, latest: int) -> Why:
    mine = (ITEM.c.offer_id == offer_id, ITEM.c.kind == str(ItemKind.OFFER))
    some_run = ITEM.c.run_id.in_(select(RUN.c.id))  # no index has items by offer; runs are few
    wanted = Wanted(kind=Kind.OFFER, keys=(offer_id,))
    return Why(
        offer_id=offer_id,
        stored=offers.load(conn, offer_id),
        runs=conn.scalar(select(func.count()).select_from(ITEM).where(some_run, *mine)) or 0,
        asked=tuple(_asked(conn, offer_id, latest)),
        pages=tuple(find(conn, wanted, limit=latest)),
        changes=tuple(islice(changes.of_offer(conn, offer_id), latest)),
        cases=tuple(quarantine.of_offer(conn, offer_id, limit=latest)),
        exports=tuple(exports_of(conn, offer_id)),
    )


def _asked(conn: Connection, offer_id: str, latest: int) -> Sequence[Asked]:
    query = (
        select(RUN, ITEM.c.mentions, ITEM.c.state.label("item_state"), ITEM.c.reason.label("said"))
        .join(ITEM, ITEM.c.run_id == RUN.c.id)
        .where(ITEM.c.offer_id == offer_id, ITEM.c.kind == str(ItemKind.OFFER))
        .order_by(RUN.c.id.desc())
        .limit(latest)
    )
    rows = conn.execute(query).mappings().all()
    tries = _tries(conn, offer_id, [row["id"] for row in rows])
    return [_one(row, tries.get(row["id"], [])) for row in rows]


def _one(row: Mapping[Any, Any], tries: Sequence[Tried]) -> Asked:
    options = row["options"] or {}
    return Asked(
        run_id=row["id"],
        kind=row["kind"],
        label=row["label"],
        batch=options.get("batch"),
        profile=options.get("profile"),
        asked_at=row["created_at"],
        mentions=row["mentions"],
        state=row["item_state"],
        reason=row["said"],
        tries=tuple(tries),
    )


def _tries(conn: Connection, offer_id: str, runs: Sequence[int]) -> dict[int, list[Tried]]:
    own = and_(ATTEMPT.c.offer_id == offer_id, ATTEMPT.c.run_id.in_(runs))
    query = select(ATTEMPT).where(own).order_by(ATTEMPT.c.run_id, ATTEMPT.c.attempt)
    loaded = _loaded(conn, offer_id, runs)
    found: dict[int, list[Tried]] = {}
    for row in conn.execute(query).mappings():
        told = {name: row[name] for name in _OF_TRY}
        page = loaded.get((row["run_id"], row["token"]))
        found.setdefault(row["run_id"], []).append(Tried(**told, page=page))
    return found


_OF_TRY = tuple(name for name in Tried.__slots__ if name != "page")


def _loaded(conn: Connection, offer_id: str, runs: Sequence[int]) -> dict[tuple[int, int], Record]:
    """The document that each try loaded last."""
    found: dict[tuple[int, int], Record] = {}
    for run_id in runs:
        wanted = Wanted(kind=Kind.OFFER, keys=(offer_id,), run_id=run_id)
        for record in reversed(find(conn, wanted)):
            found[record.run_id, record.token] = record
    return found


def as_document(found: Why) -> dict[str, Any]:
    """The same for programs."""
    stored = found.stored
    item = as_json(stored.item) if stored else {}
    return {
        "offer_id": found.offer_id,
        "stored": stored and _plain({name: getattr(stored, name) for name in OF_STORED}),
        "runs": found.runs,
        "asked": [_plain(asdict(one)) for one in found.asked],
        "pages": [_plain(asdict(one)) for one in found.pages],
        "values": {
            name: {"value": item.get(name), "carrier": source.carrier, "path": source.path}
            for name, source in (stored.item.provenance.items() if stored else ())
        },
        "changes": [_plain(asdict(one)) for one in found.changes],
        "quarantine": [_plain(dict(one)) for one in found.cases],
        "exports": [
            {"mark": one.mark, "version": one.version, **_plain(asdict(one.export))}
            for one in found.exports
        ],
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it: times with a zone, words of enums."""
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
