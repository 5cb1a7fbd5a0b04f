"""Backups as the console shows them, makes and checks them: one at a time, in the background."""

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from app.backup import folders, retention
from app.backup.values import Backup, BackupError, Tell
from app.services.desk import Desk

_log = logging.getLogger(__name__)


class Busy(Exception):
    """Another backup is being made or checked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A finished backup."""

    name: str
    made_at: datetime
    rows: int
    files: int
    size: int
    """Bytes."""
    has_secrets: bool
    """Whether cookies and tokens are sealed in it."""
    well_at: datetime | None
    """When it was last found to be as it was; None: never, or it was not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What is done in the background, or was done last."""

    what: str
    """`create` or `verify`."""
    name: str
    since: datetime
    step: str = ""
    done: int = 0
    of: int = 0
    is_over: bool = False
    wrong: str = ""
    """Why it could not be done, or what is not as it was."""


class Bench:
    """Where backups are made and checked, one at a time."""

    def __init__(self, key: Callable[[], str | None] = lambda: None) -> None:
        """`key` reads the passphrase that cookies and tokens are sealed with, if there is one."""
        self.key = key
        self._lock = threading.Lock()
        self._work: Work | None = None

    @property
    def work(self) -> Work | None:
        """What goes on, or else what was last."""
        return self._work

    def begin(self, what: str, name: str, task: Callable[[Tell], str]) -> None:
        """Do it on a thread of its own; the task returns what is wrong. Raises Busy."""
        with self._lock:
            if self._work and not self._work.is_over:
                raise Busy("another backup is being made or checked")
            self._work = Work(what=what, name=name, since=datetime.now(UTC))
        # a server that is ended does not wait for it: a backup is whole or not there
        threading.Thread(target=self._do, args=(task,), name="backup", daemon=True).start()

    def _do(self, task: Callable[[Tell], str]) -> None:
        try:
            wrong = task(self._tell)
        except Exception as error:  # noqa: BLE001 - a page tells it to whoever began it
            _log.exception("a backup failed")
            wrong = str(error) or type(error).__name__
        self._change(is_over=True, wrong=wrong)

    def _tell(self, step: str, done: int, of: int) -> None:
        self._change(step=step, done=done, of=of)

    def _change(self, **told: str | int | bool) -> None:
        assert self._work is not None
        self._work = replace(self._work, **told)  # type: ignore[arg-type]


def place(desk: Desk) -> Path:
    """The folder that the commands use without --folder."""
    return desk.folder / "backups"


def listed(desk: Desk) -> Sequence[Kept]:
    """Finished backups, newest first."""
    return [_kept(one) for one in folders.listed(place(desk))[::-1]]


def _kept(one: Backup) -> Kept:
    return Kept(
        name=one.folder.name,
        made_at=one.made_at,
        rows=sum(one.rows.values()),
        files=len(one.files),
        size=one.size,
        has_secrets=one.has_secrets,
        well_at=_well_at(one),
    )


def _well_at(one: Backup) -> datetime | None:
    with suppress(OSError, ValueError):
        return datetime.fromisoformat((one.folder / folders.VERIFIED).read_text().strip())
    return None


def create(desk: Desk, bench: Bench) -> None:
    """Begin a backup of the database and the data folder. Raises Busy."""

    def make(tell: Tell) -> str:
        folders.create(desk.engine, desk.folder, place(desk), key=bench.key(), tell=tell)
        return ""

    bench.begin("create", "", make)


def verify(desk: Desk, bench: Bench, name: str) -> None:
    """Begin to compare a backup with its manifest. Raises BackupError for none of ours, Busy."""
    known = {one.folder.name: one for one in folders.listed(place(desk))}
    if name not in known:
        raise BackupError("there is no such backup")

    def check(tell: Tell) -> str:
        flaws = retention.verify(known[name], tell)
        return f"{flaws[0]} ({len(flaws):,} in all)" if flaws else ""

    bench.begin("verify", name, check)
