"""`pwsync doctor`: is this machine ready, and if not, what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.settings import Settings

CLOCKS_APART = 5.0
"""Seconds that clocks may differ."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    good: bool
    says: str


class Unfit(Exception):
    """Something is there and answers, but is not as it has to be; the message says what to do."""


class Contradicted(Exception):
    """The engine tells more than one story about itself, or an untrue one."""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check the engine, the database, Redis, the clocks, the tokens and the folders.

    Exit code 7 if something is missing; each finding says what to do.
    """
    import json
    from dataclasses import asdict

    from app.cli import exits
    from app.settings import load

    found = list(_findings(load()))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        for one in found:
            typer.echo(f"{'ok   ' if one.good else 'WRONG'} {one.name}: {one.says}")
    raise typer.Exit(exits.GOOD if all(one.good for one in found) else exits.UNAVAILABLE)


def _findings(settings: "Settings") -> Iterator[Finding]:
    checks: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("engine", _engine),
        ("identity", _identity),
        ("database", _database),
        ("clock", _clock),
        ("redis", _redis),
        ("tokens", _tokens),
        ("data folder", _folder),
    )
    for name, check in checks:
        try:
            yield Finding(name=name, good=True, says=check(settings))
        except Exception as error:  # noqa: BLE001 - a doctor reports every failure
            yield Finding(name=name, good=False, says=str(error))


def _engine(settings: "Settings") -> str:
    from browsers.engine import find_engine
    from browsers.launch import sandboxed

    engine = find_engine(settings.browser.executable)
    on = sandboxed(settings.browser.sandbox)
    aloud = "" if on else ", sandbox OFF (run as an ordinary user to have it)"
    return f"{engine.name} {engine.version} at {engine.path}{aloud}"


def _identity(settings: "Settings") -> str:
    """Ask the engine as a site could. Contradictions make it a finding that is not good."""
    import asyncio
    import os
    import platform

    from app.wiring import launch_of
    from browsers import identity, probe, story
    from browsers.engine import find_engine

    launch = launch_of(settings)
    told = asyncio.run(probe.ask(launch))
    machine = story.Machine(
        system=platform.system(),
        platform=f"{platform.system()} {platform.machine()}",
        processors=frozenset((os.cpu_count() or 0, len(os.sched_getaffinity(0)))),
        version=find_engine(launch.executable, headless=launch.headless).version,
    )
    who = story.summary(told)
    wrong = (*story.contradictions(told), *story.untruths(told, machine))
    if wrong:
        raise Contradicted(f"{who}; but: {'; '.join(wrong)}")
    return f"{who}; one story in page, frames, worker and headers; true, with {identity.CHOSEN}"


def _database(settings: "Settings") -> str:
    from sqlalchemy import make_url

    from app.store.engine import open_engine
    from app.store.schema import HEAD, revision

    engine = open_engine(settings.database)
    found = revision(engine)
    shown = make_url(settings.database).render_as_string(hide_password=True)
    if found not in (None, HEAD):
        raise Unfit(f"{shown} has revision {found} of {HEAD}; `pwsync db migrate` brings it up")
    if engine.dialect.name == "mysql":
        _check_server(engine)
    return f"{shown}, revision {found or 'none yet'} of {HEAD}"


def _check_server(engine: "Engine") -> None:
    """What does not fit must be refused, not cut; tables bring their own character set."""
    from sqlalchemy import text

    from app.store.engine import consult

    modes = consult(engine, lambda conn: conn.scalar(text("SELECT @@sql_mode"))) or ""
    if "STRICT_" not in modes:
        raise Unfit("its sql_mode is not strict: add STRICT_TRANS_TABLES to it")


def _clock(settings: "Settings") -> str:
    """Leases go by the database's clock; files and logs by ours."""
    from datetime import UTC, datetime

    from sqlalchemy import select

    from app.store.clock import now
    from app.store.engine import consult, open_engine

    engine = open_engine(settings.database)
    theirs: datetime = consult(engine, lambda conn: conn.execute(select(now())).scalar_one())
    away = abs((datetime.now(UTC) - theirs).total_seconds())
    if away > CLOCKS_APART:
        raise Unfit(f"{away:.0f} s from the database's: let NTP set both machines' clocks")
    return f"within {CLOCKS_APART:.0f} s of the database's"


def _redis(settings: "Settings") -> str:
    """Whether it answers and keeps what it is given."""
    if not settings.redis_url:
        return "none set: whoever opens a run works on it"
    from app.jobs import doorbell

    connection = doorbell.connect(settings.redis_url)
    with doorbell.reached(connection):
        version = connection.info("server")["redis_version"]
        policy = connection.config_get("maxmemory-policy").get("maxmemory-policy", "unknown")
        saves = connection.config_get("appendonly").get("appendonly", "unknown")
    if policy not in ("noeviction", "unknown"):
        raise Unfit(f"its maxmemory-policy is {policy}, which drops jobs: set noeviction")
    kept = "" if saves == "yes" else "; appendonly is off: bells are rung again after a restart"
    return f"version {version}, {policy}{kept}"


def _tokens(settings: "Settings") -> str:
    """Whether the server could be started as it is set."""
    from app.access.tokens import TokenFile
    from app.cli.serve import is_loopback

    number = len(TokenFile(settings.data_dir).tokens()) + (settings.api.token is not None)
    if not number and not is_loopback(settings.api.host):
        raise Unfit(
            f"none, and api.host {settings.api.host} can be reached by others: "
            "`pwsync serve --new-token` makes one"
        )
    return f"{number:,} for the server at {settings.api.host}:{settings.api.port}"


def _folder(settings: "Settings") -> str:
    import os
    import shutil

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.data_dir, os.W_OK):
        raise PermissionError(f"{settings.data_dir} is not writable; set data_dir to one that is")
    free = shutil.disk_usage(settings.data_dir).free
    return f"{settings.data_dir}, {free / 2**30:.0f} GiB free"
