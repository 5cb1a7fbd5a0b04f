"""`pwsync db`: the database's schema."""

import typer

app = typer.Typer(help="Prepare and check the database.", no_args_is_help=True)


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from app.settings import load
    from app.store.engine import open_engine
    from app.store.schema import HEAD
    from app.store.schema import migrate as bring

    done = bring(open_engine(load().database))
    typer.echo(f"{'migrated to' if done else 'already at'} revision {HEAD}")


@app.command()
def check() -> None:
    """Tell whether the database is there and has the newest schema; exit 7 if not."""
    from app.cli import exits
    from app.settings import load
    from app.store.engine import open_engine
    from app.store.schema import HEAD, revision

    found = revision(open_engine(load().database))
    typer.echo(f"revision {found or 'none'}; this pwsync wants {HEAD}")
    if found != HEAD:
        typer.echo("pwsync: run `pwsync db migrate`", err=True)
        raise typer.Exit(exits.UNAVAILABLE)
