"""What one process needs to work on runs: its books, its browsers, and whom it tells.

Values and two small tools; the flow is in `sync.py`, the making in `wiring.py`.
"""

import asyncio
import gzip
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlalchemy import Engine

from app.pace import PageGap
from app.runs.journal import Journal
from browsers.pool import BrowserPool
from browsers.values import Mode

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened to one offer, for whoever watches."""

    at: datetime
    offer_id: str
    word: str
    """An outcome, or `retry`, `fenced`, `blocked`."""
    seconds: float = 0.0
    """From claim to settlement."""
    text: str = ""
    """A title or a reason; may come from a page, so it is escaped where it is shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Pages that could not be read, kept once per (reason, content) for a person to look at."""

    folder: Path

    def keep(self, document: bytes, reason: str) -> str:
        """Write the page; the path it has. The name is computed, nothing in it is from the page."""
        digest = hashlib.sha256(document).hexdigest()[:16]
        path = self.folder / f"{reason}-{digest}.html.gz"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            # two threads may keep the same page at the same moment
            partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
            partial.write_bytes(gzip.compress(document, mtime=0))
            partial.replace(path)
        return str(path)


def _tell_nobody(_: Event) -> None:
    """The default listener."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Runtime:
    """Everything `sync_offer` works with."""

    engine: Engine
    pool: BrowserPool
    slots: int
    books: Executor
    """Threads for database and extraction, so that the loop never waits for either."""
    evidence: Evidence
    pace: PageGap
    owner: str
    """Who holds the leases: host, process id, start."""
    mode: Mode = Mode.NATURAL
    deadline: float = 60.0
    """Seconds for one page, loading and behaviour included."""
    lease_seconds: float = 30.0
    journal: Journal | None = None
    """Where settlements are noted beside the database."""
    tell: Callable[[Event], None] = field(default=_tell_nobody)

    async def aside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work on a thread of the books."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.books, lambda: work(*args, **kwargs))
