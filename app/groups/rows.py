"""Traits, marks, pairs and groups in the database, in the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    TextClause,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    union,
    update,
)
from sqlalchemy.sql.dml import Insert

from app import models
from app.groups.candidates import COMPARED, marks_of
from app.groups.evidence import DOUBTFUL, Comparison
from app.groups.features import PICTURES, Features, features_of
from app.groups.union import Group, Pair, pair
from app.models import table
from app.store.clock import now
from app.store.upsert import upsert

OFFER = table(models.Offer)
IMAGE, SOURCE, USE = (table(each) for each in (models.Image, models.ImageSource, models.ImageUse))
TRAIT, MARK = table(models.GroupTrait), table(models.GroupMark)
PAIR, MEMBER = table(models.GroupPair), table(models.OfferGroup)
COMPARE, REGROUP, DONE = "compare", "regroup", "done"
ACCEPTED, REJECTED = "accepted", "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """A pair as its row has it."""

    pair: Pair
    confidence: float
    evidence: tuple[dict[str, Any], ...]
    verdict: str | None
    decided_at: datetime | None


def offers_after(conn: Connection, last: str, count: int, seconds: float | None) -> list[Features]:
    """The features of the next offers; with `seconds`, of those lately changed or pictured."""
    columns = ("offer_id", "title", "supplier_key", "category", "attributes")
    query = select(*(OFFER.c[name] for name in columns)).where(OFFER.c.offer_id > last)
    if seconds is not None:
        pictured = (
            select(USE.c.offer_id)
            .join(SOURCE, SOURCE.c.url_key == USE.c.url_key)
            .where(SOURCE.c.fetched_at >= now(-seconds))
        )
        recent = OFFER.c.changed_at >= now(-seconds)
        query = query.where(or_(recent, OFFER.c.offer_id.in_(pictured)))
    rows = conn.execute(query.order_by(OFFER.c.offer_id).limit(count)).mappings().all()
    pictures = _pictures(conn, [row["offer_id"] for row in rows])
    return [_features(row, pictures.get(row["offer_id"], ())) for row in rows]


def _features(row: Mapping[Any, Any], pictures: Sequence[int]) -> Features:
    told = row["attributes"] or ()
    return features_of(
        offer_id=row["offer_id"],
        title=row["title"],
        supplier=row["supplier_key"],
        category=(row["category"] or {}).get("leaf_id"),
        attributes=[(each["name"], each["values"]) for each in told],
        pictures=pictures,
    )


def _pictures(conn: Connection, offer_ids: Sequence[str]) -> dict[str, list[int]]:
    """The hashes of the galleries, as far as their pictures were fetched."""
    query = (
        select(USE.c.offer_id, IMAGE.c.dhash)
        .join(SOURCE, SOURCE.c.url_key == USE.c.url_key)
        .join(IMAGE, IMAGE.c.sha256 == SOURCE.c.sha256)
        .where(USE.c.offer_id.in_(offer_ids), USE.c.role == "gallery")
        .where(USE.c.position < 2 * PICTURES)
        .order_by(USE.c.offer_id, USE.c.position)
    )
    found: dict[str, list[int]] = {}
    for offer_id, dhash in conn.execute(query):
        found.setdefault(offer_id, []).append(dhash)
    return found


def renew(conn: Connection, told: Sequence[Features]) -> int:
    """Store what is new of these features, to be compared next; how many offers that are."""
    before = traits_of(conn, [each.offer_id for each in told])
    changed = [each for each in told if before.get(each.offer_id) != each]
    rows = []
    for each in changed:
        old = before.get(each.offer_id)
        _save_marks(conn, each.offer_id, marks_of(old) if old else frozenset(), marks_of(each))
        own = {"offer_id": each.offer_id, "supplier_key": each.supplier}
        rows.append(own | {"traits": each.as_json(), "state": COMPARE})
    upsert(conn, TRAIT, rows)
    return len(changed)


def _save_marks(
    conn: Connection, offer_id: str, before: frozenset[int], after: frozenset[int]
) -> None:
    if went := sorted(before - after):
        conn.execute(delete(MARK).where(MARK.c.offer_id == offer_id, MARK.c.mark.in_(went)))
    if came := sorted(after - before):
        conn.execute(_insert_new(conn), [{"mark": mark, "offer_id": offer_id} for mark in came])


def _insert_new(conn: Connection) -> Insert:
    """Marks that are there already, left behind by an offer of that id, stay as they are."""
    ignore = "IGNORE" if conn.dialect.name == "mysql" else "OR IGNORE"
    return insert(MARK).prefix_with(ignore)


def traits_of(conn: Connection, offer_ids: Collection[str]) -> dict[str, Features]:
    """The stored features of offers, as far as they were looked at."""
    query = select(TRAIT.c.offer_id, TRAIT.c.traits).where(TRAIT.c.offer_id.in_(offer_ids))
    return {offer_id: Features.read(offer_id, told) for offer_id, told in conn.execute(query)}


def waiting(conn: Connection, state: str, count: int) -> list[str]:
    """Offers in a state, by id."""
    query = select(TRAIT.c.offer_id).where(TRAIT.c.state == state)
    return list(conn.scalars(query.order_by(TRAIT.c.offer_id).limit(count)))


def count_in(conn: Connection, state: str) -> int:
    """How many offers are in a state."""
    return conn.scalar(select(func.count()).where(TRAIT.c.state == state)) or 0


def move(conn: Connection, offer_ids: Iterable[str], state: str) -> None:
    """Bring offers into a state; those to be compared are so before anything else."""
    meant = TRAIT.c.offer_id.in_(sorted(offer_ids, key=int))
    busy = TRAIT.c.state != COMPARE
    own = (meant, busy) if state == REGROUP else (meant,)
    conn.execute(update(TRAIT).where(*own), {"state": state})


def candidates_of(conn: Connection, features: Features) -> set[str]:
    """The offers that have a mark in common with one, of each mark the first ones only."""
    marks = sorted(marks_of(features))
    if not marks:
        return set()
    asked = {f"m{place}": mark for place, mark in enumerate(marks)}
    found = {str(each) for each in conn.scalars(_first_of(len(marks)), asked)}
    return found - {features.offer_id}


@cache
def _first_of(marks: int) -> TextClause:
    """One statement for all marks of an offer: each is a short range of the key."""
    first = f"WHERE mark = :m{{0}} ORDER BY offer_id LIMIT {COMPARED + 1}"
    part = f"SELECT * FROM (SELECT offer_id FROM group_mark {first}) t{{0}}"  # noqa: S608 - numbers
    parts = (part.format(place) for place in range(marks))
    binds = (bindparam(f"m{place}", type_=BigInteger()) for place in range(marks))
    return text(" UNION ".join(parts)).bindparams(*binds)


def pairs_of(conn: Connection, offer_ids: Collection[str]) -> list[Doubt]:
    """The pairs of which these offers are one side."""
    sides = (PAIR.c.offer_id, PAIR.c.other_id)
    query = union(*(select(*PAIR.c.values()).where(side.in_(offer_ids)) for side in sides))
    return [_doubt(row) for row in conn.execute(query).mappings()]


def pairs_with(conn: Connection, offer_id: str, others: Collection[str]) -> list[Doubt]:
    """The pairs of an offer with others whose ids are larger."""
    own = (PAIR.c.offer_id == offer_id, PAIR.c.other_id.in_(others))
    return [_doubt(row) for row in conn.execute(select(PAIR).where(*own)).mappings()]


def pairs_with_any(conn: Connection, pairs: Collection[Pair]) -> list[Doubt]:
    """These pairs, in no order."""
    firsts, others = ({each[side] for each in pairs} for side in (0, 1))
    query = select(PAIR).where(PAIR.c.offer_id.in_(firsts), PAIR.c.other_id.in_(others))
    found = (_doubt(row) for row in conn.execute(query).mappings())
    return [one for one in found if one.pair in pairs]


def size_of(conn: Connection, group_id: str) -> int:
    """How many offers a group has."""
    own = MEMBER.c.group_id == group_id
    return conn.scalar(select(func.count()).select_from(MEMBER).where(own)) or 0


def _doubt(row: Mapping[Any, Any]) -> Doubt:
    return Doubt(
        pair=(row["offer_id"], row["other_id"]),
        confidence=float(row["confidence"]),
        evidence=tuple(row["evidence"] or ()),
        verdict=row["verdict"],
        decided_at=row["decided_at"],
    )


def save_pairs(conn: Connection, offer_id: str, found: Mapping[str, Comparison]) -> set[str]:
    """Store how an offer compares with others; whose groups that touches.

    Pairs that are none any more are forgotten, unless a person has said something of them.
    """
    kept = {
        pair(offer_id, other): one for other, one in found.items() if one.confidence >= DOUBTFUL
    }
    before = {each.pair: each for each in pairs_of(conn, [offer_id])}
    stale = [each.pair for each in before.values() if each.pair not in kept and not each.verdict]
    for one, other in sorted(stale):
        conn.execute(delete(PAIR).where(PAIR.c.offer_id == one, PAIR.c.other_id == other))
    new = {key: one for key, one in kept.items() if _differs(before.get(key), one)}
    rows = [pair_row(key, new[key]) for key in sorted(new, key=_in_order)]
    upsert(conn, PAIR, rows, keep=("verdict", "decided_at"))
    return {each for key in (*stale, *new) for each in key}


def _in_order(key: Pair) -> tuple[int, int]:
    return int(key[0]), int(key[1])


def _differs(before: Doubt | None, one: Comparison) -> bool:
    return before is None or (
        before.confidence != one.confidence
        or list(before.evidence) != [asdict(each) for each in one.evidence]
    )


def pair_row(key: Pair, one: Comparison) -> dict[str, Any]:
    """The row of a pair that nobody has said anything of."""
    told = [asdict(each) for each in one.evidence]
    own = {"offer_id": key[0], "other_id": key[1], "confidence": one.confidence, "evidence": told}
    return own | {"verdict": None, "decided_at": None}


def doubtful(conn: Connection, count: int) -> tuple[list[Doubt], int]:
    """The pairs that a person should look at, the likeliest first, and how many there are.

    Sure pairs are among them where grouping found that something speaks against it.
    """
    mine, theirs = MEMBER.alias("mine"), MEMBER.alias("theirs")
    meant = (
        PAIR.c.verdict.is_(None),
        PAIR.c.confidence >= DOUBTFUL,
        or_(
            mine.c.group_id.is_(None),
            theirs.c.group_id.is_(None),
            mine.c.group_id != theirs.c.group_id,
        ),
    )
    joined = PAIR.outerjoin(mine, mine.c.offer_id == PAIR.c.offer_id).outerjoin(
        theirs, theirs.c.offer_id == PAIR.c.other_id
    )
    total = conn.scalar(select(func.count()).select_from(joined).where(*meant)) or 0
    order = (PAIR.c.confidence.desc(), PAIR.c.offer_id, PAIR.c.other_id)
    query = select(*PAIR.c.values()).select_from(joined).where(*meant).order_by(*order)
    return [_doubt(row) for row in conn.execute(query.limit(count)).mappings()], total


def members_of(conn: Connection, group_ids: Collection[str]) -> dict[str, list[str]]:
    """The offers of groups, by id."""
    query = select(MEMBER.c.group_id, MEMBER.c.offer_id).where(MEMBER.c.group_id.in_(group_ids))
    found: dict[str, list[str]] = {}
    for group_id, offer_id in conn.execute(query.order_by(MEMBER.c.offer_id)):
        found.setdefault(group_id, []).append(offer_id)
    return found


def groups_of(conn: Connection, offer_ids: Collection[str]) -> dict[str, str]:
    """Offer -> the group that it is of."""
    query = select(MEMBER.c.offer_id, MEMBER.c.group_id).where(MEMBER.c.offer_id.in_(offer_ids))
    return dict(conn.execute(query).all())


def save_groups(conn: Connection, offer_ids: Collection[str], found: Iterable[Group]) -> None:
    """These offers are of these groups, and of no other."""
    conn.execute(delete(MEMBER).where(MEMBER.c.offer_id.in_(sorted(offer_ids, key=int))))
    rows = [
        {"offer_id": each, "group_id": group.name, "confidence": group.confidence[each]}
        for group in found
        for each in group.members
    ]
    if rows:
        conn.execute(insert(MEMBER), sorted(rows, key=lambda row: int(str(row["offer_id"]))))
