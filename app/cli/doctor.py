"""`pwsync doctor`: is this machine ready, and if not, what to do about it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.services.checkup.findings import Finding, Means
    from app.settings import Settings


LONGEST = 2_000
"""Characters of a line; a page's words may be in it."""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    replica: Annotated[
        str | None, typer.Option(help="Look at the profiles of a local 1688 at 127.0.0.1:PORT.")
    ] = None,
) -> None:
    """Check the engine, database, Redis, folders, disk, memory, clocks, tokens and profiles.

    Each finding is one line with what to do about it. Exit code 7 if something will not work;
    warnings leave it 0.
    """
    import json
    from dataclasses import asdict

    from app.cli import exits
    from app.services.checkup.collect import findings
    from app.services.checkup.findings import Level
    from app.settings import load

    with _means(load({"site": {"replica": replica}})) as means:
        found = findings(means)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        typer.echo("\n".join(map(_line, found)))
    failed = any(one.level is Level.FAIL for one in found)
    raise typer.Exit(exits.UNAVAILABLE if failed else exits.GOOD)


def _line(one: "Finding") -> str:
    from app.monitor.words import harmless
    from app.services.checkup.findings import Level

    word = one.level.upper() if one.level is Level.FAIL else one.level
    fix = f" -> {one.fix}" if one.fix else ""
    return harmless(f"{word:<5} {one.name}: {one.says}{fix}", limit=LONGEST)


@contextmanager
def _means(settings: "Settings") -> "Iterator[Means]":
    from app.cli.desk import desk_of
    from app.cli.serve import is_loopback
    from app.jobs.doorbell import open_client
    from app.services.checkup.findings import Means
    from app.store.engine import open_engine
    from app.wiring import launch_of

    engine = open_engine(settings.database)
    connection = open_client(settings.redis_url) if settings.redis_url else None
    try:
        yield Means(
            desk=desk_of(settings, engine, connection),
            launch=launch_of(settings),
            contexts=settings.browser.contexts,
            host=settings.api.host,
            is_reachable=not is_loopback(settings.api.host),
            tokens=_counter(settings),
        )
    finally:
        engine.dispose()
        if connection is not None:
            connection.close()


def _counter(settings: "Settings") -> Callable[[], int]:
    from app.access.tokens import TokenFile

    given = 1 if settings.api.token else 0
    return lambda: given + len(TokenFile(settings.data_dir).tokens())
