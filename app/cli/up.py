"""`pwsync up`: everything one machine needs, started together and kept alive."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.settings import Settings
    from app.supervision import Service

WORKER_SECONDS = 80.0
"""A worker lets its pages finish, each of which has a deadline of a minute by default."""
OTHERS_SECONDS = 15.0
REDIS, SERVER, WORKERS, SCHEDULER = range(4)
"""Stages: the scheduler stops first, then the workers drain, Redis goes last."""


def up(
    workers: Annotated[
        int, typer.Option("--workers", "-w", min=1, max=64, help="Worker programs.")
    ] = 1,
    host: Annotated[str | None, typer.Option(help="Address the server listens on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port the server listens on.")
    ] = None,
) -> None:
    """Run workers, scheduler and server together, and start again what dies.

    Without a redis_url it starts a Redis of its own in the data folder. SIGTERM or Ctrl-C ends all
    in order, a second one at once.
    """
    import signal

    from app.places import open_database
    from app.settings import load

    settings = load({"api": {"host": host, "port": port}})
    open_database(settings).dispose()  # migrated once, before several look at it
    with redis_of(settings) as (url, own):
        services = [*own, *services_of(workers, server_words(host, port))]
        ended_by = supervise(services, url)
    raise typer.Exit(130 if ended_by == signal.SIGINT else 0)


def supervise(
    services: "list[Service]", redis_url: str, more: "Mapping[str, str] | None" = None
) -> int:
    """Keep services alive until a signal ends them; its number. `more` is for their environment."""
    import os

    from app.supervision import Supervisor

    # By environment: a command line can be read by everybody on the machine.
    own = {"PYTHONUNBUFFERED": "1"} | ({"PWSYNC_REDIS_URL": redis_url} if redis_url else {})
    environment = os.environ | own | dict(more or {})
    width, lock = max(len(one.name) for one in services), threading.Lock()

    def say(name: str, line: str) -> None:
        with lock:
            typer.echo(f"{name:<{width}} | {line}", err=True)

    return Supervisor(services, environment=environment, say=say).run()


@contextmanager
def redis_of(settings: "Settings") -> "Iterator[tuple[str, list[Service]]]":
    """The Redis to use, and the service that it is if it is ours."""
    if settings.redis_url:
        yield settings.redis_url, []
        return
    from app.cli.own_redis import OwnRedis

    with OwnRedis(settings.data_dir / "redis").locked() as redis:
        typer.echo(
            f"pwsync: other commands reach this Redis by PWSYNC_REDIS_URL={redis.url}", err=True
        )
        yield redis.url, [redis.service(REDIS)]


def services_of(workers: int, server_words: list[str]) -> "list[Service]":
    """Server, workers and scheduler."""
    from app.supervision import Service

    names = ["worker"] if workers == 1 else [f"worker-{one}" for one in range(1, workers + 1)]
    return [
        Service(
            name="server",
            command=_pwsync("serve", *server_words),
            stage=SERVER,
            stop_seconds=OTHERS_SECONDS,
        ),
        *(
            Service(
                name=name,
                command=_pwsync("worker"),
                stage=WORKERS,
                stop_seconds=WORKER_SECONDS,
            )
            for name in names
        ),
        Service(
            name="scheduler",
            command=_pwsync("scheduler"),
            stage=SCHEDULER,
            stop_seconds=OTHERS_SECONDS,
        ),
    ]


def server_words(host: str | None, port: int | None) -> list[str]:
    given = {"--host": host, "--port": port}
    return [
        word for name, value in given.items() if value is not None for word in (name, str(value))
    ]


def _pwsync(*words: str) -> list[str]:
    """Our own command, by the interpreter that runs this; -P: never from the working folder."""
    return [sys.executable, "-P", "-m", "app.cli", *words]
