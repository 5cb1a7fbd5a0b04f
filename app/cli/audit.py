"""`pwsync audit`: do the books balance."""

from typing import Annotated

import typer


def audit(
    run: Annotated[int | None, typer.Argument(help="One run; all of them without it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Check the books: nothing lost, doubled or half done.

    Exit code 10 and a line for each place where a rule does not hold.
    """
    import json

    from app.cli import exits
    from app.runs.audit import balance
    from app.settings import load
    from app.wiring import open_database

    books = balance(open_database(load()), run)
    if as_json:
        typer.echo(json.dumps(books.as_json(), ensure_ascii=False))
    elif books.clean:
        typer.echo(
            f"the books balance: {books.runs:,} runs, {books.items:,} items, "
            f"{books.offers:,} offers, {books.rules} rules"
        )
    else:
        for violation in books.violations:
            typer.echo(str(violation))
    raise typer.Exit(exits.GOOD if books.clean else exits.UNBALANCED)
