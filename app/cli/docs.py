"""`pwsync docs`: every command's help on one page."""

from typing import cast

import typer


def docs(context: typer.Context) -> None:
    """Print what every --help says as one page of Markdown."""
    from typer.cli import get_docs_for_click

    root = cast("typer.Context", context.find_root())
    page = get_docs_for_click(obj=root.command, ctx=root, name="pwsync", title="The pwsync command")
    typer.echo(page.strip())
