"""A worker's own account of what it settled, beside the database, so that it cannot forget alike.

One line when a settlement is about to be committed (`ending` null), one after its commit returned,
or was fenced.
`history.py` compares them with the books. Survives the process's death, not that of the machine.
"""

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from app.runs.claims import Claim
from app.runs.outcomes import Ruling, Settlement
from app.runs.settling import Fenced, commit
from app.store.engine import StoreError

SUFFIX = ".jsonl"
FENCED = "fenced"
"""The ending of a try whose lease was lost: nothing of it was stored."""


class JournalUnwritable(StoreError):
    """The journal cannot be written: nothing more is settled until it can."""


class Journal:
    """One process's file in a folder. Safe from several threads."""

    def __init__(self, folder: Path, owner: str) -> None:
        self.path = folder / f"{''.join(c if c.isalnum() else '-' for c in owner)}{SUFFIX}"
        self._file: int | None = None
        self._opening = threading.Lock()

    def intend(self, claim: Claim) -> None:
        """Before a commit whose answer may never come. Raises JournalUnwritable."""
        self._write(claim, None)

    def acknowledge(self, claim: Claim, ruling: Ruling) -> None:
        """After the commit has returned. Raises JournalUnwritable."""
        self._write(claim, str(ruling.ending))

    def withdraw(self, claim: Claim) -> None:
        """After a commit that was fenced. Raises JournalUnwritable."""
        self._write(claim, FENCED)

    def _write(self, claim: Claim, ending: str | None) -> None:
        facts: dict[str, Any] = {
            "run": claim.run_id,
            "offer": claim.offer_id,
            "attempt": claim.attempt,
            "token": claim.token,
            "ending": ending,
            "at": datetime.now(UTC).isoformat(),
        }
        line = f"{json.dumps(facts)}\n".encode()
        try:
            written = os.write(self._opened(), line)  # one call: the lines of threads never mix
        except OSError as error:
            raise JournalUnwritable(f"journal {self.path}: {error.strerror}") from error
        if written != len(line):
            raise JournalUnwritable(f"journal {self.path}: no space left")

    def _opened(self) -> int:
        with self._opening:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
                self._file = os.open(self.path, flags, 0o600)
            return self._file

    def close(self) -> None:
        """Close the file; twice is fine."""
        with self._opening:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def commit_noted(
    journal: Journal | None,
    engine: Engine,
    claim: Claim,
    work: Callable[[Connection], Settlement],
) -> Ruling:
    """`settling.commit`, noted before and after if there is a journal.

    Raises Fenced, DatabaseUnavailable, ValueRefused, JournalUnwritable.
    """
    if journal is None:
        return commit(engine, claim, work)
    journal.intend(claim)
    try:
        ruling = commit(engine, claim, work)
    except Fenced:
        journal.withdraw(claim)
        raise
    journal.acknowledge(claim, ruling)
    return ruling
