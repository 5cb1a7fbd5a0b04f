"""`pwsync reextract`: items built again from archived pages, shown before they are stored."""

import json
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.archive.reading import Wanted
    from app.reextract.spool import Spool
    from app.reextract.survey import Survey
    from app.runs.states import Run


def reextract(
    since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Offers last read since: 2026-11-05, 2h or 7d ago."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Offers last read before.")
    ] = None,
    layout: Annotated[
        str | None, typer.Option(metavar="NAME", help="Pages that this layout has read.")
    ] = None,
    offer: Annotated[
        list[str] | None, typer.Option(metavar="OFFER", help="This offer; may be repeated.")
    ] = None,
    run: Annotated[int | None, typer.Option(help="Pages that this run has read.")] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="Leave all other fields alone; may be repeated."),
    ] = None,
    dry: Annotated[bool, typer.Option("-n", "--dry-run", help="Show and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; as many as cores without it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Read archived pages again with today's layouts, and store what differs; nothing is visited.

    Of each offer its newest page counts. What was read from a newer one is never touched. Exit
    code 3 if pages could not be read.
    """
    from app.cli import exits, rereading
    from app.cli.progress import bar
    from app.places import archive_folder, open_database
    from app.reextract.spool import Spool
    from app.reextract.survey import size, survey
    from app.settings import load

    if not (dry or yes or sys.stdin.isatty()):
        raise UsageError("without a terminal nobody can be asked: add -y to write, -n to look")
    settings = load()
    wanted = _wanted(since, until, layout, offer, run)
    only = _fields(field)
    engine = open_database(settings)
    began = time.monotonic()
    with Spool() as spool:
        with bar("reading pages", size(engine, wanted)) as tell:
            found = survey(
                engine,
                archive_folder(settings),
                wanted,
                spool,
                only=only,
                processes=jobs,
                tell=tell,
            )
        seconds = time.monotonic() - began
        if not as_json:
            rereading.show(found, seconds)
        written = None if dry or not found.different else _write(engine, spool, found, yes, wanted)
    if as_json:
        told = rereading.as_document(found, seconds, written)
        typer.echo(json.dumps(told, ensure_ascii=False))
    elif written is not None:
        typer.echo(f"stored as run {written.id}: `pwsync report {written.id}`")
    raise typer.Exit(exits.SOME_FAILED if found.refused or found.lost else exits.GOOD)


def _wanted(
    since: str | None,
    until: str | None,
    layout: str | None,
    offer: list[str] | None,
    run: int | None,
) -> "Wanted":
    from app.archive.reading import Wanted
    from app.cli.moments import moment
    from app.extract.registry import known_layouts
    from app.refs import OfferRef

    names = [one.name for one in known_layouts()]
    if layout is not None and layout not in names:
        raise UsageError(f"--layout {layout}: choose one of {', '.join(names)}")
    return Wanted(
        keys=tuple(OfferRef.parse(one).offer_id for one in offer or ()),
        since=moment(since) if since else None,
        until=moment(until) if until else None,
        layout=layout,
        run_id=run,
    )


def _fields(named: list[str] | None) -> tuple[str, ...]:
    from app.items import OfferItem

    fixed = {"offer_id", "url", "layout", "provenance"}
    known = [name for name in OfferItem.model_fields if name not in fixed]
    for name in named or ():
        if name not in known:
            raise UsageError(f"--field {name}: choose one of {', '.join(known)}")
    return tuple(named or ())


def _write(
    engine: "Engine", spool: "Spool", found: "Survey", yes: bool, wanted: "Wanted"
) -> "Run | None":
    from app.cli.progress import bar
    from app.reextract.writing import write
    from app.runs.owners import owner_name

    question = f"store what the pages say of {found.different:,} offers?"
    if not yes and not typer.confirm(question, err=True):
        return None
    with bar("storing", found.different) as tell:
        return write(
            engine,
            spool,
            owner=owner_name(),
            label=f"{found.different:,} of {found.pages:,} archived pages",
            options={"archive": _told(wanted)},
            tell=tell,
        )


def _told(wanted: "Wanted") -> dict[str, Any]:
    """What was asked for, as the run keeps it."""
    told = {name: getattr(wanted, name) for name in ("layout", "run_id")}
    told |= {
        name: at and at.isoformat() for name in ("since", "until") if (at := getattr(wanted, name))
    }
    return {name: value for name, value in told.items() if value is not None}
