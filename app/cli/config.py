"""`pwsync config`: which settings are in force and where they come from."""

import typer

app = typer.Typer(help="Show the settings in force.", no_args_is_help=True)


@app.command()
def path() -> None:
    """Print the configuration file in force; nothing if there is none."""
    from app.settings import config_path

    if found := config_path():
        typer.echo(found)


@app.command()
def show() -> None:
    """Print every setting as JSON; passwords are masked."""
    import json

    from sqlalchemy import make_url

    from app.settings import load

    settings = load()
    shown = settings.model_dump(mode="json")
    shown["database_url"] = make_url(settings.database).render_as_string(hide_password=True)
    if settings.redis_url:
        shown["redis_url"] = make_url(settings.redis_url).render_as_string(hide_password=True)
    typer.echo(json.dumps(shown, indent=2, ensure_ascii=False))
