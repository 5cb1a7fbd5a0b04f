"""`pwsync runs` and `pwsync report`: what was done."""

from typing import Annotated

import typer


def runs(
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """List the latest runs."""
    import json

    from app.cli import reporting
    from app.places import open_database
    from app.runs.counts import counts
    from app.runs.states import recent_runs
    from app.services.reports import as_document
    from app.settings import load

    engine = open_database(load())
    found = [counts(engine, run.id) for run in recent_runs(engine, limit)]
    if as_json:
        typer.echo(json.dumps([as_document(one, []) for one in found], ensure_ascii=False))
        return
    if not found:
        typer.echo("no runs yet; `pwsync sync REF...` makes the first one")
        return
    from rich.console import Console

    Console().print(reporting.listing(found))


def report(
    run: Annotated[int, typer.Argument(help="Number of the run.")],
    quality: Annotated[
        bool, typer.Option("--quality", help="How often its pages told each field, too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Tell what became of a run, and why."""
    import json

    from app.cli import filling, reporting
    from app.places import open_database
    from app.quality.books import quality_of
    from app.runs.counts import counts, reasons
    from app.services.reports import as_document, quality_as_json
    from app.settings import load

    engine = open_database(load())
    found, why = counts(engine, run), reasons(engine, run)
    told = quality_of(engine, run) if quality else None
    if as_json:
        document = as_document(found, why)
        document |= {"quality": quality_as_json(told)} if told else {}
        typer.echo(json.dumps(document, ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(reporting.report(found, why), *([filling.show(told)] if told else []))
