"""`pwsync worker`: works on the runs of a database, called by bells in Redis."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import UsageError
from app.cli.sync import flags
from app.cli.working import Contexts, Mode, Replica

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from redis import Redis
    from sqlalchemy import Engine

    from app.jobs.worker import Worker
    from app.runtime import Event, Runtime
    from app.settings import Settings


def worker(
    burst: Annotated[bool, typer.Option("--burst", help="End when nothing is left to do.")] = False,
    contexts: Contexts = None,
    mode: Mode = None,
    replica: Replica = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="Its name in the dashboard.")] = "",
) -> None:
    """Work on runs until stopped, any number of these on any number of machines.

    The first SIGTERM or Ctrl-C finishes the pages in flight and exits 0; a second one ends them,
    too. Without Redis for a while it goes on with what the database has. Exit code 2 without a
    redis_url; 7 when database or browser are not there, or Redis refuses us.
    """
    from app.cli import exits
    from app.noting import begin_log
    from app.places import open_database
    from app.settings import load
    from browsers.engine import find_engine

    settings = load(flags(replica, contexts, mode))
    connection = _redis(settings)
    find_engine(settings.browser.executable)
    begin_log(settings, "worker")
    engine = open_database(settings)
    try:
        signal = _worker(settings, engine, connection, name).attend(burst=burst)
    finally:
        engine.dispose()
        connection.close()
    raise typer.Exit(128 + signal if signal else exits.GOOD)


def _redis(settings: "Settings") -> "Redis":
    """A client; it need not be answered yet."""
    from app.jobs.doorbell import RedisUnavailable, open_client, reached

    if not settings.redis_url:
        raise UsageError(
            "a worker is called through Redis: set redis_url in pwsync.toml or PWSYNC_REDIS_URL="
            "redis://127.0.0.1:6379/0; `pwsync up` brings its own, `pwsync sync` needs none"
        )
    connection = open_client(settings.redis_url)
    try:
        with reached(connection):
            connection.ping()
    except RedisUnavailable as error:
        if error.lasting:
            raise
    return connection


def _worker(settings: "Settings", engine: "Engine", connection: "Redis", name: str) -> "Worker":
    from functools import partial

    from app.cli.lines import Lines
    from app.jobs.turn import Turns
    from app.jobs.worker import Worker

    here_is_replica = settings.site.replica is not None
    lines = Lines(engine.dialect.name)
    lines.say("the worker waits for runs")
    return Worker(
        connection,
        engine,
        partial(_open_runtime, settings, engine),
        watcher=lines,
        slots=settings.browser.contexts,
        turns=Turns(
            slice_seconds=settings.run.slice_seconds, page_seconds=settings.run.deadline_seconds
        ),
        # a run of a local 1688 is never worked on at the real site, nor the other way round
        fits=lambda run: bool(run.options.get("replica")) == here_is_replica,
        name=name,
    )


def _open_runtime(
    settings: "Settings", engine: "Engine", tell: "Callable[[Event], None]"
) -> "AbstractAsyncContextManager[Runtime]":
    from app.wiring import open_runtime

    return open_runtime(settings, engine, tell=tell)
