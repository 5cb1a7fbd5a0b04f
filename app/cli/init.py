"""`pwsync init`: a few questions, and a `pwsync.toml` that explains every setting."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.errors import UsageError
from app.cli.working import say

NEW = "pwsync.toml"
MODES = ("natural", "mixed", "lean")
VARIABLES = {"database_url": "PWSYNC_DATABASE_URL", "redis_url": "PWSYNC_REDIS_URL"}


def init(
    database: Annotated[
        str | None, typer.Option(metavar="URL", help="mysql+pymysql://USER@HOST/NAME, no password.")
    ] = None,
    redis: Annotated[
        str | None, typer.Option(metavar="URL", help="redis://HOST:PORT/0, no password.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder of everything that is kept.")] = None,
    mode: Annotated[
        str | None, typer.Option(help="How pages are loaded: natural, mixed or lean.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="A profile to log in with; guest without it.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("-y", "--yes", help="Ask nothing; what no flag says is the default.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Ask what pwsync should work with and write pwsync.toml, every setting explained.

    The file named by --config, else pwsync.toml in this folder. Passwords are not written into it:
    they belong into the environment.
    """
    place = Path(os.environ.get("PWSYNC_CONFIG") or NEW)
    if (place.exists() or place.is_symlink()) and not force:
        raise UsageError(f"{place} is there already; --force replaces it")
    given: dict[str, str | None] = {
        "database_url": database,
        "redis_url": redis,
        "data_dir": str(data) if data else None,
        "browser.mode": mode,
        "site.profile": profile,
    }
    for name, answer in given.items():
        if answer is not None:
            given[name] = _told(name, answer)
    chosen = given if yes else _asked(given)
    _write(
        place, {name: value for name, value in chosen.items() if value and _is_open(name, value)}
    )
    say(f"wrote {place}; every setting is explained in it")
    _say_secrets(chosen)
    _say_next(chosen)


def _told(name: str, flag: str) -> str:
    """A flag's value. Raises UsageError; a password in it has been seen by others already."""
    if name in VARIABLES and _has_password(flag):
        raise UsageError(
            f"--{name.removesuffix('_url')} has a password, which every user of this machine can "
            f"read in the list of processes; set {VARIABLES[name]} instead"
        )
    return _checked(name, flag)


QUESTIONS = {
    "database_url": "MySQL or MariaDB, as mysql+pymysql://USER@HOST/NAME (empty: an SQLite file)",
    "redis_url": "Redis for several workers, as redis://HOST:6379/0 (empty: none)",
    "data_dir": "Folder for pictures, archive and cookies",
    "browser.mode": f"How pages are loaded ({', '.join(MODES)})",
    "site.profile": "Name of a profile to log in with (guest: nobody)",
}


def _asked(given: dict[str, str | None]) -> dict[str, str | None]:
    """All that was given, and answers to the rest. Raises UsageError without a terminal."""
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask at; add --yes, and what differs as flags")
    answers = {}
    for name, answer in given.items():
        variable = VARIABLES.get(name, "")
        if answer is None and variable in os.environ:
            say(f"{name} is taken from {variable}")
        answers[name] = answer if answer or variable in os.environ else _ask(name)
    return answers


def _ask(name: str) -> str | None:
    from rich.console import Console
    from rich.prompt import Prompt

    usual = {"data_dir": _usual_folder(), "browser.mode": "natural", "site.profile": "guest"}
    screen = Console(stderr=True)
    default = usual.get(name, "")
    while True:
        answer = Prompt.ask(
            QUESTIONS[name], console=screen, default=default, show_default=bool(default)
        ).strip()
        if not answer:
            return None
        try:
            return _checked(name, answer)
        except UsageError as error:
            say(str(error))


def _is_open(name: str, answer: str) -> bool:
    """Whether it may stand in a file: nothing with a password may."""
    return name not in VARIABLES or not _has_password(answer)


def _say_secrets(chosen: dict[str, str | None]) -> None:
    from sqlalchemy import make_url

    for name, answer in chosen.items():
        if answer and not _is_open(name, answer):
            shown = make_url(answer).render_as_string(hide_password=True)
            say(f"not in it: {name}, which has a password; set it where pwsync is started, as by")
            say(
                f"  export {VARIABLES[name]}='{shown}'  (or .env of mode 600, for compose, systemd)"
            )


def _has_password(url: str) -> bool:
    from urllib.parse import parse_qs, urlsplit

    parts = urlsplit(url)
    return ":" in parts.netloc.rpartition("@")[0] or "password" in parse_qs(parts.query)


def _checked(name: str, answer: str) -> str:
    """The answer as the settings will have it. Raises UsageError."""
    return CHECKS[name](answer)


def _database(url: str) -> str:
    from app.store.engine import DatabaseUnavailable, open_engine

    try:
        if not url.startswith("sqlite:"):
            open_engine(url).dispose()
    except DatabaseUnavailable as error:
        raise UsageError(str(error)) from None
    return url


def _redis(url: str) -> str:
    from redis import Redis

    try:
        Redis.from_url(url).close()
    except ValueError:
        raise UsageError(
            "Redis is named redis://HOST:PORT/NUMBER, rediss://… or unix://…"
        ) from None
    return url


def _folder(path: str) -> str:
    found = Path(path).expanduser().absolute()
    if found.exists() and not found.is_dir():
        raise UsageError(f"{found} is no folder")
    return str(found)


def _mode(word: str) -> str:
    if word not in MODES:
        raise UsageError(f"pages are loaded {', '.join(MODES)}; not {word}")
    return word


def _profile(name: str) -> str:
    from app.profiles.values import NAME

    if not NAME.fullmatch(name):
        raise UsageError("a profile's name has small letters, digits, '.', '_' and '-', up to 32")
    return name


CHECKS: dict[str, Callable[[str], str]] = {
    "database_url": _database,
    "redis_url": _redis,
    "data_dir": _folder,
    "browser.mode": _mode,
    "site.profile": _profile,
}


def _usual_folder() -> str:
    from app.settings import default_data_dir

    return str(default_data_dir())


def _write(place: Path, chosen: dict[str, Any]) -> None:
    """In one step, for its owner alone: tokens may be added later. Raises UsageError."""
    from app.cli.template import text

    if chosen.get("site.profile", "guest") != "guest":
        chosen["profile.name"] = chosen["site.profile"]
    partial = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        opened = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(opened, "w", encoding="utf-8") as file:
            file.write(text(chosen))
        partial.replace(place)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"{place} cannot be written: {error.strerror}") from error


def _say_next(chosen: dict[str, str | None]) -> None:
    if (name := chosen["site.profile"] or "guest") != "guest":
        say(f"next: pwsync login --profile {name}")
    else:
        say("next: pwsync doctor")
