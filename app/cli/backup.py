"""`pwsync backup`: keep a copy of everything, check it, get it back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import UsageError
from app.cli.working import say

if TYPE_CHECKING:
    from app.backup.values import Backup
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
        int | None,
        typer.Option(min=1, help="Check it, then delete all but so many of the newest backups."),
    ] = None,
) -> None:
    """Back up the database, pictures and archive, and with a key cookies and tokens, sealed.

    The key is backup.key_file or PWSYNC_BACKUP__KEY; without it cookies and tokens are left out.
    Whatever --keep says, the last backup that was found well by `verify` stays.
    """
    from app.backup import folders
    from app.backup.values import BackupError
    from app.cli.keys import key_of
    from app.cli.steps import shown
    from app.places import open_database
    from app.settings import load

    settings = load()
    home, place = settings.data_dir, _place(settings, folder)
    try:
        key = key_of(settings)
        with shown() as tell:
            made = folders.create(open_database(settings), home, place, key=key, tell=tell)
    except (BackupError, OSError) as error:
        raise UsageError(f"no backup was made: {error}") from error
    typer.echo(_line(made))
    _say_secrets(home, made)
    if keep is not None:
        _retire(made, place, keep)


def _say_secrets(home: Path, made: "Backup") -> None:
    from app.backup.sealed import names_of

    number = len(names_of(home))
    if made.has_secrets:
        say(f"cookies and tokens ({number:,} files) are in it, sealed: keep the key elsewhere")
    elif number:
        say(
            f"cookies and tokens ({number:,} files) are not in it; with a passphrase in "
            "PWSYNC_BACKUP__KEY or backup.key_file they are, sealed"
        )


def _retire(made: "Backup", place: Path, keep: int) -> None:
    """Only when the new one is well does an old one go."""
    from app.backup import retention

    _verify(made)
    try:
        gone = retention.prune(place, keep)
    except OSError as error:
        raise UsageError(f"old backups could not be deleted: {error}") from error
    for one in gone:
        say(f"deleted {one.folder}")


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
    """Compare a backup's files with its manifest; exit code 10 if one is not as it was.

    Where a key is set, it is tried on what is sealed.
    """
    from app.backup import sealed
    from app.backup.values import BackupError
    from app.cli.keys import key_of
    from app.settings import load

    settings = load()
    found = _find(settings, backup, folder)
    _verify(found)
    typer.echo(f"{found.folder.name}: {len(found.files):,} files as they were")
    try:
        if found.has_secrets and (key := key_of(settings)):
            held = sealed.unseal(found.folder / sealed.FILE, key)
            typer.echo(f"the key opens what is sealed: {len(held):,} files")
    except BackupError as error:
        raise UsageError(str(error)) from error


def _verify(backup: "Backup") -> None:
    from app.backup import retention
    from app.cli import exits
    from app.cli.steps import shown

    with shown() as tell:
        flaws = retention.verify(backup, tell)
    for flaw in flaws:
        typer.echo(flaw)
    if flaws:
        raise typer.Exit(exits.UNBALANCED)


@app.command()
def restore(backup: Which = None, folder: To = None) -> None:
    """Put a backup into an empty database and the data folder, and audit the books.

    One of an older pwsync is migrated afterwards. Exit code 10 if the books do not balance.
    """
    from app.backup import restoring
    from app.backup.values import BackupError
    from app.cli import exits
    from app.cli.keys import key_of
    from app.cli.steps import shown
    from app.runs.audit import balance
    from app.settings import load
    from app.store.engine import open_engine

    settings = load()
    found = _find(settings, backup, folder)
    engine = open_engine(settings.database)  # not migrated: an older backup needs it without tables
    try:
        key = key_of(settings)
        with shown() as tell:
            rows = restoring.restore(engine, settings.data_dir, found, key=key, tell=tell)
    except (BackupError, OSError) as error:
        raise UsageError(str(error)) from error
    typer.echo(f"restored {found.folder.name}: {rows:,} rows, {len(found.files):,} files")
    if found.has_secrets and key is None:
        say("cookies and tokens are in it, but sealed, and no key is set: they were left out")
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
    from app.backup.values import BackupError

    place = _place(settings, folder)
    try:
        if backup is not None:
            named = Path(backup)
            return folders.read(named if named.is_dir() else place / backup)
    except BackupError as error:
        raise UsageError(str(error)) from error
    found = folders.listed(place)
    if not found:
        raise UsageError(f"{place} holds no backup; `pwsync backup create` makes one")
    return found[-1]


def _line(one: "Backup") -> str:
    from app.backup.retention import is_verified

    rows, megabytes = sum(one.rows.values()), one.size / 2**20
    more = f"{', sealed' if one.has_secrets else ''}{', verified' if is_verified(one) else ''}"
    return f"{one.folder}  {rows:,} rows, {len(one.files):,} files, {megabytes:,.1f} MB{more}"
