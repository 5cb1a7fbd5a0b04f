"""`pwsync export`: stored offers as files for people, shops and programs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from app.export.asking import Asked
    from app.export.work import Progress, Report


def export(
    format_name: Annotated[
        str | None,
        typer.Argument(metavar="FORMAT", help="csv, jsonl, xlsx, parquet, shopify or woocommerce."),
    ] = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="`-` is standard output.")
    ] = "-",
    where: Annotated[
        str | None,
        typer.Option(metavar="FILTER", help="As in `pwsync search`: `price<20 and stock>0`."),
    ] = None,
    per: Annotated[
        str | None, typer.Option(metavar="offer|sku", help="What a row is; else an offer.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES|MAP",
            help="`title,price_min`, a column map (FILE.toml), or dianxiaomi, mabang, erp.",
        ),
    ] = None,
    since_last: Annotated[
        bool,
        typer.Option("--since-last", help="Only what is new or changed since the last time."),
    ] = False,
    mark: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whose last time; else the format's. Implies the above."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many offers.")] = None,
    rate: Annotated[
        float, typer.Option(min=0.000001, help="Shop's currency for 1 CNY (shops only).")
    ] = 1.0,
    markup: Annotated[
        float, typer.Option(min=0.01, help="What the shop adds: 1.3 is 30% (shops only).")
    ] = 1.0,
    pictures: Annotated[
        bool, typer.Option(help="Pictures in the cells (xlsx); see `pwsync images fetch`.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    sources: Annotated[
        bool, typer.Option("--sources", help="What columns there are, and the maps.")
    ] = False,
) -> None:
    """Write stored offers to a file: for spreadsheets, ERPs, shops or programs.

    The file is there whole or not at all. With --since-last the next one has what is new or
    changed since; that is remembered only when the file was finished.
    """
    if sources:
        _print_sources()
        return
    from app.export.asking import Asked
    from app.export.registry import format_of, known_formats

    if format_name is None:
        known = ", ".join(f"{each.name} ({each.help})" for each in known_formats().values())
        raise UsageError(f"which format? {known}")
    chosen = format_of(format_name)
    if output == "-" and not chosen.is_text and sys.stdout.isatty():
        raise UsageError(f"{chosen.name} is no text; -o FILE{chosen.suffix} writes it to a file")
    if as_json and output == "-":
        raise UsageError("--json prints the report to standard output; -o FILE leaves it free")
    asked = Asked(
        format=chosen.name,
        where=where or "",
        columns=columns,
        per=per,
        since_last=since_last,
        mark=mark,
        limit=limit,
        rate=rate,
        markup=markup,
        pictures=pictures,
    )
    _work(asked, output, overwrite=force, as_json=as_json)


def _work(asked: "Asked", target: str, *, overwrite: bool, as_json: bool) -> None:
    from app.export.asking import request_of
    from app.export.pictures import kept_thumbs
    from app.export.target import refuse
    from app.export.work import export
    from app.places import open_database, shelf_of
    from app.settings import load

    request = request_of(asked, target, overwrite=overwrite, may_name_files=True)
    if target != "-":
        refuse(Path(target), overwrite=overwrite)
    settings = load()
    engine = open_database(settings)
    request = replace(request, thumbs=kept_thumbs(shelf_of(settings).folder))
    try:
        with _bar() as progress:
            report = export(engine, request, progress)
    except BrokenPipeError:
        _silence()
        raise UsageError("whoever read the export has gone; nothing was marked") from None
    _tell(report, target, as_json=as_json)


def _silence() -> None:
    """Keep the interpreter from flushing to a pipe that nobody reads."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _bar() -> "Iterator[Progress]":
    """A bar on standard error; none without a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    console = Console(stderr=True)
    columns = (TextColumn("exporting"), BarColumn(), MofNCompleteColumn(), Remaining())
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _tell(report: "Report", target: str, *, as_json: bool) -> None:
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps(asdict(report) | {"target": target}))
        return
    rows = "" if report.rows == report.offers else f" in {report.rows:,} rows"
    left = f"; {report.left_out:,} left out, they show no price" if report.left_out else ""
    where = "" if target == "-" else f" to {target}"
    typer.echo(f"pwsync: exported {report.offers:,} offers{rows}{where}{left}", err=True)


def _print_sources() -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from app.export.columns import shipped
    from app.export.sources import NUMBERED, SOURCES

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("column", "kind", "what it is"):
        table.add_column(name)
    for source in SOURCES:
        table.add_row(source.name, source.kind, source.help)
    for family, told in NUMBERED.items():
        table.add_row(f"{family}.…", "", told)
    console = Console()
    console.print(table)
    console.print(f"column maps that come along: {', '.join(shipped())}", highlight=False)
