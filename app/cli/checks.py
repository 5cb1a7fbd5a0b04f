"""Whether a profile can be used: its rest, its proxy, its cookies and, if asked for, its login."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.cli import exits, guests

if TYPE_CHECKING:
    from app.cli.guests import Desk
    from app.pace.values import Closed, Turn
    from app.profiles.values import Profile
    from browsers.loop import LoopThread

HOLD_SECONDS = 300.0
"""A profile whose check was killed is free again after this."""
PROXY_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at; `code` is the exit code it leads to."""

    name: str
    says: str
    code: int = exits.GOOD


def findings(desk: "Desk", who: "Profile", *, visit: bool) -> Iterator[Finding]:
    """One after another; the site is asked only if nothing before it is wrong."""
    good = True
    for name, look in LOOKS.items():
        found = _explained(name, look, desk, who)
        good = good and not found.code
        yield found
    if visit and good:
        yield _explained("visit", _look_at_the_site, desk, who)


def _explained(
    name: str, look: "Callable[[Desk, Profile], Finding]", desk: "Desk", who: "Profile"
) -> Finding:
    from app.profiles.values import ProfileError
    from browsers.errors import BrowserError

    try:
        return look(desk, who)
    except (ProfileError, BrowserError) as error:
        from app.cli.errors import explain

        says, code = explain(error)
        return Finding(name=name, says=says, code=code)


def _look_at_health(desk: "Desk", who: "Profile") -> Finding:
    from app.profiles.health import State

    told = desk.told(who.name)
    code = exits.GOOD if told["state"] == State.WELL else exits.PARKED
    says = f"{guests.state(told)}; pages today: {guests.pages(told)}"
    return Finding(name="health", says=says, code=code)


def _look_at_proxy(desk: "Desk", who: "Profile") -> Finding:
    from app.profiles import proxies
    from browsers import traffic

    if who.proxy is None:
        return Finding(name="proxy", says=f"none: goes out from {who.egress}")
    replica = desk.settings.site.replica
    target = traffic.loopback(replica) if replica else proxies.PROBED
    seconds = asyncio.run(proxies.answers(who.proxy, within=PROXY_SECONDS, target=target))
    return Finding(name="proxy", says=f"{who.proxy.server} connects in {seconds:.2f} s")


def _look_at_cookies(desk: "Desk", who: "Profile") -> Finding:
    from app.profiles.cookies import account_of

    if not who.keeps_cookies:
        return Finding(name="cookies", says="keeps none")
    account = account_of(desk.manners.jar.load(who.name)["cookies"])
    if account is None:
        return _logged_out(who)
    return Finding(name="cookies", says=f"of {account}")


LOOKS = {"health": _look_at_health, "proxy": _look_at_proxy, "cookies": _look_at_cookies}


def _logged_out(who: "Profile") -> Finding:
    says = f"logged out; `pwsync login --profile {who.name}` logs in again"
    return Finding(name="cookies", says=says, code=exits.LOGIN_NEEDED)


def _look_at_the_site(desk: "Desk", who: "Profile") -> Finding:
    """Ask for one page that only members see, in turn, and as the only process that is it."""
    from app.pace.values import Turn
    from app.profiles import rows
    from app.runs.owners import owner_name
    from browsers.loop import LoopThread

    row, owner = desk.manners.row(who), owner_name()
    rows.hold(desk.engine, row, owner, HOLD_SECONDS)
    try:
        turn = _turn(desk, who)
        if not isinstance(turn, Turn):
            return Finding(name="visit", says=f"not now: {turn.why}", code=exits.PARKED)
        with LoopThread() as loop:
            return loop.run(_visited(desk, who, turn.seconds, loop)).result()
    finally:
        rows.release(desk.engine, row, owner)


def _turn(desk: "Desk", who: "Profile") -> "Turn | Closed":
    """The profile's next turn, once a short pause of the site's is over."""
    from app.pace.values import Wait

    gate = desk.manners.gate(desk.engine, who)
    while isinstance(turn := gate.book("list"), Wait):
        time.sleep(turn.seconds)
    return turn


async def _visited(desk: "Desk", who: "Profile", wait: float, loop: "LoopThread") -> Finding:
    from app.profiles import rows
    from app.wiring import launch_of
    from browsers.login import LoginBlocked, is_member
    from browsers.pool import BrowserPool
    from browsers.values import Visitor

    jar, row = desk.manners.jar, desk.manners.row(who)
    visitor = Visitor(name=who.name, storage=jar.load(who.name), proxy=who.proxy, contexts=1)
    pool = BrowserPool(launch_of(desk.settings), size=1)
    loop.on_stall = pool.kill
    await pool.open()
    try:
        await pool.become(visitor)
        await asyncio.sleep(wait)
        async with pool.lease("check") as slot:
            is_in = await is_member(slot, deadline=desk.settings.run.deadline_seconds)
        if is_in and (storage := await pool.storage()):
            jar.save(who.name, storage)
    except LoginBlocked as error:
        rows.note_block(desk.engine, row, f"{error.block.rule}: check", desk.manners.rests)
        return Finding(name="visit", says=f"{error}; it rests", code=exits.PARKED)
    finally:
        await pool.close()
    if not is_in:
        return _logged_out(who)
    return Finding(name="visit", says="the site shows it a page for members")
