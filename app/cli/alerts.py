"""`pwsync alerts`: what is watched, what has fired, and whether the addresses work."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.alerts.rules import Alert

app = typer.Typer(help="Alerts on prices, stock and changes.", no_args_is_help=True)


@app.command("list")
def listing(as_json: Annotated[bool, typer.Option("--json", help="One document.")] = False) -> None:
    """List the alerts, how often each has fired, and what is not delivered yet."""
    from app.places import open_database
    from app.settings import load
    from app.store.engine import reading
    from app.telling import alerts_of

    settings = load()
    alerts = alerts_of(settings)
    with reading(open_database(settings)) as conn:
        rows = [_row(one, _counts(conn, one.name)) for one in alerts]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
    elif not rows:
        typer.echo("no alerts; declare one as [[alert]] in pwsync.toml")
    else:
        _print(rows)


def _counts(conn: "Connection", name: str) -> dict[str, Any]:
    from sqlalchemy import func, select

    from app.alerts.firings import FIRING

    own = FIRING.c.alert == name
    counted = select(FIRING.c.state, func.count()).where(own).group_by(FIRING.c.state)
    last = conn.scalar(select(func.max(FIRING.c.fired_at)).where(own))
    states = {state: number for state, number in conn.execute(counted)}  # noqa: C416 - rows, not pairs
    return {"last": last and last.isoformat(), **states}


def _row(alert: "Alert", counts: dict[str, Any]) -> dict[str, Any]:
    watched = f"{len(alert.offers):,} offers" if alert.offers is not None else "all offers"
    watched = f"supplier {alert.supplier}" if alert.supplier else watched
    return {
        "name": alert.name,
        "condition": str(alert.condition),
        "watches": f"batch {alert.batch}" if alert.batch else watched,
        "told": len(alert.targets),
        **{state: counts.get(state, 0) for state in ("sent", "queued", "failed", "unsent")},
        "last": counts["last"],
    }


def _print(rows: Iterable[dict[str, Any]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from app.monitor.words import foreign

    table = Table(box=box.SIMPLE_HEAD)
    for name in ("alert", "fires when", "watches", "told", "sent", "queued", "failed", "last"):
        table.add_column(name, justify="right" if name in {"told", "sent", "queued"} else "left")
    for row in rows:
        counts = (str(row[name]) for name in ("told", "sent", "queued", "failed"))
        words = (foreign(row[name]) for name in ("name", "condition", "watches"))
        table.add_row(*words, *counts, (row["last"] or "never")[:16].replace("T", " "))
    Console().print(table)


@app.command()
def test(name: Annotated[str, typer.Argument(help="Name of an alert.")]) -> None:
    """Send a test message to whom the alert tells. Exit 3 if somebody does not take it."""
    from app.alerts.courier import Undelivered
    from app.alerts.notify import mark_of, post, scheme_of
    from app.alerts.rules import Message
    from app.cli import exits
    from app.settings import load
    from app.telling import addresses_of, alerts_of

    settings = load()
    alerts = {one.name: one for one in alerts_of(settings)}
    if name not in alerts:
        raise UsageError(f"no alert is called '{name}'; there are: {', '.join(alerts) or 'none'}")
    urls = [url for url in addresses_of(settings) if mark_of(url) in alerts[name].targets]
    if not urls:
        raise UsageError(f"alert '{name}' tells nobody; set its notify, or [notify] urls")
    said = Message(subject=f"{name}: a test", body=f"It fires when: {alerts[name].condition}")
    failed = 0
    for url in urls:
        try:
            post(url, said)
        except Undelivered as error:
            failed += 1
            typer.echo(f"pwsync: {error}", err=True)
        else:
            typer.echo(f"{scheme_of(url)}: taken")
    raise typer.Exit(exits.SOME_FAILED if failed else exits.GOOD)
