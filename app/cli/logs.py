"""`pwsync logs`: what programs noted, found again."""

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from app.services.logs import Line

FIRST = ("time", "level", "event", "role", "pid", "logger", "error", "exception")
"""Fields that stand elsewhere on the line or below it."""


def logs(
    run: Annotated[int | None, typer.Option(help="Of this run.")] = None,
    offer: Annotated[str | None, typer.Option(metavar="ID", help="Of this offer.")] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="As this profile.")] = None,
    role: Annotated[
        str | None, typer.Option(help="Of sync, worker, scheduler or server programs.")
    ] = None,
    level: Annotated[
        str | None, typer.Option(help="This grave or graver: debug, info, warning, error.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="A date, a time, or 30m, 2h, 7d ago.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--grep", metavar="TEXT", help="With this text in it.")
    ] = None,
    number: Annotated[int, typer.Option("-n", min=1, help="How many, the newest.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    as_lines: Annotated[bool, typer.Option("--jsonl", help="The lines as they are.")] = False,
) -> None:
    """Show the newest lines that programs logged, the latest at the bottom.

    Workers, schedulers, servers and syncs write them as JSON into `logs` in the data folder, or
    where `[log] folder` says.
    """
    import json

    from app.cli.moments import moment
    from app.places import log_folder
    from app.refs import OfferRef
    from app.services.logs import LEVELS, Wanted, newest
    from app.settings import load

    if level is not None and level not in LEVELS:
        raise UsageError(f"--level {level}: choose one of {', '.join(LEVELS)}")
    wanted = Wanted(
        run=run,
        offer=OfferRef.parse(offer).offer_id if offer else None,
        profile=profile,
        role=role,
        level=level,
        since=moment(since) if since else None,
        words=(text,) if text else (),
    )
    found = newest(log_folder(load()), wanted, number)[::-1]
    if as_json:
        typer.echo(json.dumps([one.fields for one in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("no such line; programs write some when they work", err=True)
    for one in found:
        typer.echo(one.raw if as_lines else sentence(one))


def sentence(line: "Line") -> str:
    """A line for a person; its words may come from a page."""
    from app.monitor.words import harmless

    fields = line.fields
    place = f"{fields.get('role', '')}[{fields.get('pid', '')}]"
    more = (f"{key}={value}" for key, value in fields.items() if key not in FIRST)
    told = " ".join((line.level, place, line.event, *more))
    trace = "".join(
        f"\n    {harmless(one)}" for one in str(fields.get("exception", "")).splitlines()
    )
    return f"{line.time.astimezone():%m-%d %H:%M:%S} {harmless(told, 400)}{trace}"
