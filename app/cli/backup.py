"""`pwsync backup`: keep a copy of everything, check it, get it back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from app.backup.folders import Backup
    from app.settings import Settings

app = typer.Typer(help="Make, check and restore backups.", no_args_is_help=True)
To = Annotated[
    Path | None, typer.Option("--folder", help="Where backups lie; else in the data folder.")
]
Which = Annotated[str | None, typer.Argument(help="Name or folder; the newest without it.")]


@app.command()
def create(
    folder: To = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="Then remove all but the newest so many.")
    ] = None,
) -> None:
    """Back up the database, pictures and archive; cookies and tokens are left out."""
    from app.backup import folders
    from app.settings import load
    from app.wiring import open_database

    settings = load()
    place = _place(settings, folder)
    try:
        made = folders.create(open_database(settings), settings.data_dir, place)
    except (folders.BackupError, OSError) as error:
        raise UsageError(f"no backup was made: {error}") from error
    typer.echo(_line(made))
    for one in folders.thin(place, keep) if keep else ():
        typer.echo(f"removed {one.folder.name}", err=True)


@app.command("list")
def list_backups(folder: To = None) -> None:
    """List finished backups, oldest first."""
    from app.backup import folders
    from app.settings import load

    found = folders.listed(_place(load(), folder))
    for one in found:
        typer.echo(_line(one))
    if not found:
        typer.echo("no backup yet; `pwsync backup create` makes one", err=True)


@app.command()
def verify(backup: Which = None, folder: To = None) -> None:
    """Compare a backup's files with its manifest; exit code 10 if one is not as it was."""
    from app.backup import folders
    from app.cli import exits
    from app.settings import load

    found = _find(load(), backup, folder)
    flaws = folders.wrong(found)
    for flaw in flaws:
        typer.echo(flaw)
    if flaws:
        raise typer.Exit(exits.UNBALANCED)
    typer.echo(f"{found.folder.name}: {len(found.files):,} files as they were")


@app.command()
def restore(backup: Which = None, folder: To = None) -> None:
    """Put a backup into an empty database and the data folder, and audit the books.

    Exit code 10 if they do not balance.
    """
    from app.backup import folders
    from app.cli import exits
    from app.runs.audit import balance
    from app.settings import load
    from app.wiring import open_database

    settings = load()
    found = _find(settings, backup, folder)
    engine = open_database(settings)
    try:
        rows = folders.restore(engine, settings.data_dir, found)
    except folders.BackupError as error:
        raise UsageError(str(error)) from error
    typer.echo(f"restored {found.folder.name}: {rows:,} rows, {len(found.files):,} files")
    books = balance(engine)
    for violation in books.violations:
        typer.echo(str(violation))
    if not books.clean:
        raise typer.Exit(exits.UNBALANCED)
    typer.echo(f"the books balance: {books.runs:,} runs, {books.offers:,} offers")


def _place(settings: "Settings", folder: Path | None) -> Path:
    return folder or settings.data_dir / "backups"


def _find(settings: "Settings", backup: str | None, folder: Path | None) -> "Backup":
    from app.backup import folders

    place = _place(settings, folder)
    try:
        if backup is not None:
            named = Path(backup)
            return folders.read(named if named.is_dir() else place / backup)
    except folders.BackupError as error:
        raise UsageError(str(error)) from error
    found = folders.listed(place)
    if not found:
        raise UsageError(f"{place} holds no backup; `pwsync backup create` makes one")
    return found[-1]


def _line(one: "Backup") -> str:
    rows, megabytes = sum(one.rows.values()), one.size / 2**20
    return f"{one.folder}  {rows:,} rows, {len(one.files):,} files, {megabytes:,.1f} MB"
