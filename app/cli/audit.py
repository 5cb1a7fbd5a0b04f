"""`pwsync audit`: do the books balance, and do they hold what the workers say."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.archive.checking import Found
    from app.runs.audit import Balance
    from app.runs.history import Comparison
    from app.settings import Settings


def audit(
    run: Annotated[int | None, typer.Argument(help="One run; all of them without it.")] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Compare with the workers' journals, too ([run] journal)."
        ),
    ] = None,
    with_files: Annotated[
        bool, typer.Option("--files", help="Read what the archive holds, too.")
    ] = False,
    subset: Annotated[
        str | None,
        typer.Option(metavar="N/T", help="Only the n-th of t parts of the archive; means --files."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check the books: nothing lost, doubled or half done.

    Exit code 10 and a line for each place where a rule does not hold.
    """
    from app.cli import exits
    from app.runs.audit import balance
    from app.runs.history import compare
    from app.settings import load
    from app.wiring import open_database

    settings = load()
    engine = open_database(settings)
    books = balance(engine, run)
    compared = compare(engine, history, run) if history else None
    archive = _archive(settings, engine, subset, run) if with_files or subset else None
    clean = books.clean and (compared is None or compared.clean)
    clean = clean and (archive is None or not archive.wrong)
    if as_json:
        told = _as_json(books, compared, archive) | {"clean": clean}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _tell(books, compared)
        _tell_archive(archive)
    raise typer.Exit(exits.GOOD if clean else exits.UNBALANCED)


def _archive(
    settings: "Settings", engine: "Engine", subset: str | None, run: int | None
) -> "Found":
    from app.archive.checking import Share, check
    from app.wiring import archive_folder

    share = Share.of(subset) if subset else Share()
    return check(engine, archive_folder(settings), share, run)


def _as_json(
    books: "Balance", compared: "Comparison | None", archive: "Found | None"
) -> dict[str, object]:
    told = books.as_json()
    if compared is not None:
        told |= {"history": compared.as_json()}
    if archive is not None:
        wrong = [str(one) for one in archive.wrong]
        told |= {"archive": {"read": archive.read, "elsewhere": archive.elsewhere, "wrong": wrong}}
    return told


def _tell(books: "Balance", compared: "Comparison | None") -> None:
    if books.clean:
        typer.echo(
            f"the books balance: {books.runs:,} runs, {books.items:,} items, "
            f"{books.offers:,} offers, {books.rules} rules"
        )
    for violation in books.violations:
        typer.echo(str(violation))
    if compared is not None:
        _tell_history(compared)


def _tell_history(compared: "Comparison") -> None:
    typer.echo(
        f"history of {compared.files:,} workers, {compared.acknowledged:,} settlements: "
        f"{compared.lost:,} lost, {compared.unexpected:,} unexpected, "
        f"{compared.duplicated:,} duplicated, {compared.recovered:,} recovered; "
        f"{compared.fenced:,} came too late and were fenced"
    )
    for kind, examples in compared.examples.items():
        for one in examples:
            typer.echo(f"{kind}: {one}")


def _tell_archive(archive: "Found | None") -> None:
    if archive is None:
        return
    away = f", {archive.elsewhere:,} lie on other machines" if archive.elsewhere else ""
    typer.echo(f"archive: {archive.read:,} records read, {len(archive.wrong):,} wrong{away}")
    for one in archive.wrong:
        typer.echo(str(one))
