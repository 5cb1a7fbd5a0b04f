"""`pwsync db`: the database's schema."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(help="Prepare and check the database.", no_args_is_help=True)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from app.settings import load
    from app.store.engine import open_engine
    from app.store.schema import HEAD
    from app.store.schema import migrate as bring

    done = bring(open_engine(load().database))
    typer.echo(f"{'migrated to' if done else 'already at'} revision {HEAD}")


@app.command()
def check(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check the database: whether it answers, its revision, tables, charset, modes and clock.

    Nothing is changed. Exit code 7 if anything is not as it should be, a warning too.
    """
    from app.cli import exits, told
    from app.services.checkup.database import of_engine, tables
    from app.services.checkup.findings import Level
    from app.settings import load
    from app.store.engine import open_engine

    engine = open_engine(load().database)
    found = list(of_engine(engine))
    if found[0].level is Level.OK:
        found += tables(engine)
    told.findings(found, as_json=as_json)
    if any(one.level is not Level.OK for one in found):
        raise typer.Exit(exits.UNAVAILABLE)


@app.command()
def prune(
    older: Annotated[
        str, typer.Option("--older", metavar="LENGTH", help="Seen longer ago than this: `365d`.")
    ],
) -> None:
    """Forget old history: changes of offers, in short transactions beside running workers.

    What is stored of an offer stays; its history begins later. Stopped, it goes on the next time.
    """
    from sqlalchemy import select

    from app.cli.errors import UsageError
    from app.places import open_database
    from app.schedule.batches import TimetableError, read_duration
    from app.settings import load
    from app.store.clock import now
    from app.store.engine import consult

    try:
        length = read_duration(older)
    except TimetableError as error:
        raise UsageError(f"--older {error}") from None
    if not length:
        raise UsageError("--older 0 would forget all history; write how much is kept, 365d")
    engine = open_database(load())
    before = consult(engine, lambda conn: conn.scalar(select(now()))) - length
    _forget(engine, before)


def _forget(engine: "Engine", before: datetime) -> None:
    from rich.console import Console

    from app.history import pruning

    done, when = pruning.Pruned(), f"made before {before:%Y-%m-%d %H:%M} UTC"
    with Console(stderr=True).status("forgetting") as line:

        def tell(so_far: pruning.Pruned) -> None:
            nonlocal done
            done = so_far
            line.update(f"forgot {done.changes:,} changes {when}")

        try:
            pruning.prune(engine, before, tell)
        except KeyboardInterrupt:
            said = f"stopped: forgot {done.changes:,} changes {when}; the same command goes on"
            typer.echo(said, err=True)
            raise typer.Exit(130) from None
    typer.echo(f"forgot {done.changes:,} changes {when}")
