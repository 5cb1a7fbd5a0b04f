"""Runs that people watch: one look a second at each, however many watch it.

    async with watched.listening(run_id) as ear:
        while look := await ear.next(15): ...

The first who listens to a run starts its looking, the last who leaves ends it. All of it happens in
the server's loop; the looks themselves, which wait for database and Redis, in threads.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.jobs import beacons
from app.jobs.beacons import Beacon
from app.jobs.doorbell import RedisUnavailable
from app.monitor.status import Status
from app.monitor.watch import LIVE, Watch, event_of
from app.profiles.values import GUEST
from app.runs.counts import Counts, Reason, reasons
from app.runs.endings import endings_since
from app.runs.outcomes import CLOSED
from app.runtime import Event
from app.services.desk import Desk
from app.store.engine import DatabaseUnavailable
from browsers.values import PoolStatus

LOOK_SECONDS = 1.0
MOST_MISSED = 1_000
SHOWN_BEFORE = timedelta(minutes=10)
"""What happened so shortly before somebody began to watch is shown, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A run as it stood when it was last looked at."""

    status: Status
    counts: Counts
    reasons: Sequence[Reason]
    workers: Sequence[Beacon]
    """Those that are at it, with what each of their slots does."""
    profile: str
    """As whom they ask."""

    @property
    def is_over(self) -> bool:
        """Whether nothing of it will change."""
        return self.counts.run.state in CLOSED

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the present speed, or from the average while nothing is settled.

        None where nobody works on it: it is over, paused or parked.
        """
        status = self.status
        rate = status.rate or status.average
        left = status.planned - status.settled
        return left / rate if rate > 0 and left and self.counts.run.state in LIVE else None


class Ear:
    """Hears of one run; of looks that came too fast, only the latest."""

    def __init__(self, post: "_Post") -> None:
        self._post = post
        self._heard = 0

    async def next(self, seconds: float) -> Look | None:
        """The latest look, once there is one that was not heard yet; None after so long.

        Raises what ended the looking, and EOFError after the last look at a run that is over.
        """
        post = self._post
        if self._heard == post.number and not post.ended:
            with suppress(TimeoutError):
                await asyncio.wait_for(post.changed.wait(), seconds)
        if self._heard == post.number:
            if post.fault:
                raise post.fault
            if post.ended:
                raise EOFError
            return None
        self._heard = post.number
        return post.look


class Watched:
    """The runs that are watched in this program."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._posts: dict[int, _Post] = {}

    @property
    def runs(self) -> tuple[int, ...]:
        """Those that somebody watches now."""
        return tuple(self._posts)

    @asynccontextmanager
    async def listening(self, run_id: int) -> AsyncIterator[Ear]:
        """Hear of a run while the block lasts."""
        post = self._posts.get(run_id)
        if post is None:
            post = self._posts[run_id] = _Post(self._desk, run_id)
        post.listeners += 1
        try:
            yield Ear(post)
        finally:
            post.listeners -= 1
            if not post.listeners:
                post.end()
                del self._posts[run_id]


class _Post:
    """Looks at one run until it is over or told to end."""

    def __init__(self, desk: Desk, run_id: int) -> None:
        self._desk, self._run_id = desk, run_id
        self.listeners = 0
        self.number = 0
        self.look: Look | None = None
        self.fault: Exception | None = None
        self.ended = False
        self.changed = asyncio.Event()
        self._task = asyncio.create_task(self._looking())

    def end(self) -> None:
        self._task.cancel()

    async def _looking(self) -> None:
        try:
            glass = await asyncio.to_thread(Glass, self._desk, self._run_id)
            while self.look is None or not self.look.is_over:
                self.look = await asyncio.to_thread(glass.look)
                self.number += 1
                self._tell()
                await asyncio.sleep(LOOK_SECONDS)
        except Exception as error:  # noqa: BLE001 - whoever listens raises it
            self.fault = error
        self.ended = True
        self._tell()

    def _tell(self) -> None:
        told, self.changed = self.changed, asyncio.Event()
        told.set()


def missed(desk: Desk, run_id: int, since: datetime) -> list[Event]:
    """What ended in a run after that moment, oldest first, the latest of it."""
    found = endings_since(desk.engine, run_id, since, limit=MOST_MISSED)
    return [event_of(ended) for ended in found]


class Glass:
    """What one looks at a run through. Raises RunUnknown, DatabaseUnavailable."""

    def __init__(self, desk: Desk, run_id: int) -> None:
        self._desk, self._run_id = desk, run_id
        self._workers: list[Beacon] = []
        self._reasons: list[Reason] = []
        self._watch = Watch(desk.engine, run_id, pools=self._pools, shown_before=SHOWN_BEFORE)

    def look(self) -> Look:
        """How the run stands. While the database does not answer, as it stood."""
        status = self._watch.picture()
        with suppress(DatabaseUnavailable):
            self._reasons = reasons(self._desk.engine, self._run_id)
        found = self._watch.counts
        return Look(
            status=status,
            counts=found,
            reasons=self._reasons,
            workers=self._workers,
            profile=str(found.run.options.get("profile") or GUEST),
        )

    def _pools(self) -> list[PoolStatus]:
        self._workers = []
        if self._desk.redis is not None:
            with suppress(RedisUnavailable):
                seen = beacons.seen(self._desk.redis)
                self._workers = [one for one in seen if one.run_id == self._run_id]
        return [one.pool for one in self._workers]
