"""A backup as a folder: written whole or not at all, checked against its manifest, restored.

Cookies and tokens are not in it: a backup lies where others may read it.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from app.backup import tables
from app.store.engine import reading, transact
from app.store.schema import HEAD

MANIFEST = "manifest.json"
NAME = "%Y-%m-%dT%H%M%SZ"
KINDS = ("images", "archive")
"""Folders of the data folder that go along."""
IMMUTABLE = frozenset({"images"})
"""Files that are never written again: a second name for them is as good as a copy."""
BLOCK = 2**20


class BackupError(Exception):
    """A backup cannot be made, trusted or restored; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """A backup that was finished."""

    folder: Path
    made_at: datetime
    revision: str
    rows: dict[str, int]
    files: dict[str, str]
    """sha256 by path within the backup."""

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum((self.folder / name).stat().st_size for name in self.files)


def create(engine: Engine, home: Path, backups: Path) -> Backup:
    """Make a backup of the database and of the data folder. Raises OSError, DatabaseUnavailable.

    The database first: a file is on disk before the row that names it, so none is missing.
    """
    made_at = datetime.now(UTC)
    folder = backups / made_at.strftime(NAME)
    if folder.exists():
        raise BackupError(f"{folder} is there already: wait a second")
    partial = backups / f".{folder.name}.partial-{os.getpid()}"
    try:
        (partial / "database").mkdir(parents=True, mode=0o700)
        with reading(engine) as conn:
            rows = tables.dump(conn, partial / "database")
        for kind in KINDS:
            _take(home / kind, partial / kind, linked=kind in IMMUTABLE)
        files = {name: _digest(partial / name) for name in _names(partial)}
        told = {"made_at": made_at.isoformat(), "revision": HEAD, "rows": rows, "files": files}
        _write(partial / MANIFEST, orjson.dumps(told, option=orjson.OPT_INDENT_2))
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return read(folder)


def _take(source: Path, target: Path, *, linked: bool) -> None:
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.is_file() and not path.is_symlink():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # pruned in this very moment
                _put(path, place, linked=linked)


def _put(path: Path, place: Path, *, linked: bool) -> None:
    if linked:
        with suppress(OSError):  # another disk
            place.hardlink_to(path)
            return
    shutil.copyfile(path, place)


def _names(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            yield str(path.relative_to(folder))


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Backup:
    """A finished backup. Raises BackupError if there is none."""
    try:
        told: dict[str, Any] = orjson.loads((folder / MANIFEST).read_bytes())
        return Backup(
            folder=folder,
            made_at=datetime.fromisoformat(told["made_at"]),
            revision=told["revision"],
            rows=told["rows"],
            files=told["files"],
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise BackupError(
            f"{folder} is no finished backup; `pwsync backup list` has them"
        ) from error


def listed(backups: Path) -> list[Backup]:
    """Finished backups, oldest first."""
    found = []
    for folder in sorted(backups.iterdir()) if backups.is_dir() else ():
        if folder.is_dir() and not folder.name.startswith("."):
            with suppress(BackupError):
                found.append(read(folder))
    return found


def thin(backups: Path, keep: int) -> list[Backup]:
    """Remove all finished backups but the newest `keep`; which they were."""
    old = listed(backups)[: -max(1, keep)]
    for one in old:
        # Out of the list at once: one that is half removed must not pass for a backup.
        going = one.folder.rename(one.folder.with_name(f".{one.folder.name}.old"))
        shutil.rmtree(going)
    return old


def wrong(backup: Backup) -> Sequence[str]:
    """What is not as it was: files that are missing, changed or more, tables cut short."""
    there = set(_names(backup.folder))
    found = [f"{name}: not in the manifest" for name in sorted(there - set(backup.files))]
    for name, digest in backup.files.items():
        if name not in there:
            found.append(f"{name}: missing")
        elif _digest(backup.folder / name) != digest:
            found.append(f"{name}: changed")
    return found or _short(backup)


def _short(backup: Backup) -> list[str]:
    places = {name: backup.folder / "database" / f"{name}{tables.ENDING}" for name in backup.rows}
    told = {name: tables.lines(path) for name, path in places.items()}
    return [
        f"{name}: {told[name]:,} rows, {wanted:,} in the manifest"
        for name, wanted in backup.rows.items()
        if told[name] != wanted
    ]


def restore(engine: Engine, home: Path, backup: Backup) -> int:
    """Put a backup into an empty, migrated database and the data folder; how many rows it had.

    Raises BackupError: the backup is damaged or of another version, the database has rows.
    """
    if backup.revision != HEAD:
        raise BackupError(
            f"{backup.folder} has revision {backup.revision}, this pwsync {HEAD}: "
            "restore it with the version that made it, then migrate"
        )
    if flaws := wrong(backup):
        raise BackupError(f"{backup.folder}: {flaws[0]}; nothing was restored")
    with reading(engine) as conn:
        if there := next(tables.filled(conn), None):
            raise BackupError(f"the database has rows ({there}): restore into an empty one")
    for kind in KINDS:
        _take(backup.folder / kind, home / kind, linked=False)
    return transact(engine, lambda conn: tables.load(conn, backup.folder / "database"))
