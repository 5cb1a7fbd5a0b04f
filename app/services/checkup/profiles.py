"""The profiles: whether their cookies can be used, and whether the site may be asked as them."""

import time
from collections.abc import Iterator
from typing import Any

from app.profiles import rows
from app.profiles.cookies import FLAG, USER, account_of
from app.profiles.health import State
from app.profiles.jar import NotLoggedIn
from app.profiles.values import GUEST, ProfileError
from app.services.checkup.findings import Finding, Level, Means, failed
from app.store.engine import DatabaseUnavailable
from app.store.schema import HEAD, revision

SOON_DAYS = 3.0


def profiles(means: Means) -> Iterator[Finding]:
    """A finding for each profile's cookies, and one for each that rests or waits for a person."""
    manners = means.desk.manners
    accounts = sorted({*manners.profiles, *manners.jar.names()} - {GUEST})
    for name in accounts:
        yield _cookies(means, name)
    try:
        if revision(means.desk.engine) == HEAD:
            yield from _rests(means, [GUEST, *accounts])
    except DatabaseUnavailable:
        return  # said by the database's own check


def _cookies(means: Means, name: str) -> Finding:
    what, again = f"profile {name}", f"pwsync login --profile {name}"
    try:
        kept = means.desk.manners.jar.load(name)["cookies"]
    except NotLoggedIn:
        return Finding(name=what, says="not logged in yet", level=Level.WARN, fix=again)
    except ProfileError as error:
        return failed(what, error)
    valid = [cookie for cookie in kept if _seconds_left(cookie) > 0]
    account = account_of(valid)
    if account is None:
        return Finding(name=what, says="its login has expired", level=Level.WARN, fix=again)
    days = min((_seconds_left(c) for c in valid if c["name"] in {USER, FLAG}), default=0) / 86_400
    if days < SOON_DAYS:
        says = f"login of {account} ends in {days:.1f} days"
        return Finding(name=what, says=says, level=Level.WARN, fix=again)
    return Finding(name=what, says=f"logged in as {account}")


def _seconds_left(cookie: dict[str, Any]) -> float:
    """Without end for a cookie that lasts as long as the browser's session."""
    ends = cookie.get("expires", -1)
    if not isinstance(ends, int | float) or ends < 0:
        return float("inf")
    return ends - time.time()


def _rests(means: Means, names: list[str]) -> Iterator[Finding]:
    manners = means.desk.manners
    for name in names:
        found = rows.read(means.desk.engine, manners.row(manners.profile(name)))
        if found.state is State.RESTING:
            until = f" until {found.rest_until:%Y-%m-%d %H:%M} UTC" if found.rest_until else ""
            says = f"{name} rests{until}: {found.reason}"
            fix = "wait; it goes on by itself"
            yield Finding(name="rest", says=says, level=Level.WARN, fix=fix)
        elif found.state is State.RETIRED:
            says = f"{name} waits for a person: {found.reason}"
            fix = f"pwsync login --profile {name}" if name != GUEST else "pwsync profile list"
            yield Finding(name="rest", says=says, level=Level.WARN, fix=fix)
