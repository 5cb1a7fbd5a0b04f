"""`pwsync quarantine`: pages that were refused, why, and what becomes of them."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.quality.releasing import Case

app = typer.Typer(help="Look at refused pages, and decide about them.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(metavar="CASE", help="Its number in the list.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
SHOWN = ("id", "offer_id", "type", "rule", "field", "layout", "message", "times", "decision")


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Decided ones, too.")] = False,
    doubts: Annotated[
        bool, typer.Option("--doubts", help="What was stored with a doubt, instead.")
    ] = False,
    run: Annotated[int | None, typer.Option(help="Only those of this run.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List refused pages that wait for a decision."""
    from app.quality.releasing import REFUSALS
    from app.store import quarantine
    from app.store.engine import reading

    types = (quarantine.DOUBT,) if doubts else REFUSALS
    wanted: dict[str, Any] = {"waiting": not every, "types": types, "run_id": run}
    with reading(_engine()) as conn:
        rows = quarantine.listed(conn, limit=limit, **wanted)
        total = quarantine.count(conn, **wanted)
    if as_json:
        cases = [_plain(row) for row in rows]
        typer.echo(json.dumps({"total": total, "cases": cases}, ensure_ascii=False))
        return
    if not rows:
        typer.echo("no page waits in quarantine")
        return
    from rich.console import Console

    Console().print(_table(rows))
    if total > len(rows):
        typer.echo(f"{total:,} in all; --limit shows more", err=True)


@app.command()
def show(case: Number, as_json: AsJson = False) -> None:
    """Tell all that is known of one: rule, field, page, times."""
    from app.quality.releasing import case_of

    found = case_of(_engine(), case)
    told = _plain(found.row) | {"page": _place(found), "evidence": found.row["evidence"]}
    told |= {name: found.row[name].isoformat() for name in ("first_seen_at", "last_seen_at")}
    told["runs"] = f"{found.row['first_run_id']} to {found.row['last_run_id']}"
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    from app.monitor.words import foreign

    table = Table.grid(padding=(0, 2))
    for name, value in told.items():
        if value is not None:
            table.add_row(name.replace("_", " "), foreign(str(value), 2000))
    Console().print(table)


@app.command()
def release(
    cases: Annotated[list[int], typer.Argument(metavar="CASE...", help="Their numbers.")],
    discard: Annotated[
        bool, typer.Option("--discard", help="Leave the stored values; close the cases.")
    ] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
) -> None:
    """Store what refused pages say after all: they were right, whatever the rule thinks.

    The page is read again from the archive, or from the evidence; nothing is visited. Exit code 3
    if one of them could not be stored.
    """
    from app.cli import exits
    from app.quality.releasing import case_of

    engine = _engine()
    found = [case_of(engine, case) for case in cases]
    _ask(f"{'discard' if discard else 'store'} {len(found):,} refused pages?", yes)
    done = [_decided(engine, one, discard) for one in found]
    raise typer.Exit(exits.GOOD if all(done) else exits.SOME_FAILED)


def _ask(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} add -y to do it")
    typer.confirm(question, abort=True)


def _decided(engine: "Engine", case: "Case", discard: bool) -> bool:
    from app.places import archive_folder
    from app.quality import releasing
    from app.runs.owners import owner_name
    from app.settings import load

    name = f"case {case.row['id']}, offer {case.row['offer_id']}"
    if discard:
        releasing.decide(engine, case, "discarded")
        typer.echo(f"{name}: discarded")
        return True
    try:
        word = releasing.release(engine, case, archive_folder(load()), owner=owner_name())
    except releasing.NotReleasable as error:
        typer.echo(f"{name}: {error}", err=True)
        return False
    typer.echo(f"{name}: {word}")
    return True


def _engine() -> "Engine":
    from app.places import open_database
    from app.settings import load

    return open_database(load())


def _plain(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in SHOWN}


def _place(case: "Case") -> str | None:
    """Where the refused page itself is kept."""
    if case.record:
        place = case.record.place
        return f"{place.file}:{place.offset}"
    return str(case.evidence) if case.evidence else None


def _table(rows: list[dict[str, Any]]) -> Any:
    from rich import box
    from rich.table import Table

    from app.monitor.words import foreign

    table = Table(box=box.SIMPLE_HEAD)
    for name in ("case", "offer", "seen", "times", "why", "field", "what"):
        table.add_column(name, justify="right" if name in {"case", "times"} else "left")
    for row in rows:
        seen, why = row["last_seen_at"].astimezone(), row["type"]
        if row["rule"] != why:
            why = f"{why} {row['rule']}"
        cells = [foreign(why), foreign(row["field"] or "", 30), foreign(row["message"], 60)]
        head = (str(row["id"]), row["offer_id"], f"{seen:%m-%d %H:%M}", f"{row['times']:,}")
        table.add_row(*head, *cells)
    return table
