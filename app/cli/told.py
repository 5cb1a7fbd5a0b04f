"""What checks have found, for a person and for programs."""

import json
from collections.abc import Iterable
from dataclasses import asdict

import typer

from app.monitor.words import harmless
from app.services.checkup.findings import Finding, Level

LONGEST = 2_000
"""Characters of a line; a page's words may be in it."""


def findings(found: Iterable[Finding], *, as_json: bool) -> None:
    """Print a line each, or one JSON document."""
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
    else:
        typer.echo("\n".join(map(_line, found)))


def _line(one: Finding) -> str:
    word = one.level.upper() if one.level is Level.FAIL else one.level
    fix = f" -> {one.fix}" if one.fix else ""
    return harmless(f"{word:<5} {one.name}: {one.says}{fix}", limit=LONGEST)
