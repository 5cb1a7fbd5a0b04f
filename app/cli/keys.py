"""The passphrase of backups: from the environment or a file, never from the command line."""

import os
from typing import TYPE_CHECKING

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from app.settings import Settings

SHORTEST = 12


def key_of(settings: "Settings") -> str | None:
    """The passphrase, None if there is none. Raises UsageError for a file that will not do."""
    told = settings.backup
    if told.key is not None:
        return told.key.get_secret_value()
    if told.key_file is None:
        return None
    name = f"backup.key_file {told.key_file}"
    try:
        with told.key_file.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise UsageError(f"{name} may be read by others: chmod 600 {told.key_file}")
            found = file.read(4096).strip()
    except (OSError, UnicodeError) as error:
        raise UsageError(f"{name} cannot be read: {error}") from error
    if len(found) < SHORTEST:
        raise UsageError(f"{name}: a passphrase has at least {SHORTEST} characters")
    return found
