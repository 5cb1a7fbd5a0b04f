"""Where a login is booked: the profile, its cookies, its row, and the runs that waited for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from app.profiles import rows
from app.profiles.cookies import account_of
from app.profiles.jar import NotLoggedIn
from app.profiles.values import GUEST, Profile, ProfileError, ProfileUnknown
from app.runs import parking
from app.runtime import Manners
from browsers.login import Admitted
from browsers.values import Visitor

HOLD_SECONDS = 60.0
"""A profile whose login was killed is free again after this."""
RENEW_SECONDS = 20.0
UNNAMED = "an unnamed account"


class NoAccount(ProfileError):
    """Nobody can log in as this profile."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is nobody; call the account something else")


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """A login that is in the books."""

    account: str
    """As the site calls it; foreign text."""
    already: bool
    """It was logged in before, and still is."""
    runs: list[int]
    """That were parked and go on."""


def profile_of(manners: Manners, name: str) -> Profile:
    """The profile of that name, a new one if there is none. Raises NoAccount, ProfileUnknown."""
    if name == GUEST:
        raise NoAccount(name)
    manners.jar.path(name)
    try:
        return manners.profile(name)
    except ProfileUnknown:
        return Profile(name=name, egress=manners.egress)


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """A login's side of the books."""

    engine: Engine
    manners: Manners
    who: Profile
    owner: str
    """Who holds the profile meanwhile."""

    @property
    def row(self) -> str:
        return self.manners.row(self.who)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only one who is this profile. Raises ProfileHeld."""
        rows.hold(self.engine, self.row, self.owner, HOLD_SECONDS)
        try:
            yield
        finally:
            rows.release(self.engine, self.row, self.owner)

    def renew(self) -> None:
        """Go on holding. Raises ProfileHeld."""
        rows.renew(self.engine, self.row, self.owner, HOLD_SECONDS)

    def visitor(self) -> Visitor:
        """The profile with the cookies it has: to the site it stays the same device.

        Raises CookiesRefused.
        """
        try:
            storage = self.manners.jar.load(self.who.name)
        except NotLoggedIn:
            storage = None
        return Visitor(name=self.who.name, storage=storage, proxy=self.who.proxy, contexts=1)

    def admitted(self, found: Admitted) -> Booked:
        """Book what the browser brought."""
        account = account_of(found.storage["cookies"]) or UNNAMED
        return self.book(found.storage, account, already=found.already)

    def book(self, storage: dict[str, Any], account: str, *, already: bool = False) -> Booked:
        """Keep the cookies, note who it is, and let what waited for it go on."""
        self.manners.jar.save(self.who.name, storage)
        rows.note_login(self.engine, self.row, account)
        runs = parking.release(self.engine, self.who.name, replica=bool(self.manners.realm))
        return Booked(account=account, already=already, runs=runs)
