"""A backup as a folder: written whole or not at all, and checked against its manifest.

Cookies and tokens are in it only where there is a key to seal them with.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine

from app.backup import sealed, tables
from app.backup.values import Backup, BackupError, Tell, quiet
from app.store.engine import reading
from app.store.schema import HEAD

MANIFEST = "manifest.json"
VERIFIED = "verified"
"""Is there when the backup was well the last time that somebody looked."""
NAME = "%Y-%m-%dT%H%M%SZ"
KINDS = ("images", "archive", "golden")
"""Folders of the data folder that go along."""
PAPERS = ("offer-views.json",)
"""And files that lie in it beside them."""
IMMUTABLE = frozenset({"images"})
"""Files that are never written again: a second name for them is as good as a copy."""
BLOCK = 2**20


def create(
    engine: Engine, home: Path, backups: Path, *, key: str | None = None, tell: Tell = quiet
) -> Backup:
    """Make a backup of the database and of the data folder; with a key of its secrets, too.

    The database first: a file is on disk before the row that names it, so none is missing. Raises
    OSError, BackupError, DatabaseUnavailable.
    """
    made_at = datetime.now(UTC)
    folder = backups / made_at.strftime(NAME)
    if folder.exists():
        raise BackupError(f"{folder} is there already: wait a second")
    partial = backups / f".{folder.name}.partial-{os.getpid()}"
    try:
        (partial / "database").mkdir(parents=True, mode=0o700)
        with reading(engine) as conn:
            rows = tables.dump(conn, partial / "database", tell)
        for kind in KINDS:
            take(home / kind, partial / kind, linked=kind in IMMUTABLE, tell=tell)
        take_papers(home, partial)
        if key is not None and (secrets := sealed.secrets_of(home)):
            _write(partial / sealed.FILE, sealed.seal(secrets, key))
        files = _digests(partial, list(_names(partial)), tell)
        told = {"made_at": made_at.isoformat(), "revision": HEAD, "rows": rows, "files": files}
        _write(partial / MANIFEST, orjson.dumps(told, option=orjson.OPT_INDENT_2))
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return read(folder)


def take(source: Path, target: Path, *, linked: bool, tell: Tell = quiet) -> None:
    """Copy a folder's files, or give them second names. Raises OSError."""
    paths = sorted(source.rglob("*")) if source.is_dir() else []
    for place, path in enumerate(paths, 1):
        if path.is_file() and not path.is_symlink():
            _take(path, target / path.relative_to(source), linked=linked)
        tell(f"copying {source.name}", place, len(paths))


def take_papers(source: Path, target: Path) -> None:
    """Copy the single files. Raises OSError."""
    for name in PAPERS:
        if (source / name).is_file():
            _take(source / name, target / name, linked=False)


def _take(path: Path, place: Path, *, linked: bool) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):  # pruned in this very moment
        if linked:
            with suppress(OSError):  # another disk
                place.hardlink_to(path)
                return
        shutil.copyfile(path, place)


def _names(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and name not in {MANIFEST, VERIFIED}:
            yield name


def _digests(folder: Path, names: Sequence[str], tell: Tell) -> dict[str, str]:
    found = {}
    for place, name in enumerate(names, 1):
        found[name] = _digest(folder / name)
        tell("reading it again", place, len(names))
    return found


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
            revision=str(told["revision"]),
            rows=dict(told["rows"]),
            files=dict(told["files"]),
            has_secrets=sealed.FILE in told["files"],
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


def wrong(backup: Backup, tell: Tell = quiet) -> Sequence[str]:
    """What is not as it was: files that are missing, changed or more, tables cut short."""
    there = set(_names(backup.folder))
    found = [f"{name}: not in the manifest" for name in sorted(there - set(backup.files))]
    found += [f"{name}: missing" for name in backup.files if name not in there]
    now = _digests(backup.folder, [name for name in backup.files if name in there], tell)
    found += [f"{name}: changed" for name, digest in now.items() if digest != backup.files[name]]
    return found or _short(backup)


def _short(backup: Backup) -> list[str]:
    places = {name: backup.folder / "database" / f"{name}{tables.ENDING}" for name in backup.rows}
    told = {name: tables.lines(path) for name, path in places.items()}
    return [
        f"{name}: {told[name]:,} rows, {wanted:,} in the manifest"
        for name, wanted in backup.rows.items()
        if told[name] != wanted
    ]
