"""`pwsync pause`, `stop`, `top` and `status`: acting on runs and watching them from elsewhere."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import working
from app.cli.errors import UsageError
from app.cli.working import AsJson, Shown, Way, say

if TYPE_CHECKING:
    from redis import Redis

    from app.settings import Settings

Number = Annotated[int, typer.Argument(help="Number of the run.")]


def pause(run: Number) -> None:
    """Hand out no more offers of a run; what is being loaded is finished."""
    from app.places import open_database
    from app.runs import states
    from app.settings import load

    states.pause(open_database(load()), run, "a person said so")
    say(f"run {run} is paused; `pwsync resume {run}` goes on")


def stop(
    run: Number,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> None:
    """Close a run for good; offers that are not done become `cancelled`."""
    from app.places import open_database
    from app.runs import states
    from app.runs.counts import counts
    from app.settings import load

    engine = open_database(load())
    found = counts(engine, run)
    left = found.queued + found.leased
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{left:,} offers of run {run} would be cancelled; add -y to do it")
        typer.confirm(f"cancel {left:,} offers of run {run}?", abort=True)
    states.cancel(engine, run, "a person said so")
    say(f"run {run} is closed, {left:,} offers cancelled")


def top(
    run: Annotated[int | None, typer.Argument(help="The latest unfinished one without it.")] = None,
    progress: Shown = "auto",
    as_json: AsJson = False,
) -> None:
    """Watch a run live; q leaves it running."""
    from app.places import open_database
    from app.runs import states
    from app.settings import load

    way = Way(progress=progress, as_json=as_json)
    settings = load()
    engine = open_database(settings)
    if run is None:
        unfinished = states.find_unfinished(engine)
        if not unfinished:
            raise UsageError("no run is unfinished; `pwsync runs` lists them all")
        run = unfinished[-1].id
    found = states.read_run(engine, run)
    code = working.follow(engine, connect(settings), found, way)
    raise typer.Exit(code)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Tell at once how unfinished runs and workers stand."""
    from app.cli import reporting
    from app.places import open_database
    from app.runs.counts import counts
    from app.runs.states import find_unfinished
    from app.services.reports import as_document
    from app.settings import load

    settings = load()
    engine = open_database(settings)
    found = [counts(engine, run.id) for run in find_unfinished(engine)]
    connection = connect(settings)
    workers = _workers(connection)
    is_known = connection is not None or not settings.redis_url
    if as_json:
        runs = [as_document(one, []) for one in found]
        told = {"runs": runs, "workers": workers if is_known else None}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    from rich.console import Console

    console = Console()
    console.print(reporting.listing(found) if found else "no run is unfinished")
    for worker in workers:
        console.print(
            f"worker {worker['name']}  run {worker['run'] or '–'}  {worker['says']}",
            markup=False,
        )
    if not is_known:
        console.print("workers are unknown while Redis is down; `pwsync doctor` says what to do")
    elif settings.redis_url and not workers:
        console.print("no worker is there; `pwsync worker` starts one")


def connect(settings: "Settings") -> "Redis | None":
    """Redis where one is set and answers; who only watches can do without."""
    if not settings.redis_url:
        return None
    from app.jobs import doorbell

    try:
        return doorbell.connect(settings.redis_url)
    except doorbell.RedisUnavailable as error:
        say(str(error))
        return None


def _workers(connection: "Redis | None") -> list[dict[str, object]]:
    if connection is None:
        return []
    from app.jobs import beacons
    from app.monitor import words

    return [
        {
            "name": one.name,
            "run": one.run_id,
            "slots": len(one.pool.slots),
            "slots_allowed": one.pool.allowed,
            "says": words.slots(one.pool) or f"{len(one.pool.slots)} slots",
        }
        for one in beacons.seen(connection)
    ]
