"""The profiles' rows: who is one now, and how each fares.

Each call is one transaction, by the database's clock. A row is made when it is first needed; a
profile without one is well. What events make of a profile is in `health.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    delete,
    or_,
    select,
    update,
)

from app import models
from app.models import table
from app.profiles import health
from app.profiles.health import Health, State
from app.profiles.values import ProfileHeld
from app.store.clock import now
from app.store.engine import consult, transact
from app.store.text import storable
from app.store.upsert import upsert

PROFILE = table(models.ProfileRow)
UNTOUCHED = ("name", "holder", "held_until", "created_at")
"""Columns that no event changes."""
REASON_LENGTH = 500


# One process at a time


def hold(engine: Engine, row: str, owner: str, seconds: float) -> None:
    """Be the only one who works as the profile, for so long. Raises ProfileHeld."""

    def work(conn: Connection) -> None:
        _locked(conn, row)
        _take(conn, row, _is_free(owner), owner, seconds)

    transact(engine, work)


def renew(engine: Engine, row: str, owner: str, seconds: float) -> None:
    """Go on holding; late is fine while nobody took it. Raises ProfileHeld."""
    transact(engine, lambda conn: _take(conn, row, PROFILE.c.holder == owner, owner, seconds))


def release(engine: Engine, row: str, owner: str) -> None:
    """Hold no longer; nothing happens where somebody else does."""
    mine = (PROFILE.c.name == row, PROFILE.c.holder == owner)
    free = update(PROFILE).where(*mine).values(holder=None, held_until=None)
    transact(engine, lambda conn: conn.execute(free))


def _is_free(owner: str) -> ColumnElement[bool]:
    """Held by nobody, by `owner`, or by a process that stopped renewing, so that it died."""
    holder, until = PROFILE.c.holder, PROFILE.c.held_until
    return or_(holder.is_(None), holder == owner, until < now())


def _take(conn: Connection, row: str, may: ColumnElement[bool], owner: str, seconds: float) -> None:
    query = update(PROFILE).where(PROFILE.c.name == row, may)
    if not conn.execute(query.values(holder=owner, held_until=now(seconds))).rowcount:
        raise _held(_find(conn, row), row)


def _held(found: Health | None, row: str) -> ProfileHeld:
    name = row.rpartition(":")[2]  # rows of a replica begin with its realm
    return ProfileHeld(name, (found and found.holder) or "nobody any more")


# How it fares


def note_good(engine: Engine, row: str, pages: int) -> Health:
    """The site showed so many pages."""
    return _change(engine, row, lambda found, at: health.after_good(found, pages, at))


def note_block(engine: Engine, row: str, reason: str, rests: Sequence[timedelta]) -> Health:
    """The site refused a page: the profile rests, or waits for a person (`rest_until` None).

    `reason` begins with the block's rule. Noted again while it rests, it changes nothing.
    """
    said = storable(reason, REASON_LENGTH)
    return _change(engine, row, lambda found, at: health.after_block(found, said, rests, at))


def note_login(engine: Engine, row: str, account: str) -> Health:
    """A person logged in as `account`: the profile is well."""
    return _change(engine, row, lambda found, at: health.after_login(found, account, at))


def revive(engine: Engine, row: str) -> Health:
    """A person says that the site may be asked again: the profile rests no longer."""
    return _change(engine, row, lambda found, _: health.revived(found))


def _change(engine: Engine, row: str, becomes: Callable[[Health, datetime], Health]) -> Health:
    def work(conn: Connection) -> Health:
        found = becomes(_locked(conn, row), _present(conn))
        values = {name: value for name, value in asdict(found).items() if name not in UNTOUCHED}
        conn.execute(update(PROFILE).where(PROFILE.c.name == row).values(values))
        return found

    return transact(engine, work)


# All there are


def read(engine: Engine, row: str) -> Health:
    """One profile's health as of now; that of a new one if it has no row."""

    def work(conn: Connection) -> Health:
        return (_find(conn, row) or Health(name=row)).seen_at(_present(conn))

    return consult(engine, work)


def listing(engine: Engine) -> list[Health]:
    """All rows as of now, by name."""

    def work(conn: Connection) -> list[Health]:
        present = _present(conn)
        rows = conn.execute(select(PROFILE).order_by(PROFILE.c.name)).mappings()
        return [_health(row).seen_at(present) for row in rows]

    return consult(engine, work)


def forget(engine: Engine, row: str, owner: str) -> bool:
    """Remove a profile's row; what it spent today stays booked. False if there was none.

    Raises ProfileHeld while a process other than `owner` is it.
    """

    def work(conn: Connection) -> bool:
        gone = delete(PROFILE).where(PROFILE.c.name == row, _is_free(owner))
        if conn.execute(gone).rowcount:
            return True
        if (found := _find(conn, row)) is not None:
            raise _held(found, row)
        return False

    return transact(engine, work)


def _present(conn: Connection) -> datetime:
    present: datetime = conn.execute(select(now())).scalar_one()
    return present


def _find(conn: Connection, row: str) -> Health | None:
    found = conn.execute(select(PROFILE).where(PROFILE.c.name == row)).mappings().first()
    return _health(found) if found else None


def _locked(conn: Connection, row: str) -> Health:
    """The row, made if it is missing, and ours until the transaction ends."""
    query = select(PROFILE).where(PROFILE.c.name == row).with_for_update()
    if (found := conn.execute(query).mappings().first()) is None:
        _make(conn, row)
        found = conn.execute(query).mappings().one()
    return _health(found)


def _make(conn: Connection, row: str) -> None:
    values: dict[str, Any] = asdict(Health(name=row, created_at=_present(conn)))
    # another may make it at the same moment: whatever that one wrote since stays
    upsert(conn, PROFILE, [values], keep=tuple(values.keys() - {"created_at"}))


def _health(row: RowMapping) -> Health:
    values = {str(name): value for name, value in row.items()}
    return Health(**values | {"state": State(row["state"])})
