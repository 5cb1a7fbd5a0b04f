"""What a person wants synced: refs on the line or in files, or a list of the site."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import UsageError
from app.services.wanted import Wanted

if TYPE_CHECKING:
    from app.refs import Intake

Refs = Annotated[list[str] | None, typer.Argument(metavar="REF...", help="Offer URLs or ids.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="FILE", help="A link or id a line; - is stdin."),
]
Keyword = Annotated[
    str | None, typer.Option(metavar="WORDS", help="All offers that a search finds.")
]
Shop = Annotated[str | None, typer.Option(metavar="URL|MEMBERID", help="All offers of a supplier.")]
Category = Annotated[str | None, typer.Option(metavar="ID", help="All offers of a category.")]
First = Annotated[
    int | None, typer.Option("--first", min=1, metavar="N", help="Only a list's first N offers.")
]
SkipSeen = Annotated[
    int | None,
    typer.Option(
        "--skip-seen", min=1, metavar="HOURS", help="Skip named offers seen in the last HOURS."
    ),
]
ENOUGH_TOLD = 20
"""Rejected lines that are told one by one; the books keep all of them."""


def read_wanted(
    refs: Sequence[str] | None,
    inputs: Sequence[str] | None,
    *,
    keyword: str | None = None,
    shop: str | None = None,
    category: str | None = None,
    first: int | None = None,
    skip_seen: int | None = None,
) -> Wanted:
    """What was typed. Raises UsageError, RefError, ListRefError."""
    lists = [name for name in (keyword, shop, category) if name is not None]
    if len(lists) + bool(refs or inputs) > 1:
        raise UsageError("offers and lists do not mix: give one of REF..., -i, --keyword, ...")
    if not lists:
        if first is not None:
            raise UsageError("--first is for lists; --limit pauses after so many offers")
        intake = read_intake(refs or (), inputs or ())
        return Wanted(intake=intake, skip_seen_hours=skip_seen)
    if skip_seen is not None:
        raise UsageError("--skip-seen is for named offers: what a list holds is not known before")
    from app.lists import list_of

    return Wanted(found_in=list_of(keyword, shop, category), first=first)


def read_intake(refs: Sequence[str], inputs: Sequence[str]) -> "Intake":
    """The offers that arguments and files name. Raises UsageError, RefError."""
    from app.refs import OfferRef, read_refs

    if not refs and not inputs:
        raise UsageError(
            "nothing to sync: name offers, -i FILE with one a line (-i - is stdin), "
            "or --keyword, --shop, --category"
        )
    for ref in refs:
        OfferRef.parse(ref)  # a typing error on the command line ends here, before a run is opened
    intake = read_refs([*refs, *(line for name in inputs for line in _lines(name))])
    for bad in intake.rejected[:ENOUGH_TOLD]:
        _say(f"line {bad.line}: {bad.reason}")
    if len(intake.rejected) > ENOUGH_TOLD:
        _say(f"{len(intake.rejected) - ENOUGH_TOLD:,} more lines name no offer")
    if not intake.accepted:
        raise UsageError("no line of the input names an offer")
    return intake


def _say(sentence: str) -> None:
    typer.echo(f"pwsync: {sentence}", err=True)


def _lines(name: str) -> list[str]:
    from app.refs import lines_of

    try:
        if name == "-":
            return sys.stdin.read().splitlines()
        return lines_of(Path(name).read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text in UTF-8"
        raise UsageError(
            f"{name}: {reason}; give a file with one offer URL or id a line"
        ) from error
