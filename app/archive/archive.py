"""The archive of one process: every document that was loaded, kept before anybody reads it.

keep(document) ─ is it known? ─┬─ response ─┬─ record on disk      rows.note(...) in the item's
                               └─ revisit ──┘                      own transaction
"""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from app.archive import rows
from app.archive.retention import Retention, prune
from app.archive.values import Document, Kept, Kind, Original
from app.archive.warc import member
from app.archive.writer import FILE_MB, Writer
from app.store.engine import StoreError, consult


class Archive:
    """Keeps documents in a folder. Safe from several threads."""

    def __init__(
        self,
        folder: Path,
        engine: Engine,
        retention: Retention | None = None,
        *,
        file_bytes: int = FILE_MB << 20,
    ) -> None:
        self.folder = folder
        self._engine = engine
        self._retention = retention or Retention()
        self._writer = Writer(folder, file_bytes=file_bytes, turned=self._prune)

    def keep(self, document: Document) -> Kept:
        """Write a document that was scrubbed. Raises ArchiveUnwritable, DatabaseUnavailable."""
        sha256 = hashlib.sha256(document.payload).hexdigest()
        original = self._original(document, sha256)
        place, safe = self._writer.append(member(document, sha256, original))
        return Kept(document=document, sha256=sha256, place=place, original=original, safe=safe)

    def _original(self, document: Document, sha256: str) -> Original | None:
        if document.kind is not Kind.OFFER:
            return None  # a list never comes twice
        since = self._retention.oldest_original(datetime.now(UTC))
        return consult(
            self._engine, lambda conn: rows.original_of(conn, document, sha256, since=since)
        )

    def _prune(self) -> None:
        with suppress(StoreError, OSError):  # the next file is time enough
            prune(self._engine, self.folder, self._retention)

    def close(self) -> None:
        """End the file in order. Raises ArchiveUnwritable."""
        self._writer.close()
