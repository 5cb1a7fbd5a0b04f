"""`pwsync audit`: do the books balance, and do they hold what the workers say."""

import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.archive.checking import Found
    from app.images.checks import Flaw
    from app.runs.audit import Balance
    from app.runs.history import Comparison
    from app.settings import Settings


EXAMPLES = 50
"""Files of pictures that are told; one is enough to be wrong."""


def audit(
    run: Annotated[int | None, typer.Argument(help="One run; all of them without it.")] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Compare with the workers' journals, too ([run] journal)."
        ),
    ] = None,
    with_files: Annotated[
        bool, typer.Option("--files", help="Read what the archive and all pictures hold.")
    ] = False,
    subset: Annotated[
        str | None,
        typer.Option(metavar="N/T", help="Only the n-th of t parts of the files; means --files."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check the books: nothing lost, doubled or half done.

    Exit code 10 and a line for each place where a rule does not hold.
    """
    from app.cli import exits
    from app.places import open_database
    from app.runs.audit import balance
    from app.runs.history import compare
    from app.settings import load

    settings = load()
    engine = open_database(settings)
    books = balance(engine, run)
    compared = compare(engine, history, run) if history else None
    reads_files = with_files or subset is not None
    archive = _archive(settings, engine, subset, run) if reads_files else None
    pictures = _pictures(settings, engine, subset, hashes=reads_files)
    clean = books.clean and (compared is None or compared.clean)
    clean = clean and (archive is None or not archive.wrong) and not pictures
    if as_json:
        told = _as_json(books, compared, archive) | {"clean": clean}
        told["pictures"] = [str(flaw) for flaw in pictures]
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _tell(books, compared)
        _tell_archive(archive)
        for flaw in pictures:
            typer.echo(str(flaw))
    raise typer.Exit(exits.GOOD if clean else exits.UNBALANCED)


def _archive(
    settings: "Settings", engine: "Engine", subset: str | None, run: int | None
) -> "Found":
    from app.archive.checking import Share, check
    from app.places import archive_folder

    share = Share.of(subset) if subset else Share()
    return check(engine, archive_folder(settings), share, run)


def _pictures(
    settings: "Settings", engine: "Engine", subset: str | None, *, hashes: bool
) -> "list[Flaw]":
    """Files of pictures that are not as they were; where the folder is elsewhere, only on wish."""
    from app.archive.checking import Share
    from app.images.checks import flaws
    from app.places import shelf_of

    shelf = shelf_of(settings)
    if not hashes and not shelf.folder.is_dir():
        return []
    share = Share.of(subset) if subset else None
    return list(islice(flaws(engine, shelf, hashes=hashes, share=share), EXAMPLES))


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
