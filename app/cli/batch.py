"""`pwsync batch`: the recurring runs of pwsync.toml: list them, see what comes, fire one, tick."""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from app.schedule.fires import Fire
    from app.schedule.sources import Batch
    from app.settings import Settings

app = typer.Typer(help="Recurring runs: [[batch]] in pwsync.toml.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Here = Annotated[bool, typer.Option("--here", help="Work on what is opened in this process.")]
NONE = "no batches; declare one as [[batch]] in pwsync.toml: name, cron, and file or stale"


@app.command("list")
def list_batches(as_json: AsJson = False) -> None:
    """List the batches: timetable, source, what became of the last instant, the next one."""
    from app.places import open_database
    from app.schedule import fires
    from app.schedule.ticker import present_of
    from app.settings import load
    from app.timetable import batches_of

    settings = load()
    batches = batches_of(settings)
    engine = open_database(settings)
    try:
        now = present_of(engine)
        latest = fires.latest(engine, [batch.name for batch in batches])
    finally:
        engine.dispose()
    rows = [_row(batch, latest.get(batch.name), now) for batch in batches]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        typer.echo(NONE)
    else:
        _print_table(batches, latest, now)


@app.command("next")
def next_instants(
    name: Annotated[str | None, typer.Argument(help="One batch; all of them without it.")] = None,
    count: Annotated[
        int, typer.Option("--count", "-n", min=1, max=1000, help="How many of each.")
    ] = 5,
    as_json: AsJson = False,
) -> None:
    """Show when batches are due next, each on the clock of its zone."""
    from itertools import islice

    from app.places import open_database
    from app.schedule.ticker import present_of
    from app.settings import load
    from app.timetable import batches_of

    settings = load()
    batches = _chosen(batches_of(settings), name)
    engine = open_database(settings)
    try:
        now = present_of(engine)
    finally:
        engine.dispose()
    coming = sorted(
        (at, batch.name, batch.timetable.zone.key, _local(at, batch))
        for batch in batches
        for at in islice(batch.timetable.forwards(now), count)
    )
    if as_json:
        rows = [{"name": who, "due_at": local, "tz": zone} for _, who, zone, local in coming]
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not batches:
        typer.echo(NONE)
    for _, who, zone, local in () if as_json else coming:
        typer.echo(f"{local}  {zone}  {who}")


@app.command("fire")
def fire_batch(
    name: Annotated[str, typer.Argument(help="Name of the batch.")],
    here: Here = False,
    as_json: AsJson = False,
) -> None:
    """Open a batch's run now, whatever its timetable says.

    Exit code 3: its source gives nothing; 9: its last run is not finished.
    """
    from app.cli import exits
    from app.cli.working import say
    from app.places import open_database
    from app.schedule.ticker import BatchBusy, fire
    from app.settings import load
    from app.timetable import batches_of, opener_of

    settings = load()
    [batch] = _chosen(batches_of(settings), name)
    engine = open_database(settings)
    try:
        found = fire(engine, batch, opener=opener_of(settings), ring=_bell(settings, here=here))
        _tell([found], as_json=as_json)
        raise typer.Exit(_end(settings, engine, [found], here=here))
    except BatchBusy as error:
        say(str(error))
        raise typer.Exit(exits.HELD) from error
    finally:
        engine.dispose()


@app.command("tick")
def tick_once(here: Here = False, as_json: AsJson = False) -> None:
    """Open the runs of all batches that are due, once; for system cron.

    Any number of ticks and schedulers, on any machines with the same database, open each run once.
    Exit code 3: a batch's source could not be read.
    """
    from app.places import open_database
    from app.schedule.ticker import tick
    from app.settings import load
    from app.timetable import batches_of, opener_of

    settings = load()
    batches = batches_of(settings)
    engine = open_database(settings)
    try:
        ring = _bell(settings, here=here)
        written = tick(engine, batches, opener=opener_of(settings), ring=ring)
        _tell(written, as_json=as_json)
        raise typer.Exit(_end(settings, engine, written, here=here))
    finally:
        engine.dispose()


def sentence(fire: "Fire") -> str:
    """What became of an instant, for a person."""
    what = f"{fire.decision} run {fire.run_id}" if fire.run_id else str(fire.decision)
    why = f": {fire.reason}" if fire.reason else ""
    return f"batch {fire.name} {fire.due_at:%Y-%m-%d %H:%M:%S}Z {what}{why}"


def ringer(settings: "Settings", say: Callable[[str], None]) -> Callable[[int, str], object] | None:
    """Rings for a run that was opened; None without Redis. That Redis is away is only said."""
    url = settings.redis_url
    if url is None:
        return None

    def ring(run_id: int, label: str) -> None:
        from app.jobs import doorbell

        try:
            doorbell.ring(doorbell.connect(url), run_id, label=label)
        except doorbell.RedisUnavailable as error:
            say(f"{error}; run {run_id} is opened and begins when a worker finds it")

    return ring


def _bell(settings: "Settings", *, here: bool) -> Callable[[int, str], object] | None:
    from app.cli.working import say

    return None if here else ringer(settings, say)


def _chosen(batches: "Sequence[Batch]", name: str | None) -> "list[Batch]":
    found = [batch for batch in batches if name in {None, batch.name}]
    if name is not None and not found:
        known = ", ".join(batch.name for batch in batches) or "none is declared"
        raise UsageError(f"there is no batch {name}; known: {known}")
    return found


def _end(settings: "Settings", engine: "Engine", written: "Sequence[Fire]", *, here: bool) -> int:
    """The exit code, after the work if it is to be done here."""
    from app.cli import exits, working
    from app.runs.states import read_run

    failed = any(fire.decision == "failed" for fire in written)
    opened = [fire.run_id for fire in written if fire.run_id is not None]
    if opened and not here and settings.redis_url is None:
        numbers = ", ".join(map(str, opened))
        working.say(f"no redis_url, no workers: `pwsync resume RUN` works on {numbers}")
    codes = [
        working.work(settings, engine, read_run(engine, run), working.Way(here=True))
        for run in (opened if here else [])
    ]
    return next((code for code in codes if code), exits.SOME_FAILED if failed else exits.GOOD)


def _tell(written: "Sequence[Fire]", *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([_plain(fire) for fire in written], ensure_ascii=False))
        return
    for fire in written:
        typer.echo(sentence(fire))


def _plain(fire: "Fire") -> dict[str, Any]:
    return {
        "name": fire.name,
        "due_at": fire.due_at.isoformat(),
        "decision": str(fire.decision),
        "reason": fire.reason,
        "run": fire.run_id,
        "manual": fire.manual,
        "fired_at": fire.fired_at.isoformat(),
    }


def _row(batch: "Batch", last: "Fire | None", now: "datetime") -> dict[str, Any]:
    from app.schedule.batches import write_duration

    coming = next(batch.timetable.forwards(now), None)
    return {
        "name": batch.name,
        "cron": batch.timetable.cron,
        "tz": batch.timetable.zone.key,
        "catchup": write_duration(batch.catchup),
        "source": str(batch.source),
        "limit": batch.limit,
        "last": last and _plain(last),
        "next": coming and _local(coming, batch),
    }


def _local(at: "datetime", batch: "Batch") -> str:
    return at.astimezone(batch.timetable.zone).isoformat()


def _print_table(batches: "Sequence[Batch]", latest: "dict[str, Fire]", now: "datetime") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from app.monitor.words import foreign

    table = Table(box=box.SIMPLE_HEAD)
    for name in ("batch", "cron", "zone", "source"):
        table.add_column(name, overflow="fold")
    for name in ("last", "next"):
        table.add_column(name, no_wrap=True)
    for batch in batches:
        words = (batch.name, batch.timetable.cron, batch.timetable.zone.key, str(batch.source))
        last, coming = latest.get(batch.name), next(batch.timetable.forwards(now), None)
        table.add_row(
            *(foreign(word, wrap=True) for word in words),
            _told(last, batch),
            _short(coming, batch) if coming else "–",
        )
    Console().print(table)


def _told(last: "Fire | None", batch: "Batch") -> str:
    if last is None:
        return "not seen yet"
    run = f" run {last.run_id}" if last.run_id else ""
    return f"{_short(last.due_at, batch)} {last.decision}{run}"


def _short(at: "datetime", batch: "Batch") -> str:
    return f"{at.astimezone(batch.timetable.zone):%Y-%m-%d %H:%M}"
