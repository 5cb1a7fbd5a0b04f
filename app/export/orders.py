"""Exports that were asked for from elsewhere: made one by one in the background, kept for a while.

    exports/20260304-120000-1a2b3c/order.json       what was asked, and how it stands
                                   offers.csv       the file, once it is whole

What is in the folder is all there is to know: whoever has the folder can hand the files out.
"""

import contextlib
import json
import logging
import re
import secrets
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.export.registry import known_formats
from app.export.values import ExportError
from app.export.work import Progress, Report

ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
KEPT = timedelta(days=7)
MOST_KEPT = 50
MOST_WAITING = 10
SILENT = timedelta(minutes=10)
"""Whoever has not been heard for so long makes nothing any more."""
NOTED_SECONDS = 0.5
"""How often is noted how far an export is."""
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
GOING = frozenset({WAITING, RUNNING})
INTERRUPTED = "it was interrupted; ask for it again"
_log = logging.getLogger(__name__)


class OrdersFull(ExportError):
    """So many exports wait that no other is taken."""

    def __init__(self) -> None:
        super().__init__(f"{MOST_WAITING} exports wait already; try again when some are done")


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """An export that was asked for."""

    id: str
    asked: dict[str, Any]
    """The fields of `asking.Asked`."""
    by: str
    """Who asked."""
    owner: str
    """Who makes it."""
    at: datetime
    heard_at: datetime
    state: str = WAITING
    done: int = 0
    total: int | None = None
    """Offers; None while they are being selected."""
    report: dict[str, int] = field(default_factory=dict)
    """Of one that is done: see `work.Report`."""
    size: int | None = None
    """Bytes."""
    why: str | None = None
    """Of one that failed."""
    ended_at: datetime | None = None

    @property
    def is_going(self) -> bool:
        return self.state in GOING

    @property
    def format(self) -> str:
        return str(self.asked["format"])

    @property
    def suffix(self) -> str:
        return known_formats()[self.format].suffix

    @property
    def name(self) -> str:
        """What the file is called for a person."""
        return f"pwsync-{self.id}{self.suffix}"


Making = Callable[[str, Progress], Report]
"""Writes the file at a path, and tells how far it is. Raises ExportError."""


class Orders:
    """The orders of one folder."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = owner
        self._lock = threading.Lock()
        self._alive: set[str] = set()
        """Orders that are being made here or wait for it; whatever their file says."""
        self._is_closed = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="exports")

    def place(self, asked: dict[str, Any], by: str, make: Making) -> Order:
        """Take an order; it is made when those before it are. Raises OrdersFull, ExportError."""
        with self._lock:
            if len(self._alive) >= MOST_WAITING or self._is_closed:
                raise OrdersFull
            present = datetime.now(UTC)
            order_id = f"{present:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
            self._alive.add(order_id)
        order = Order(
            id=order_id,
            asked=asked,
            by=by,
            owner=self._owner,
            at=present,
            heard_at=present,
        )
        try:
            self._write(order)
            self._pool.submit(self._work, order, make)
        except BaseException:
            self._leave(order)
            raise
        self._clear()
        return order

    def _leave(self, order: Order) -> None:
        with self._lock:
            self._alive.discard(order.id)

    def all(self) -> list[Order]:
        """The orders that are kept, the latest first."""
        with contextlib.suppress(FileNotFoundError):
            names = sorted((one.name for one in self._folder.iterdir()), reverse=True)
            return [order for name in names if (order := self.find(name)) is not None]
        return []

    def find(self, order_id: str) -> Order | None:
        """One order; None if it is not kept, or no longer."""
        if ID.fullmatch(order_id) is None:
            return None
        try:
            told = json.loads((self._folder / order_id / "order.json").read_bytes())
            return self._as_of_now(_order(told))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def path(self, order: Order) -> Path:
        """Where the file of an order is, or will be."""
        return self._folder / order.id / f"offers{order.suffix}"

    def close(self) -> None:
        """Interrupt what is being made, and forget what waits."""
        self._is_closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
        for order in self.all():
            if order.is_going and order.owner == self._owner:
                self._end(order, state=FAILED, why=INTERRUPTED)

    def _work(self, order: Order, make: Making) -> None:
        try:
            self._make(replace(order, state=RUNNING), make)
        except ExportError as error:
            self._end(order, state=FAILED, why=str(error))
        except Exception:  # noqa: BLE001 - the person who waits hears of it
            _log.exception("export %s ended unexpectedly", order.id)
            self._end(order, state=FAILED, why="it ended unexpectedly; see the log")
        finally:
            self._leave(order)

    def _make(self, order: Order, make: Making) -> None:
        noted = order

        def progress(done: int, total: int) -> None:
            nonlocal noted
            if self._is_closed:
                raise ExportError(INTERRUPTED)
            present = datetime.now(UTC)
            is_due = (present - noted.heard_at).total_seconds() >= NOTED_SECONDS
            if noted.total is None or is_due:
                noted = replace(noted, done=done, total=total, heard_at=present)
                self._write(noted)

        self._write(order)
        path = self.path(order)
        report = asdict(make(str(path), progress))
        size, made = path.stat().st_size, report["offers"]
        self._end(noted, state=DONE, report=report, size=size, done=made, total=made)

    def _end(self, order: Order, **changes: Any) -> None:
        present = datetime.now(UTC)
        self._write(replace(order, heard_at=present, ended_at=present, **changes))

    def _write(self, order: Order) -> None:
        folder = self._folder / order.id
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = folder / "order.tmp"
            partial.write_text(json.dumps(asdict(order), default=datetime.isoformat))
            partial.replace(folder / "order.json")
        except OSError as error:
            raise ExportError(f"{folder} cannot be written: {error.strerror}") from error

    def _as_of_now(self, order: Order) -> Order:
        """One whose maker is gone has failed, though nobody was left, or able, to write that."""
        if not order.is_going or order.id in self._alive:
            return order
        process = order.owner.rpartition(":")[0]
        is_replaced = process == self._owner.rpartition(":")[0]
        if is_replaced or datetime.now(UTC) - order.heard_at > SILENT:
            return replace(order, state=FAILED, why=INTERRUPTED)
        return order

    def _clear(self) -> None:
        """Remove what is too old, and the oldest of what is too much."""
        ended = [order for order in self.all() if not order.is_going]
        since = datetime.now(UTC) - KEPT
        for place, order in enumerate(ended):
            if place >= MOST_KEPT or order.at < since:
                shutil.rmtree(self._folder / order.id, ignore_errors=True)


def _order(told: dict[str, Any]) -> Order:
    known = {one.name for one in fields(Order)}
    values = {name: value for name, value in told.items() if name in known}
    for name in ("at", "heard_at", "ended_at"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    return Order(**values)
