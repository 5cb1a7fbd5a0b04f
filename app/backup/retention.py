"""Which backups go: all but the newest few, and never the last one that is known to be well."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.backup import folders
from app.backup.values import Backup, Tell, quiet

LEFT = timedelta(days=2)
"""No backup takes as long."""


def verify(backup: Backup, tell: Tell = quiet) -> Sequence[str]:
    """What is not as it was; if nothing, it is noted that the backup is well. Raises OSError."""
    mark = backup.folder / folders.VERIFIED
    if flaws := folders.wrong(backup, tell):
        mark.unlink(missing_ok=True)
        return flaws
    with suppress(OSError):  # backups may lie where nothing more can be written
        mark.write_text(datetime.now(UTC).isoformat(timespec="seconds") + "\n")
    return flaws


def is_verified(backup: Backup) -> bool:
    """Whether it was as it should be when it was last looked at."""
    return (backup.folder / folders.VERIFIED).is_file()


def superfluous(backups: Path, keep: int) -> list[Backup]:
    """Finished backups beyond the newest `keep`, oldest first; the last verified one is none."""
    found = [one for one in folders.listed(backups) if _is_ours(one)]
    verified = [one for one in found if is_verified(one)][-1:]
    return [one for one in found[:-keep] if one not in verified]


def _is_ours(backup: Backup) -> bool:
    """A folder that a person has renamed is the person's."""
    return backup.folder.name == backup.made_at.strftime(folders.NAME)


def prune(backups: Path, keep: int) -> list[Backup]:
    """Delete what is superfluous; which these were. One that is half deleted is never listed.

    What killed ones have left half made or half deleted goes, too. Raises OSError.
    """
    for path in _left_over(backups):
        shutil.rmtree(path)
    gone = superfluous(backups, keep)
    for one in gone:
        doomed = one.folder.with_name(f".{one.folder.name}.gone-{os.getpid()}")
        one.folder.rename(doomed)
        shutil.rmtree(doomed)
    return gone


def _left_over(backups: Path) -> list[Path]:
    """Parts of backups that nobody can be at work on any more."""
    before = f".{datetime.now(UTC) - LEFT:{folders.NAME}}"
    found = [*backups.glob(".*.partial-*"), *backups.glob(".*.gone-*")]
    return [path for path in found if path.name < before]
