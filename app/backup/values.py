"""What a finished backup is, and what may be wrong with one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

Tell = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


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
    has_secrets: bool
    """Whether cookies and tokens are sealed in it."""

    @property
    def size(self) -> int:
        """Bytes of all its files that are there."""
        places = (self.folder / name for name in self.files)
        return sum(place.stat().st_size for place in places if place.is_file())


def quiet(what: str, done: int, of: int) -> None:
    """Tell nobody."""
