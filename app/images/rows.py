"""Pictures in the database: which offers show which addresses, what came of asking for them.

Each function works in the caller's transaction. Files are written before their rows, by the caller.
Times are the database's; two claimers never get the same address while its claim lasts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from app import models
from app.images.failures import Failure, PictureFailed, next_try
from app.images.plan import Kind, Role, Shown, Wanted, key_of, wanted_of
from app.models import table
from app.store.clock import now
from app.store.offers import describe
from app.store.text import storable
from app.store.upsert import upsert

OFFER, SKU, SHOWN = (table(each) for each in (models.Offer, models.Sku, models.OfferImage))
ITEM = table(models.RunItem)
IMAGE, SOURCE, USE = (table(each) for each in (models.Image, models.ImageSource, models.ImageUse))
LONGEST_DETAIL = 500

Values = dict[str, Any]


class State(StrEnum):
    """How an address stands."""

    WAITING = "waiting"
    FETCHED = "fetched"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Whose addresses are meant; those of all offers if nothing is given."""

    offer_id: str | None = None
    run_id: int | None = None
    """Offers that this run stored."""
    seconds: float | None = None
    """Offers seen within so long."""

    @property
    def offers(self) -> ColumnElement[bool] | None:
        """Which rows of `offer` are meant; None: all."""
        if self.offer_id is not None:
            return OFFER.c.offer_id == self.offer_id
        if self.run_id is not None:
            own = select(ITEM.c.offer_id).where(
                ITEM.c.run_id == self.run_id, ITEM.c.kind == "offer"
            )
            return OFFER.c.offer_id.in_(own)
        if self.seconds is not None:
            return OFFER.c.observed_at >= now(-self.seconds)
        return None

    @property
    def sources(self) -> list[ColumnElement[bool]]:
        """The same as conditions on rows of `image_source`."""
        if (meant := self.offers) is None:
            return []
        ids = select(OFFER.c.offer_id).where(meant)
        return [SOURCE.c.url_key.in_(select(USE.c.url_key).where(USE.c.offer_id.in_(ids)))]


