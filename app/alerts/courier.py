"""Delivering what has fired, after its commit and beside the work: at least once, never in its way.

Any process may deliver; a firing that is being delivered is not another's for a while. One that was
killed between telling and noting it tells again: the message carries the firing's number.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from app.alerts.firings import FAILED, FIRING, QUEUED, SENT
from app.alerts.rules import Message
from app.store.clock import now
from app.store.engine import StoreError, transact
from app.store.text import storable

HELD_SECONDS = 120.0
"""After this a firing that somebody took is another's."""
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
"""Seconds between two tries of one firing; four times as long each time."""
MOST_TRIES = 12
AT_ONCE = 10
LOOK_SECONDS = 15.0
CLOSE_SECONDS = 20.0
REASON_LENGTH = 500

Post = Callable[[Message], None]
"""Tells one address. Raises Undelivered."""


class Undelivered(Exception):
    """An address did not take a message; the reason never holds the address."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A firing that is ours to deliver."""

    id: int
    target: str
    attempts: int
    """With this one."""
    message: Message


def deliver(engine: Engine, posts: Mapping[str, Post], *, most: int = AT_ONCE) -> int:
    """Deliver what is due to addresses that we know; how many were tried.

    Raises DatabaseUnavailable.
    """
    parcels = transact(engine, lambda conn: _take(conn, sorted(posts), most))
    for parcel in parcels:
        try:
            posts[parcel.target](parcel.message)
        except Undelivered as error:
            outcome = _put_off(parcel, str(error))
        else:
            outcome = {"state": SENT, "sent_at": now(), "reason": None}
        transact(engine, lambda conn, o=outcome, p=parcel: _settle(conn, p, o))  # type: ignore[misc]
    return len(parcels)


def _take(conn: Connection, targets: list[str], most: int) -> list[Parcel]:
    due = (FIRING.c.state == QUEUED, FIRING.c.not_before <= now(), FIRING.c.target.in_(targets))
    query = select(FIRING).where(*due).order_by(FIRING.c.id).limit(most)
    rows = conn.execute(query.with_for_update(skip_locked=True)).mappings().all()
    if rows:
        taken = {"not_before": now(HELD_SECONDS), "attempts": FIRING.c.attempts + 1}
        conn.execute(
            update(FIRING).where(FIRING.c.id.in_([row["id"] for row in rows])).values(taken)
        )
    return [_parcel(row) for row in rows]


def _parcel(row: Mapping[Any, Any]) -> Parcel:
    said = Message(subject=row["subject"], body=f"{row['body']}\n#{row['id']}")
    return Parcel(id=row["id"], target=row["target"], attempts=row["attempts"] + 1, message=said)


def _put_off(parcel: Parcel, reason: str) -> dict[str, Any]:
    outcome: dict[str, Any] = {"reason": storable(reason, REASON_LENGTH)}
    if parcel.attempts >= MOST_TRIES:
        return outcome | {"state": FAILED}
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 4 ** (parcel.attempts - 1))
    return outcome | {"not_before": now(pause)}


def _settle(conn: Connection, parcel: Parcel, outcome: dict[str, Any]) -> None:
    own = (FIRING.c.id == parcel.id, FIRING.c.state == QUEUED)
    conn.execute(update(FIRING).where(*own).values(outcome))


class Courier:
    """A thread that delivers while something else works; `close` delivers what is due and ends."""

    def __init__(self, engine: Engine, posts: Mapping[str, Post]) -> None:
        self._engine = engine
        self._posts = posts
        self._news = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something may have fired."""
        self._news.set()

    def close(self) -> None:
        """Deliver what is due now; an address that does not answer is left for later."""
        self._closing = True
        self._news.set()
        self._thread.join(CLOSE_SECONDS)

    def _work(self) -> None:
        while True:
            is_last = self._closing
            self._news.clear()
            self._deliver_all()
            if is_last:
                return
            if not self._closing:
                self._news.wait(LOOK_SECONDS)

    def _deliver_all(self) -> None:
        try:
            while deliver(self._engine, self._posts) == AT_ONCE:
                pass
        except StoreError:
            return  # it is in the books: later, or by another
