"""`pwsync profile`: as whom the site may be asked, how each fares, and whether each still can."""

import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from app.cli import checks, exits, guests
from app.cli.errors import UsageError
from app.cli.guests import Desk
from app.cli.working import Replica, say

app = typer.Typer(help="As whom the site is asked, and how that fares.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the profile.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document.")]
HOLD_SECONDS = 60.0
"""A profile whose removal was killed is free again after this."""


@app.command("list")
def list_(replica: Replica = None, as_json: AsJson = False) -> None:
    """List the profiles: health and rest, pages of today, who is logged in, way out."""
    with Desk.opened(replica) as desk:
        found = [desk.told(name) for name in desk.names()]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(_table(found))


@app.command()
def check(
    profile: Name,
    visit: Annotated[
        bool, typer.Option("--visit", help="Ask the site with one page, which is booked.")
    ] = False,
    replica: Replica = None,
    as_json: AsJson = False,
) -> None:
    """Tell whether a profile can be used: its rest, its proxy, its cookies; with --visit its login.

    Exit code 4: not logged in; 5: it rests, or was blocked; 7: its proxy does not answer; 9: it is
    in use.
    """
    with Desk.opened(replica) as desk:
        who = desk.manners.profile(profile)
        if visit and not who.keeps_cookies:
            raise UsageError(f"{profile} is nobody: there is no login that a visit could prove")
        found = list(checks.findings(desk, who, visit=visit))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        from app.refs import plain

        for one in found:
            typer.echo(f"{'WRONG' if one.code else 'ok   '} {one.name}: {plain(one.says)}")
    raise typer.Exit(next((one.code for one in found if one.code), exits.GOOD))


@app.command("rm")
def remove(
    profile: Name,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
    replica: Replica = None,
) -> None:
    """Forget a profile: its cookies and how it fared. What it spent today stays booked."""
    from app.profiles import rows
    from app.runs.owners import owner_name

    with Desk.opened(replica) as desk:
        who = desk.manners.profile(profile)
        if not who.keeps_cookies:
            raise UsageError(f"{profile} is nobody and cannot be removed")
        row, owner = desk.manners.row(who), owner_name()
        said = desk.loss(who)
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError(f"{said} would be removed; add -y to do it")
            typer.confirm(f"remove {said}?", abort=True)
        rows.hold(desk.engine, row, owner, HOLD_SECONDS)
        desk.manners.jar.remove(profile)
        rows.forget(desk.engine, row, owner)
    say(f"removed {said}")
    if profile in desk.manners.profiles:
        say(f"it is still declared in the settings: [[profile]] name = {profile!r}")


def _table(found: list[dict[str, Any]]) -> Any:
    from rich import box
    from rich.table import Table

    from app.monitor.words import foreign

    table = Table(box=box.SIMPLE_HEAD)
    for title in ("profile", "state", "health", "pages today", "logged in as", "way out"):
        table.add_column(title, overflow="fold")
    for one in found:
        words = (
            one["name"],
            guests.state(one),
            f"{one['health']:.0%}",
            guests.pages(one),
            guests.login(one),
        )
        table.add_row(*(foreign(word, wrap=True) for word in (*words, one["proxy"] or "direct")))
    return table
