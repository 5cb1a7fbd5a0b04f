"""What one process needs to work on runs: its books, its browsers, and whom it tells.

Values and two small tools; the flow is in `sync.py`, the making in `wiring.py`.
"""

import asyncio
import contextvars
import gzip
import os
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlalchemy import Engine

from app.alerts.courier import Courier
from app.alerts.rules import Alert
from app.archive.archive import Archive
from app.images.work import PictureWork
from app.pace.turns import Gate
from app.pace.values import Pace
from app.profiles.jar import Jar
from app.profiles.values import GUEST, Profile, ProfileUnknown
from app.runs.journal import Journal
from browsers.pool import BrowserPool
from browsers.values import Mode

P = ParamSpec("P")
T = TypeVar("T")


_NOT_OURS = re.compile(r"[^A-Za-z0-9_.]")
"""What no word of a file's name has; rules and fields are fixed words, but who knows."""

NATURAL_ONE_IN = 10
"""In mixed loading: pages of which one is rendered."""


class Loading(StrEnum):
    """How the pages of a run are loaded."""

    NATURAL = "natural"
    MIXED = "mixed"
    """Lean; rendered for one page in ten, and whenever lean brings no state."""
    LEAN = "lean"

    def modes(self, seed: int) -> tuple[Mode, ...]:
        """The ways to try a page, the next one where one brought no state."""
        if self is Loading.MIXED:
            return (Mode.LEAN, Mode.NATURAL) if seed % NATURAL_ONE_IN else (Mode.NATURAL,)
        return (Mode(self.value),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Manners:
    """How we behave as guests: the profiles there are, the pace, and what a block leads to."""

    pace: Pace
    profiles: Mapping[str, Profile]
    """By name, besides those that only have cookies."""
    jar: Jar
    rests: tuple[timedelta, ...]
    """How long a profile rests after a first, second, … block in a row."""
    egress: str = "direct"
    """Name of the address that profiles without a proxy go out from."""
    realm: str = ""
    """Set for a replica: what happens there says nothing about the real site."""
    robots: bool = True
    """Whether robots.txt is asked for; a run's reason overrules it."""

    def profile(self, name: str) -> Profile:
        """The profile of that name. Raises ProfileUnknown."""
        if name in self.profiles:
            return self.profiles[name]
        if name == GUEST or name in self.jar.names():
            return Profile(name=name, egress=self.egress)
        raise ProfileUnknown(name)

    def row(self, profile: Profile) -> str:
        """The key of a profile's row."""
        return f"{self.realm}{profile.name}"

    def gate(self, engine: Engine, profile: Profile) -> Gate:
        """Who hands out a profile's turns."""
        return Gate(
            engine,
            self.pace,
            profile=self.row(profile),
            per_day=profile.per_day or self.pace.per_day,
            egress=f"{self.realm}{profile.egress}",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that happened to one item, for whoever watches."""

    at: datetime
    name: str
    """An offer's id, or `page 3` of the run's list."""
    word: str
    """An outcome, or `retry`, `fenced`, `blocked`."""
    seconds: float = 0.0
    """From claim to settlement."""
    text: str = ""
    """A title or a reason; may come from a page, so it is escaped where it is shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Pages that were refused: the latest of each kind of refusal, for a person to look at.

    One file a kind, however many pages are refused so: a storm does not fill the disk. The
    quarantine counts them, the archive has them all.
    """

    folder: Path

    def keep(self, document: bytes, *kind: str | None) -> str:
        """Write the page of a refusal that these words tell; the path it has."""
        name = "-".join(_NOT_OURS.sub("_", word)[:40] for word in kind if word)
        path = self.folder / f"{name}.html.gz"
        self.folder.mkdir(parents=True, exist_ok=True)
        # two threads may keep pages of one kind at the same moment
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
    manners: Manners
    owner: str
    """Who holds the leases: host, process id, start."""
    loading: Loading = Loading.NATURAL
    dwell: float = 1.0
    """How long rendered pages are looked at (`RenderRequest.pace`)."""
    deadline: float = 60.0
    """Seconds for one page, loading and behaviour included."""
    lease_seconds: float = 30.0
    archive: Archive | None = None
    """Where documents are kept; None keeps none."""
    journal: Journal | None = None
    """Where settlements are noted beside the database."""
    alerts: tuple[Alert, ...] = ()
    """What people want to be told of what is stored."""
    courier: Courier | None = None
    """Who tells them; None: somebody else does."""
    pictures: PictureWork | None = None
    """Who fetches the pictures of what is stored; None: nobody does, and none are queued."""
    canaries: tuple[str, ...] = ()
    """Ids of offers that are known to be well: read at the beginning of a run."""
    tell: Callable[[Event], None] = field(default=_tell_nobody)

    async def aside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work on a thread of the books; what it logs is logged of the same item."""
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()
        return await loop.run_in_executor(self.books, lambda: context.run(work, *args, **kwargs))
