"""`pwsync doctor`: is this machine ready, and if not, what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.services.checkup.findings import Means
    from app.settings import Settings


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
    from app.cli import exits, told
    from app.services.checkup.collect import findings
    from app.services.checkup.findings import Level
    from app.settings import load

    with _means(load({"site": {"replica": replica}})) as means:
        found = findings(means)
    told.findings(found, as_json=as_json)
    failed = any(one.level is Level.FAIL for one in found)
    raise typer.Exit(exits.UNAVAILABLE if failed else exits.GOOD)


@contextmanager
def _means(settings: "Settings") -> "Iterator[Means]":
    from app.cli.desk import desk_of, means_of
    from app.jobs.doorbell import open_client
    from app.store.engine import open_engine

    engine = open_engine(settings.database)
    connection = open_client(settings.redis_url) if settings.redis_url else None
    try:
        yield means_of(settings, desk_of(settings, engine, connection))
    finally:
        engine.dispose()
        if connection is not None:
            connection.close()