EVERYTHING = Scope()


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A claimed address."""

    key: str
    kind: Kind
    url: str
    profile: str
    tries: int
    """This one included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A picture as its row has it."""

    sha256: str
    format: str
    bytes: int
    width: int
    height: int
    dhash: int
    file: str
    file_bytes: int
    file_sha256: str
    thumb: str
    thumb_bytes: int
    thumb_sha256: str

    def files(self) -> tuple[tuple[str, int, str], ...]:
        """Path, size and sha256 of each of its files."""
        return (
            (self.file, self.file_bytes, self.file_sha256),
            (self.thumb, self.thumb_bytes, self.thumb_sha256),
        )


COLUMNS = tuple(IMAGE.c[name] for name in Known.__dataclass_fields__)


# What offers show


def shown_in(conn: Connection, offer_id: str) -> Shown | None:
    """The addresses that a stored offer shows; None where there is no such offer."""
    columns = (OFFER.c.description_url, OFFER.c.description_image_count, OFFER.c.sku_axes)
    offer = conn.execute(select(*columns).where(OFFER.c.offer_id == offer_id)).mappings().first()
    if offer is None:
        return None
    rows = conn.execute(
        select(SHOWN.c.role, SHOWN.c.url)
        .where(SHOWN.c.offer_id == offer_id)
        .order_by(SHOWN.c.position)
    ).all()
    skus = select(SKU.c.image_url).where(SKU.c.offer_id == offer_id, SKU.c.image_url.is_not(None))
    axes = [value.get("image_url") for axis in offer["sku_axes"] or () for value in axis["values"]]
    described = offer["description_image_count"] is not None
    return Shown(
        offer_id=offer_id,
        gallery=[url for role, url in rows if role == "gallery"],
        skus=[*filter(None, axes), *conn.scalars(skus.order_by(SKU.c.position))],
        description=[url for role, url in rows if role == "description"] if described else None,
        script=offer["description_url"],
    )


def queue(conn: Connection, offer_id: str, *, profile: str) -> int:
    """See that all addresses of a stored offer are known, and asked for if they never were.

    Returns how many were not known before. What the offer shows no longer is no longer its use.
    """
    shown = shown_in(conn, offer_id)
    if shown is None:
        return 0
    new = _note(conn, shown, profile)
    if shown.description is None and shown.script and _describe_as_known(conn, shown):
        shown = shown_in(conn, offer_id) or shown
        new += _note(conn, shown, profile)
    return new


def queue_all(conn: Connection, offer_ids: Sequence[str], *, profile: str) -> int:
    """The same for several offers, in order."""
    return sum(queue(conn, offer_id, profile=profile) for offer_id in offer_ids)


def _note(conn: Connection, shown: Shown, profile: str) -> int:
    wanted = sorted(wanted_of(shown), key=lambda one: one.key)
    keys = [one.key for one in wanted]
    known = set(conn.scalars(select(SOURCE.c.url_key).where(SOURCE.c.url_key.in_(keys))))
    present = conn.scalar(select(now()))
    # all of them, not only those unknown: a row that is named here is not deleted meanwhile (`gc`)
    _insert_missing(conn, SOURCE, [_source_row(one, profile, present) for one in wanted])
    _renew_uses(conn, shown, wanted)
    return len([key for key in keys if key not in known])


def _source_row(wanted: Wanted, profile: str, present: Any) -> Values:
    refused = None if wanted.is_allowed else str(Failure.WRONG_ADDRESS)
    return {
        "url_key": wanted.key,
        "url": wanted.url,
        "kind": str(wanted.kind),
        "profile": profile,
        "state": str(State.FAILED if refused else State.WAITING),
        "failure": refused,
        "tries": 0,
        "not_before": present,
        "seen_at": present,
    }


def _renew_uses(conn: Connection, shown: Shown, wanted: Sequence[Wanted]) -> None:
    places = {one.url: place for place, one in enumerate(wanted_of(shown))}
    rows = {one.key: (str(one.role), places[one.url]) for one in wanted}
    query = select(USE.c.url_key, USE.c.role, USE.c.position).where(
        USE.c.offer_id == shown.offer_id
    )
    there = {key: (role, place) for key, role, place in conn.execute(query)}
    if vanished := sorted(there.keys() - rows.keys()):
        own = (USE.c.offer_id == shown.offer_id, USE.c.url_key.in_(vanished))
        conn.execute(delete(USE).where(*own))
    changed = [
        {"offer_id": shown.offer_id, "url_key": key, "role": role, "position": place}
        for key, (role, place) in rows.items()
        if there.get(key) != (role, place)
    ]
    upsert(conn, USE, changed)


def _insert_missing(conn: Connection, target: Table, rows: Sequence[Values]) -> None:
    if rows:
        ignoring = insert(target).prefix_with("IGNORE", dialect="mysql")
        conn.execute(ignoring.prefix_with("OR IGNORE", dialect="sqlite"), list(rows))


def _describe_as_known(conn: Connection, shown: Shown) -> bool:
    """Give an offer the description that was fetched for another one, or for it long ago."""
    assert shown.script is not None
    query = select(SOURCE.c.found).where(SOURCE.c.url_key == key_of(shown.script))
    found = conn.scalar(query)
    return found is not None and describe(conn, shown.offer_id, shown.script, found)


# Claims, and what came of them


def claim(
    conn: Connection, count: int, *, lease_seconds: float, scope: Scope = EVERYTHING
) -> list[Source]:
    """Up to `count` addresses that are due, for so long; those of a killed worker are due again."""
    query = (
        select(SOURCE)
        .where(SOURCE.c.state == str(State.WAITING), SOURCE.c.not_before <= now(), *scope.sources)
        .order_by(SOURCE.c.not_before)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    rows = conn.execute(query).mappings().all()
    if rows:
        own = SOURCE.c.url_key.in_([row["url_key"] for row in rows])
        leased = {"not_before": now(lease_seconds), "tries": SOURCE.c.tries + 1}
        conn.execute(update(SOURCE).where(own).values(leased))
    return [_source_of(row) for row in rows]


def _source_of(row: Mapping[Any, Any]) -> Source:
    return Source(
        key=row["url_key"],
        kind=Kind(row["kind"]),
        url=row["url"],
        profile=row["profile"],
        tries=row["tries"] + 1,
    )


def give_back(conn: Connection, sources: Collection[Source]) -> None:
    """Addresses that were claimed and not asked for."""
    own = SOURCE.c.url_key.in_([source.key for source in sources])
    free = {"not_before": now(), "tries": SOURCE.c.tries - 1}
    conn.execute(update(SOURCE).where(own, SOURCE.c.state == str(State.WAITING)).values(free))


def known(conn: Connection, sha256: str) -> Known | None:
    """The picture with these original bytes, if it is kept already."""
    row = conn.execute(select(*COLUMNS).where(IMAGE.c.sha256 == sha256)).mappings().first()
    return Known(**row) if row else None


def settle_picture(conn: Connection, source: Source, picture: Known) -> None:
    """The picture stands at the address; its files are written."""
    row = {name: getattr(picture, name) for name in Known.__dataclass_fields__}
    present = conn.scalar(select(now()))
    upsert(conn, IMAGE, [row | {"fetched_at": present}], keep=("fetched_at",))
    _fetched(conn, source, sha256=picture.sha256)


def settle_script(conn: Connection, source: Source, urls: Sequence[str]) -> None:
    """The description names these pictures: its offers show them from now on, and they are due."""
    # first what is offers', then sources: everybody locks in this order
    users = select(USE.c.offer_id).where(
        USE.c.url_key == source.key, USE.c.role == str(Role.SCRIPT)
    )
    for offer_id in sorted(conn.scalars(users), key=int):
        if describe(conn, offer_id, source.url, urls) and (shown := shown_in(conn, offer_id)):
            _note(conn, shown, source.profile)
    _fetched(conn, source, found=list(urls))


def _fetched(conn: Connection, source: Source, **facts: Any) -> None:
    done = {"state": str(State.FETCHED), "failure": None, "detail": None, "fetched_at": now()}
    conn.execute(update(SOURCE).where(SOURCE.c.url_key == source.key).values(done | facts))


def settle_failure(conn: Connection, source: Source, error: PictureFailed) -> float | None:
    """Write why it was not had; seconds to the next try, None if that was the last.

    A success that somebody else had meanwhile stays.
    """
    again = next_try(error.word, source.tries, error.after)
    facts: Values = {"failure": str(error.word), "detail": storable(error.detail, LONGEST_DETAIL)}
    facts |= {"state": str(State.FAILED)} if again is None else {"not_before": now(again)}
    waiting = (SOURCE.c.url_key == source.key, SOURCE.c.state == str(State.WAITING))
    conn.execute(update(SOURCE).where(*waiting).values(facts))
    return again


def ask_again(conn: Connection, scope: Scope, *, sha256: Collection[str] | None = None) -> int:
    """Make addresses due that failed, or that lead to these pictures, whose files are lost."""
    if sha256 is None:
        own = [SOURCE.c.state == str(State.FAILED), SOURCE.c.failure != str(Failure.WRONG_ADDRESS)]
    else:
        own = [SOURCE.c.sha256.in_(sha256)]
    due = {"state": str(State.WAITING), "tries": 0, "not_before": now(), "fetched_at": None}
    changed = update(SOURCE).where(*own, *scope.sources).values(due)
    return conn.execute(changed).rowcount


def offers_in(conn: Connection, scope: Scope) -> list[str]:
    """The offers that a scope means, in order."""
    query = select(OFFER.c.offer_id).order_by(OFFER.c.offer_id)
    return list(conn.scalars(query if scope.offers is None else query.where(scope.offers)))
