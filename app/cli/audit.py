"""`pwsync audit`: do the books balance, and do they hold what the workers say."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.runs.audit import Balance
    from app.runs.history import Comparison


def audit(
    run: Annotated[int | None, typer.Argument(help="One run; all of them without it.")] = None,
    history: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Compare with the workers' journals, too ([run] journal)."
        ),
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

    engine = open_database(load())
    books = balance(engine, run)
    compared = compare(engine, history, run) if history else None
    clean = books.clean and (compared is None or compared.clean)
    if as_json:
        typer.echo(json.dumps(_as_json(books, compared, clean=clean), ensure_ascii=False))
    else:
        _tell(books, compared)
    raise typer.Exit(exits.GOOD if clean else exits.UNBALANCED)


def _as_json(books: "Balance", compared: "Comparison | None", *, clean: bool) -> dict[str, object]:
    told = books.as_json()
    return told if compared is None else told | {"history": compared.as_json(), "clean": clean}


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
