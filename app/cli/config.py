"""`pwsync config`: which settings are in force and where they come from."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.declared import Setting

app = typer.Typer(help="Show the settings in force.", no_args_is_help=True)


@app.command()
def path() -> None:
    """Print the configuration file in force; nothing if there is none."""
    from app.settings import config_path

    if found := config_path():
        typer.echo(found)


@app.command()
def show(
    origin: Annotated[
        bool, typer.Option("--origin", help="A line a setting, with where its value comes from.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document; without --origin it always is one.")
    ] = False,
) -> None:
    """Print every setting as JSON; passwords and tokens are masked."""
    from dataclasses import asdict

    from app.declared import in_force, masked
    from app.settings import load

    settings = load()
    if not origin:
        typer.echo(json.dumps(masked(settings), indent=2, ensure_ascii=False))
        return
    found = in_force(settings)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        typer.echo("\n".join(_lines(found)))


def _lines(found: "list[Setting]") -> list[str]:
    """Names, values and origins below one another; a long value pushes only its own origin."""
    from app.cli.template import literal
    from app.monitor.words import harmless

    wide = max(len(one.name) for one in found)
    values = ["–" if one.value is None else literal(one.value) for one in found]
    return [
        harmless(f"{one.name:<{wide}}  {value:<28}  {one.origin}", limit=2_000)
        for one, value in zip(found, values, strict=True)
    ]
