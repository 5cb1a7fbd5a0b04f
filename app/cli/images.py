"""`pwsync images`: fetch what offers show, verify what is kept, delete what nothing shows."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli import exits
from app.cli.errors import UsageError
from app.cli.fetching import Fetching, bar, megabytes
from app.cli.working import Replica, say, seconds_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.images.rows import Scope

app = typer.Typer(help="Pictures of offers, each kept once.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]


@app.command("fetch")
def fetch(
    offer: Annotated[
        str | None, typer.Option(metavar="OFFER", help="Those of one offer (URL or id).")
    ] = None,
    run: Annotated[int | None, typer.Option(help="Those of the offers of a run.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="7d", help="Those of offers seen within so long.")
    ] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="Also those that were had and whose files are lost.")
    ] = False,
    failed: Annotated[
        bool, typer.Option("--failed", help="Also those that were given up.")
    ] = False,
    replica: Replica = None,
    as_json: AsJson = False,
) -> None:
    """Fetch the pictures of stored offers, those of their descriptions too; none a second time.

    Exit code 3: some could not be had; 5: not now (quiet hours, or the hosts want a pause);
    8: no space is left; 130: stopped by Ctrl-C, nothing lost.
    """
    from app.places import open_database
    from app.settings import load

    settings = load({"site": {"replica": replica}})
    engine = open_database(settings)
    try:
        fetching = Fetching(settings, engine, _scope(engine, offer, run, since))
        code = fetching.go(missing=missing, failed=failed)
        fetching.report(as_json=as_json)
    finally:
        engine.dispose()
    raise typer.Exit(code)


@app.command("verify")
def verify(
    subset: Annotated[
        str | None, typer.Option(metavar="N/T", help="The N-th of T parts of all pictures.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read every kept picture and compare it with what was written.

    Exit code 10 and a line for each file that is not as it was.
    """
    from app.archive.checking import Share
    from app.images import checks
    from app.places import open_database, shelf_of
    from app.settings import load

    settings = load()
    share = Share.of(subset) if subset else None
    engine = open_database(settings)
    try:
        total = checks.count(engine)
        with bar("reading pictures", total) as (progress, task):
            found = list(
                checks.flaws(
                    engine,
                    shelf_of(settings),
                    hashes=True,
                    share=share,
                    looked=lambda number: progress.advance(task, number),
                )
            )
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps({"pictures": total, "flaws": [_plain(flaw) for flaw in found]}))
    else:
        for flaw in found:
            typer.echo(str(flaw))
        shown = f"share {subset} of " if subset else ""
        typer.echo(f"{shown}{total:,} pictures, {len(found):,} files are not as they were written")
        if found:
            say("`pwsync images fetch --missing` fetches lost pictures again")
    raise typer.Exit(exits.UNBALANCED if found else exits.GOOD)


@app.command("gc")
def collect(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Count what would be deleted, and end.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete addresses, pictures and files that no stored offer shows any more."""
    from dataclasses import asdict
    from shutil import rmtree

    from app.images import sweep
    from app.places import open_database, shelf_of
    from app.services.pictures import CACHE
    from app.settings import load

    settings = load()
    engine, shelf = open_database(settings), shelf_of(settings)
    try:
        with bar("counting", None):
            found = sweep.count(engine, shelf)
        is_done = bool(found) and not dry_run
        if is_done:
            _ask(found.files, found.bytes, found.sources, yes=yes)
            with bar("deleting", None):
                found = sweep.sweep(engine, shelf)
            # sizes made for screens: of those that stay they are made again when they are asked for
            rmtree(settings.data_dir.joinpath(*CACHE), ignore_errors=True)
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps(asdict(found) | {"deleted": is_done}))
        return
    typer.echo(
        f"{'deleted' if is_done else 'to delete'}: {found.pictures:,} pictures, "
        f"{found.files:,} files ({megabytes(found.bytes)}), {found.sources:,} addresses"
    )


def _ask(files: int, size: int, sources: int, *, yes: bool) -> None:
    """Raises UsageError where nobody can be asked, typer.Abort where somebody says no."""
    if yes:
        return
    what = f"{files:,} files ({megabytes(size)}) and {sources:,} addresses"
    if not sys.stdin.isatty():
        raise UsageError(f"{what} would be deleted; add -y to do it, or -n only to count")
    typer.confirm(f"delete {what}?", abort=True, err=True)


def _plain(flaw: Any) -> dict[str, str]:
    from dataclasses import asdict

    told: dict[str, str] = asdict(flaw)
    return told


def _scope(engine: "Engine", offer: str | None, run: int | None, since: str | None) -> "Scope":
    """What a person meant. Raises UsageError, RefError, RunUnknown."""
    from app.images.rows import Scope
    from app.refs import OfferRef
    from app.runs.states import read_run

    if sum(each is not None for each in (offer, run, since)) > 1:
        raise UsageError("--offer, --run and --since exclude each other")
    if run is not None:
        read_run(engine, run)
    return Scope(
        offer_id=OfferRef.parse(offer).offer_id if offer else None,
        run_id=run,
        seconds=seconds_of(since),
    )
