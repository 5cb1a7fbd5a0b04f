"""Logins that somebody watches from elsewhere: one a profile, each on a thread of its own.

A login goes on while it is watched: who looks at it says so by `look`. It ends when somebody is in,
when its time is over, when nobody has looked for a while, or when it is given up.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.logins.booking import Booked, Booking
from app.logins.entry import admit
from app.profiles.values import ProfileError
from app.store.engine import StoreError
from browsers.errors import BrowserError
from browsers.login import Challenged, CodeShown, Confirmed, Event, Expired, Scanned
from browsers.values import Launch

SECONDS = 300.0
"""How long somebody may take."""
UNWATCHED_SECONDS = 20.0
"""A login that nobody has looked at for so long is given up."""
MOST = 2
"""Logins at once: each has a browser."""
KEPT = 20
"""Logins that are over and can still be looked at."""
_log = logging.getLogger(__name__)


class Phase(StrEnum):
    """How far a login has come."""

    OPENING = "opening"
    CODE = "code"
    """A code waits for a phone."""
    SCANNED = "scanned"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    """The code ran out; the next one follows."""
    LOGGED_IN = "logged_in"
    FAILED = "failed"


OVER = frozenset({Phase.LOGGED_IN, Phase.FAILED})
PHASES: dict[type[Event], Phase] = {
    CodeShown: Phase.CODE,
    Scanned: Phase.SCANNED,
    Confirmed: Phase.CONFIRMED,
    Expired: Phase.EXPIRED,
}


class LoginsBusy(ProfileError):
    """So many logins go on that there is no browser for one more."""

    def __init__(self) -> None:
        super().__init__(f"{MOST} logins go on here already; end one of them first")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stand:
    """How a login stands."""

    profile: str
    phase: Phase
    started_at: datetime
    ends_at: datetime
    """When it is given up at the latest."""
    code: str | None = field(default=None, repr=False)
    """What a phone reads; as good as a password while it is there."""
    number: int = 0
    """How many codes there were so far."""
    why: str | None = None
    """Of one that failed."""
    booked: Booked | None = None
    """Of one that succeeded."""

    @property
    def is_over(self) -> bool:
        return self.phase in OVER


class Login:
    """One login, from being asked for to its end."""

    def __init__(self, booking: Booking) -> None:
        present = datetime.now(UTC)
        self._stand = Stand(
            profile=booking.who.name,
            phase=Phase.OPENING,
            started_at=present,
            ends_at=present + timedelta(seconds=SECONDS),
        )
        self._booking = booking
        self._seen = time.monotonic()
        self._given_up = False
        self.ended = threading.Event()
        """Set when its browser is closed and its profile is free."""

    def look(self) -> Stand:
        """How it stands; somebody watches."""
        self._seen = time.monotonic()
        return self._stand

    @property
    def stand(self) -> Stand:
        """The same for who does not count as watching."""
        return self._stand

    def give_up(self) -> None:
        """End it soon; nothing happens to one that is over."""
        self._given_up = True

    def work(self, launch: Launch, held: ExitStack, then: Callable[[Booked], None]) -> None:
        """Wait until it is over; never raises. `held` is closed at the end."""
        try:
            with held:
                booked = self._admitted(launch)
            then(booked)
            self._put(phase=Phase.LOGGED_IN, code=None, booked=booked)
        except (BrowserError, ProfileError, StoreError) as error:
            self._put(phase=Phase.FAILED, code=None, why=str(error))
        except Exception:  # noqa: BLE001 - the person who waits hears of it
            _log.exception("the login of profile %s ended unexpectedly", self._stand.profile)
            self._put(phase=Phase.FAILED, code=None, why="it ended unexpectedly; see the log")
        finally:
            self.ended.set()

    def _admitted(self, launch: Launch) -> Booked:
        found = admit(
            self._booking,
            launch,
            seconds=SECONDS,
            show=self._show,
            is_wanted=self._is_wanted,
        )
        return self._booking.admitted(found)

    def _is_wanted(self) -> bool:
        return not self._given_up and time.monotonic() - self._seen < UNWATCHED_SECONDS

    def _show(self, event: Event) -> None:
        if isinstance(event, Challenged) or type(event) not in PHASES:
            return  # what follows is an error with a sentence
        code, number = None, self._stand.number
        if isinstance(event, CodeShown):
            code, number = event.content, number + 1
        self._put(phase=PHASES[type(event)], code=code, number=number)

    def _put(self, **changes: object) -> None:
        self._stand = replace(self._stand, **changes)  # type: ignore[arg-type]


class Logins:
    """The logins of one server."""

    def __init__(self, launch: Launch, owner: str) -> None:
        self.owner = owner
        self._launch = launch
        self._lock = threading.Lock()
        self._known: dict[str, Login] = {}
        self._is_closed = False

    def start(self, booking: Booking, then: Callable[[Booked], None]) -> tuple[Login, bool]:
        """The login of a profile, and whether it is a new one; `then` hears of its success.

        Raises ProfileHeld, LoginsBusy, DatabaseUnavailable.
        """
        with self._lock:
            name = booking.who.name
            going = [one for one in self._known.values() if not one.ended.is_set()]
            same = self._known.get(name)
            if same in going:
                return same, False
            if len(going) >= MOST or self._is_closed:
                raise LoginsBusy
            held = ExitStack()
            held.enter_context(booking.held())
            login = Login(booking)
            self._known.pop(name, None)
            self._known[name] = login
            self._forget()
        work = (self._launch, held, then)
        threading.Thread(target=login.work, args=work, name=f"login-{name}", daemon=True).start()
        return login, True

    def find(self, name: str) -> Login | None:
        """The latest login of a profile here; None if none is remembered."""
        return self._known.get(name)

    def close(self, within: float) -> None:
        """End all of them, and wait so many seconds for their browsers to be closed."""
        with self._lock:
            self._is_closed = True
            known = list(self._known.values())
        for login in known:
            login.give_up()
        until = time.monotonic() + within
        for login in known:
            login.ended.wait(max(0.0, until - time.monotonic()))

    def _forget(self) -> None:
        over = [name for name, one in self._known.items() if one.ended.is_set()]
        for name in over[: max(0, len(self._known) - KEPT)]:
            del self._known[name]
