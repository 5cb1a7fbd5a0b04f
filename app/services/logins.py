"""Logging a profile in from elsewhere: the site's own code is shown there, a person scans it."""

from dataclasses import replace

from app.logins.booking import Booked, Booking, profile_of
from app.logins.watched import Login, Logins
from app.profiles.values import ProfileError
from app.services import runs, trail
from app.services.desk import Desk
from app.services.trail import Deed


class NoLogins(ProfileError):
    """This server opens no browser."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no login can be begun here; `pwsync login --profile {name}` does it")


def start(desk: Desk, name: str, deed: Deed) -> tuple[Login, bool]:
    """The login of a profile that goes on, or a new one; whether it is new.

    Raises NoLogins, NoAccount, ProfileUnknown, ProfileHeld, LoginsBusy, DatabaseUnavailable.
    """
    logins = _logins(desk, name)
    who = profile_of(desk.manners, name)
    booking = Booking(engine=desk.engine, manners=desk.manners, who=who, owner=logins.owner)

    def then(booked: Booked) -> None:
        told = {"account": booked.account, "runs": booked.runs}
        trail.note(desk.engine, replace(deed, verb="logged_in", detail=told))
        runs.begin_all(desk, booked.runs)

    login, is_new = logins.start(booking, then)
    if is_new:
        trail.note(desk.engine, deed)
    return login, is_new


def find(desk: Desk, name: str) -> Login | None:
    """The latest login of a profile that was begun here."""
    return desk.logins.find(name) if desk.logins else None


def give_up(desk: Desk, name: str, deed: Deed) -> None:
    """End a login that goes on."""
    login = find(desk, name)
    if login is None or login.stand.is_over:
        return
    login.give_up()
    trail.note(desk.engine, deed)


def _logins(desk: Desk, name: str) -> Logins:
    if desk.logins is None:
        raise NoLogins(name)
    return desk.logins
