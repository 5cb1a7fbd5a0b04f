"""`pwsync login`: a person's account becomes a profile, by 1688's own QR code in the terminal."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import exits
from app.cli.errors import UsageError
from app.cli.working import Replica, say, seconds_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.profiles.values import Profile
    from app.runtime import Manners
    from app.settings import Settings
    from browsers.login import Admitted, Event
    from browsers.loop import LoopThread
    from browsers.values import Visitor

HOLD_SECONDS = 60.0
"""A profile whose login was killed is free again after this."""
RENEW_SECONDS = 20.0
CLOSE_SECONDS = 20.0


def login(
    profile: Annotated[
        str, typer.Option("--profile", metavar="NAME", help="What the account is called here.")
    ] = "main",
    headed: Annotated[
        bool, typer.Option("--headed", help="Open a window and log in there, in any way.")
    ] = False,
    cookies: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Take these cookies of your browser; - is stdin."),
    ] = None,
    time_limit: Annotated[
        str, typer.Option("--time-limit", metavar="5m", help="Give up after so long (exit 4).")
    ] = "5m",
    replica: Replica = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="A JSON object a line for each thing that happens.")
    ] = False,
) -> None:
    """Log in with 1688's own QR code: scan it with the 1688 or Taobao app, confirm on the phone.

    The account is a profile then (`pwsync sync --profile main ...`); what waited for it goes on.

    Exit code 4: nobody logged in in time; 5: the site has blocked us; 7: no browser; 9: the profile
    is in use.
    """
    from app.settings import load
    from app.wiring import manners_of, open_database, owner_name

    _check(headed=headed, cookies=cookies)
    seconds = seconds_of(time_limit) or 0.0
    settings = load({"site": {"replica": replica}})
    manners = manners_of(settings)
    who = _profile(manners, profile)
    engine = open_database(settings)
    desk = Desk(
        settings=settings,
        manners=manners,
        engine=engine,
        who=who,
        owner=owner_name(),
        as_json=as_json,
    )
    try:
        with _ended_politely(), desk.held():
            if cookies is not None:
                _bring(desk, cookies)
            else:
                _keep(desk, _admit(desk, window=headed, seconds=seconds))
    finally:
        engine.dispose()


def _check(*, headed: bool, cookies: str | None) -> None:
    if headed and cookies is not None:
        raise UsageError("--headed and --cookies exclude each other")
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if headed and sys.platform == "linux" and not has_display:
        raise UsageError(
            "--headed opens a window, and there is no display here (DISPLAY is not set); "
            "type `pwsync login` for a QR code, or bring cookies with --cookies FILE"
        )


def _profile(manners: "Manners", name: str) -> "Profile":
    """The profile of that name, a new one if there is none. Raises UsageError, ProfileUnknown."""
    from app.profiles.values import GUEST, Profile, ProfileUnknown

    if name == GUEST:
        raise UsageError(f"--profile {GUEST}: that is nobody; call the account something else")
    manners.jar.path(name)
    try:
        return manners.profile(name)
    except ProfileUnknown:
        return Profile(name=name, egress=manners.egress)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Where a login is booked: the profile, its cookies and its row."""

    settings: "Settings"
    manners: "Manners"
    engine: "Engine"
    who: "Profile"
    owner: str
    as_json: bool = False

    @property
    def row(self) -> str:
        return self.manners.row(self.who)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Be the only process that is this profile. Raises ProfileHeld."""
        from app.profiles import rows

        rows.hold(self.engine, self.row, self.owner, HOLD_SECONDS)
        try:
            yield
        finally:
            rows.release(self.engine, self.row, self.owner)

    def renew(self) -> None:
        """Go on holding. Raises ProfileHeld."""
        from app.profiles import rows

        rows.renew(self.engine, self.row, self.owner, HOLD_SECONDS)

    def book(self, storage: dict[str, Any], account: str, *, already: bool = False) -> None:
        """Keep the cookies, note who it is, let what waited for it go on, and say so."""
        from app.profiles import rows
        from app.refs import plain
        from app.runs import parking

        name = self.who.name
        self.manners.jar.save(name, storage)
        rows.note_login(self.engine, self.row, account)
        runs = parking.release(self.engine, name, replica=bool(self.manners.realm))
        if self.as_json:
            told = {"type": "logged_in", "profile": name, "account": account, "already": already}
            typer.echo(json.dumps(told | {"runs": runs}, ensure_ascii=False))
            return
        typer.echo(f"{'still ' if already else ''}logged in as {plain(account)} (profile {name})")
        for run in runs:
            say(f"run {run} goes on; `pwsync resume {run}` works on it here")


@contextmanager
def _ended_politely() -> Iterator[None]:
    """Ctrl-C and SIGTERM leave in order: the browser ends, the picture goes, nobody is held."""

    def terminate(*_: object) -> None:
        raise SystemExit(exits.TERMINATED)

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except KeyboardInterrupt:
        say("stopped; nobody was logged in")
        raise SystemExit(exits.INTERRUPTED) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _admit(desk: Desk, *, window: bool, seconds: float) -> "Admitted":
    """Show what happens at the login page until somebody is in.

    Raises LoginFailed, LoginBlocked, EngineMissing, RenderError, ProfileHeld, CookiesRefused.
    """
    from queue import Empty, SimpleQueue

    from rich.console import Console

    from app.cli.board import Board, Picture
    from browsers.loop import LoopThread

    told: SimpleQueue[Event | None] = SimpleQueue()
    visitor = _visitor(desk)
    board = Board(
        picture=Picture(desk.settings.data_dir / f"login-{desk.who.name}.png"),
        console=Console(stderr=True),
        window=window,
        as_json=desk.as_json,
    )
    loop = LoopThread(name="browsers")
    loop.start()
    try:
        with board:
            entry = Entry(visitor=visitor, tell=told.put, window=window, seconds=seconds)
            task = loop.run(entry.enter(desk.settings, loop))
            task.add_done_callback(lambda _: told.put(None))
            while True:
                try:
                    event = told.get(timeout=RENEW_SECONDS)
                except Empty:
                    desk.renew()
                    continue
                if event is None:
                    return task.result()
                board.show(event)
    finally:
        loop.stop(within=CLOSE_SECONDS)


def _visitor(desk: Desk) -> "Visitor":
    """The profile with the cookies it has: to the site it stays the same device."""
    from app.profiles.jar import NotLoggedIn
    from browsers.values import Visitor

    try:
        storage = desk.manners.jar.load(desk.who.name)
    except NotLoggedIn:
        storage = None
    return Visitor(name=desk.who.name, storage=storage, proxy=desk.who.proxy, contexts=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The browser's side of a login, on its own loop."""

    visitor: "Visitor"
    tell: "Callable[[Event], None]"
    window: bool
    seconds: float

    async def enter(self, settings: "Settings", loop: "LoopThread") -> "Admitted":
        """Open a browser, log in, close it. Raises what `browsers.login` and the pool do."""
        from app.wiring import launch_of
        from browsers.login import login as wait_at_the_page
        from browsers.pool import BrowserPool

        pool = BrowserPool(replace(launch_of(settings), headless=not self.window), size=1)
        loop.on_stall = pool.kill
        await pool.open()
        try:
            await pool.become(self.visitor)
            async with pool.lease("login") as slot:
                return await wait_at_the_page(
                    slot, deadline=self.seconds, tell=self.tell, window=self.window
                )
        finally:
            await pool.close()


def _keep(desk: Desk, found: "Admitted") -> None:
    from app.profiles.cookies import account_of

    account = account_of(found.storage["cookies"]) or "an unnamed account"
    desk.book(found.storage, account, already=found.already)


def _bring(desk: Desk, file: str) -> None:
    """Keep the cookies of a file as the profile's. Raises UsageError, CookiesRefused."""
    from datetime import UTC, datetime

    from app.profiles.cookies import read_cookies

    found = read_cookies(_text(file), datetime.now(UTC))
    desk.book(found.storage, found.account)
    left = f", {found.dropped} of other sites or expired left out" if found.dropped else ""
    kept = len(found.storage["cookies"])
    say(f"{kept} cookies kept{left}; `pwsync profile check {desk.who.name}` asks the site")
    if file != "-":
        say(f"{file} is still a way into the account: remove it")


def _text(file: str) -> str:
    from pathlib import Path

    from app.profiles.jar import LARGEST

    try:
        if file == "-":
            return sys.stdin.buffer.read(LARGEST).decode()
        with Path(file).open("rb") as opened:
            return opened.read(LARGEST).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--cookies {file}: {error}") from None
