"""When each token was last shown: kept in memory, and now and then in a file for the next time."""

import json
import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

FILE = "api-token-uses.json"
WRITE_SECONDS = 60.0
"""A server that is killed forgets the uses of so long."""


class Uses:
    """By the hash of a token, the moment of its last request. A lost file costs these moments."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / FILE if folder else None
        self._last: dict[str, datetime] = {}
        self._write_at = 0.0
        if self._path:
            with suppress(OSError, ValueError, TypeError, AttributeError):
                told = json.loads(self._path.read_bytes())
                self._last = {key: datetime.fromisoformat(at) for key, at in told.items()}

    def note(self, digest: str) -> None:
        """A token was shown just now."""
        self._last[digest] = datetime.now(UTC)
        if time.monotonic() >= self._write_at:
            self._write_at = time.monotonic() + WRITE_SECONDS
            self.keep()

    def last(self, digest: str) -> datetime | None:
        """When it was last shown; None: never, as far as is known."""
        return self._last.get(digest)

    def keep(self) -> None:
        """Write them down; a full disk costs only that."""
        if self._path is None or not self._path.parent.is_dir():
            return
        told = {key: at.isoformat(timespec="seconds") for key, at in self._last.items()}
        beside = self._path.with_name(f".{FILE}.{os.getpid()}")
        with suppress(OSError):
            beside.write_text(json.dumps(told))
            beside.chmod(0o600)
            beside.replace(self._path)
