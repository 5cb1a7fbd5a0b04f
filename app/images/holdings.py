"""Pictures that are there: those that offers show, those that nothing leads to any more.

Each function works in the caller's transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, exists, func, select

from app.images.plan import Kind, Role
from app.images.rows import COLUMNS, EVERYTHING, IMAGE, SOURCE, USE, Known, Scope


def unused_sources(conn: Connection, count: int) -> list[str]:
    """Up to `count` addresses that no offer shows, locked; those that somebody just names are not.

    The use is looked for once more after the lock: whoever named one of them before is seen then.
    """
    unused = ~exists().where(USE.c.url_key == SOURCE.c.url_key)
    query = select(SOURCE.c.url_key).where(unused).limit(count)
    keys = list(conn.scalars(query.with_for_update(skip_locked=True)))
    used = set(conn.scalars(select(USE.c.url_key).where(USE.c.url_key.in_(keys))))
    return [key for key in keys if key not in used]


def drop_sources(conn: Connection, keys: Sequence[str]) -> None:
    """Forget addresses."""
    conn.execute(delete(SOURCE).where(SOURCE.c.url_key.in_(keys)))


def unused_pictures(conn: Connection, count: int, after: str = "") -> list[Known]:
    """Up to `count` pictures that no offer shows, in the order of their digest."""
    shown = exists().where(SOURCE.c.sha256 == IMAGE.c.sha256, USE.c.url_key == SOURCE.c.url_key)
    query = select(*COLUMNS).where(~shown, IMAGE.c.sha256 > after).order_by(IMAGE.c.sha256)
    return [Known(**row) for row in conn.execute(query.limit(count)).mappings()]


def count_unused_sources(conn: Connection) -> int:
    """How many addresses no offer shows."""
    unused = ~exists().where(USE.c.url_key == SOURCE.c.url_key)
    return conn.scalar(select(func.count()).select_from(SOURCE).where(unused)) or 0


def drop_pictures(conn: Connection, sha256: Sequence[str]) -> list[str]:
    """Forget those of these pictures that no address leads to; which ones that were."""
    meant = IMAGE.c.sha256.in_(sha256)
    there = list(conn.scalars(select(IMAGE.c.sha256).where(meant).with_for_update()))
    led = set(conn.scalars(select(SOURCE.c.sha256).where(SOURCE.c.sha256.in_(there))))
    free = [one for one in there if one not in led]
    conn.execute(delete(IMAGE).where(IMAGE.c.sha256.in_(free)))
    return free


def recorded(conn: Connection, sha256: Collection[str]) -> set[str]:
    """The files that these pictures have by their rows."""
    query = select(IMAGE.c.file, IMAGE.c.thumb).where(IMAGE.c.sha256.in_(sha256))
    return {path for row in conn.execute(query) for path in row}


def page_of(conn: Connection, after: str, count: int) -> list[Known]:
    """Pictures in the order of their digest."""
    query = select(*COLUMNS).where(IMAGE.c.sha256 > after).order_by(IMAGE.c.sha256).limit(count)
    return [Known(**row) for row in conn.execute(query).mappings()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """An address of an offer, with the picture that stands there once it was had."""

    offer_id: str
    role: str
    position: int
    url: str
    state: str
    failure: str | None
    picture: Known | None


def places(conn: Connection, offer_ids: Collection[str]) -> list[Place]:
    """The pictures that these offers show, in page order, those not had yet among them."""
    query = (
        select(USE, SOURCE.c.url, SOURCE.c.state, SOURCE.c.failure, *COLUMNS)
        .join(SOURCE, SOURCE.c.url_key == USE.c.url_key)
        .join(IMAGE, IMAGE.c.sha256 == SOURCE.c.sha256, isouter=True)
        .where(USE.c.offer_id.in_(offer_ids), SOURCE.c.kind == str(Kind.PICTURE))
        .order_by(USE.c.offer_id, USE.c.position)
    )
    return [_place_of(row) for row in conn.execute(query).mappings()]


def covers(conn: Connection, offer_ids: Collection[str]) -> dict[str, str]:
    """The first picture of each offer's gallery that was had: its sha256 by offer."""
    query = (
        select(USE.c.offer_id, IMAGE.c.sha256)
        .join(SOURCE, SOURCE.c.url_key == USE.c.url_key)
        .join(IMAGE, IMAGE.c.sha256 == SOURCE.c.sha256)
        .where(USE.c.offer_id.in_(offer_ids), USE.c.role == str(Role.GALLERY))
        .order_by(USE.c.position.desc())  # the last one of each offer stays
    )
    return dict(conn.execute(query).all())


def _place_of(row: Mapping[Any, Any]) -> Place:
    told = {name: row[name] for name in Known.__dataclass_fields__}
    own = {name: row[name] for name in ("offer_id", "role", "position", "url", "state", "failure")}
    return Place(**own, picture=None if told["sha256"] is None else Known(**told))


def totals(conn: Connection, scope: Scope = EVERYTHING) -> dict[str, int]:
    """How many addresses stand how: `waiting`, `fetched`, `failed`."""
    query = select(SOURCE.c.state, func.count()).where(*scope.sources).group_by(SOURCE.c.state)
    return dict(conn.execute(query).all())


def failures(conn: Connection, scope: Scope = EVERYTHING) -> dict[str, int]:
    """Of those that were not had, how many for which reason."""
    not_had = SOURCE.c.failure.is_not(None)
    query = select(SOURCE.c.failure, func.count()).where(not_had, *scope.sources)
    rows = conn.execute(query.group_by(SOURCE.c.failure).order_by(SOURCE.c.failure))
    return dict(rows.all())
