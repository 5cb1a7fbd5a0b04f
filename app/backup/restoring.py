"""Putting a backup into an empty database and a data folder, whichever revision it was made at."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, Engine

from app.backup import folders, sealed, tables
from app.backup.values import Backup, BackupError, Tell, quiet
from app.store.engine import reading, transact
from app.store.schema import HEAD, migrate, revision


def restore(
    engine: Engine, home: Path, backup: Backup, *, key: str | None = None, tell: Tell = quiet
) -> int:
    """Put a backup where nothing is yet, then migrate to the newest revision; how many rows it had.

    An older backup needs a database without tables. Without a key sealed cookies and tokens stay
    where they are. Raises BackupError, before anything is written, and OSError.
    """
    if not backup.revision.isdecimal() or backup.revision > HEAD:
        raise BackupError(
            f"{backup.folder} has revision {backup.revision}, this pwsync knows up to {HEAD}: "
            "restore it with the version that made it, or a newer one"
        )
    if flaws := folders.wrong(backup, tell):
        raise BackupError(f"{backup.folder}: {flaws[0]}; nothing was restored")
    secrets = _secrets(backup, home, key)
    _refuse_a_database_in_use(engine, backup)
    for kind in folders.KINDS:
        folders.take(backup.folder / kind, home / kind, linked=False, tell=tell)
    folders.take_papers(backup.folder, home)
    sealed.put_back(secrets, home)
    migrate(engine, to=backup.revision)
    rows = transact(engine, lambda conn: _load(conn, backup, tell))
    migrate(engine)
    return rows


def _secrets(backup: Backup, home: Path, key: str | None) -> Mapping[str, bytes]:
    if key is None or not backup.has_secrets:
        return {}
    found = sealed.unseal(backup.folder / sealed.FILE, key)
    if other := next(sealed.in_the_way(found, home), None):
        raise BackupError(f"{home / other} is there already and differs: move it away")
    return found


def _load(conn: Connection, backup: Backup, tell: Tell) -> int:
    return tables.load(conn, backup.folder / "database", backup.rows, tell)


def _refuse_a_database_in_use(engine: Engine, backup: Backup) -> None:
    found = revision(engine)
    if found not in {None, backup.revision}:
        raise BackupError(
            f"{backup.folder} has revision {backup.revision}, the database {found} already: "
            "restore it into a database without tables; it is migrated afterwards"
        )
    with reading(engine) as conn:
        if there := next(tables.filled(conn), None):
            raise BackupError(f"the database has rows ({there}): restore into an empty one")
