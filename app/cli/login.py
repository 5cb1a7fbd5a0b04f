"""`pwsync login`: a person's account becomes a profile, by 1688's own QR code in the terminal."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import exits
from app.cli.errors import UsageError
from app.cli.working import Replica, say, seconds_of

if TYPE_CHECKING:
    from app.logins.booking import Booked, Booking
    from app.settings import Settings
    from browsers.login import Admitted


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
    from app.logins.booking import Booking, NoAccount, profile_of
    from app.places import open_database
    from app.runs.owners import owner_name
    from app.settings import load
    from app.wiring import manners_of

    _check(headed=headed, cookies=cookies)
    way = Shown(window=headed, seconds=seconds_of(time_limit) or 0.0, as_json=as_json)
    settings = load({"site": {"replica": replica}})
    manners = manners_of(settings)
    try:
        who = profile_of(manners, profile)
    except NoAccount:
        raise UsageError(
            f"--profile {profile}: that is nobody; call the account something else"
        ) from None
    engine = open_database(settings)
    booking = Booking(engine=engine, manners=manners, who=who, owner=owner_name())
    try:
        with _ended_politely(), booking.held():
            if cookies is not None:
                _bring(booking, cookies, as_json=as_json)
            else:
                booked = booking.admitted(_admit(booking, settings, way))
                _tell(booking, booked, as_json=as_json)
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """How a login is shown, and for how long it is waited."""

    window: bool
    seconds: float
    as_json: bool


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


def _admit(booking: "Booking", settings: "Settings", way: "Shown") -> "Admitted":
    """Show what happens at the login page until somebody is in.

    Raises LoginFailed, LoginBlocked, EngineMissing, RenderError, ProfileHeld, CookiesRefused.
    """
    from rich.console import Console

    from app.cli.board import Board, Picture
    from app.logins.entry import admit
    from app.wiring import launch_of

    board = Board(
        picture=Picture(settings.data_dir / f"login-{booking.who.name}.png"),
        console=Console(stderr=True),
        window=way.window,
        as_json=way.as_json,
    )
    launch = replace(launch_of(settings), headless=not way.window)
    with board:
        return admit(booking, launch, seconds=way.seconds, show=board.show)


def _tell(booking: "Booking", booked: "Booked", *, as_json: bool) -> None:
    from app.refs import plain

    name = booking.who.name
    if as_json:
        told: dict[str, Any] = {"type": "logged_in", "profile": name, "account": booked.account}
        told |= {"already": booked.already, "runs": booked.runs}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    still = "still " if booked.already else ""
    typer.echo(f"{still}logged in as {plain(booked.account)} (profile {name})")
    for run in booked.runs:
        say(f"run {run} goes on; `pwsync resume {run}` works on it here")


def _bring(booking: "Booking", file: str, *, as_json: bool) -> None:
    """Keep the cookies of a file as the profile's. Raises UsageError, CookiesRefused."""
    from datetime import UTC, datetime

    from app.profiles.cookies import read_cookies

    found = read_cookies(_text(file), datetime.now(UTC))
    _tell(booking, booking.book(found.storage, found.account), as_json=as_json)
    left = f", {found.dropped} of other sites or expired left out" if found.dropped else ""
    kept = len(found.storage["cookies"])
    say(f"{kept} cookies kept{left}; `pwsync profile check {booking.who.name}` asks the site")
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
