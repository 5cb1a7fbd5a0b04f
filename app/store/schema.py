"""Bringing a database to the newest form of the tables, and telling which form it has.

The forms are the revisions in `app/models/migrations/versions`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from app.models import migrations
from app.store.engine import DatabaseUnavailable, StoreError, consult, transact

HEAD = "0016"
"""The newest revision; a constant, so that looking whether anything is to do costs no Alembic."""
LOCK, LOCK_SECONDS = "pwsync_migrate", 50


class SchemaUnknown(StoreError):
    """The database was made by another, probably newer, pwsync."""


def migrate(engine: Engine, *, to: str = HEAD) -> bool:
    """Bring the database up to a revision; True if there was anything to do.

    Two processes may start at once: one migrates, the other waits and finds it done. Raises
    DatabaseUnavailable, SchemaUnknown.
    """
    if revision(engine) == to:
        return False
    with _alone(engine):
        return transact(engine, lambda conn: _migrate(conn, to))


def revision(engine: Engine) -> str | None:
    """The database's revision, None for an empty one. Raises DatabaseUnavailable."""
    return consult(engine, _revision)


def _revision(conn: Connection) -> str | None:
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _migrate(conn: Connection, to: str) -> bool:
    found = _revision(conn)
    if found == to:
        return False
    _upgrade(conn, found, to)
    if to == HEAD:
        _fill(conn)
    return True


def _fill(conn: Connection) -> None:
    """Make the rows that follow from others and that an older form did not have.

    In the transaction that notes the new revision: one that is killed here begins again.
    """
    from app.store.refill import fill_facets  # noqa: PLC0415 - a migrated database needs none

    fill_facets(conn)


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Keep others from migrating. SQLite's write transaction does; MySQL commits at each DDL.

    The lock has its own connection: it must outlive the COMMIT of the revision, else the next one
    still finds the old revision.
    """
    if engine.dialect.name != "mysql":
        yield
        return
    name = f"{LOCK}:{engine.url.database}"[:64]
    wanted = {"name": name, "wait": LOCK_SECONDS}
    with engine.connect() as conn:
        if not conn.scalar(text("SELECT GET_LOCK(:name, :wait)"), wanted):
            raise DatabaseUnavailable(f"another process migrates it for over {LOCK_SECONDS} s")
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a lost connection has lost its lock, too
                conn.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": name})


def _upgrade(conn: Connection, found: str | None, to: str) -> None:
    from alembic import command  # noqa: PLC0415 - 0.2 s that a migrated database does not need
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415
    from alembic.util.exc import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = conn
    try:
        ScriptDirectory.from_config(config).get_revision(found or "base")
    except CommandError as error:
        raise SchemaUnknown(
            f"the database has revision {found}, this pwsync knows up to {HEAD}: "
            "use the pwsync that made it, or a newer one"
        ) from error
    command.upgrade(config, to)
