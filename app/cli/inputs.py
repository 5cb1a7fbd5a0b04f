"""What a person wants synced: refs on the line or in files, or a list of the site."""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from app.lists import ListRef
    from app.refs import Intake

Refs = Annotated[list[str] | None, typer.Argument(metavar="REF...", help="Offer URLs or ids.")]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="FILE", help="A ref a line; - is stdin."),
]
Keyword = Annotated[
    str | None, typer.Option(metavar="WORDS", help="All offers that a search finds.")
]
Shop = Annotated[str | None, typer.Option(metavar="URL|MEMBERID", help="All offers of a supplier.")]
Category = Annotated[str | None, typer.Option(metavar="ID", help="All offers of a category.")]
First = Annotated[
    int | None, typer.Option("--first", min=1, metavar="N", help="Only a list's first N offers.")
]
ENOUGH_TOLD = 20
"""Rejected lines that are told one by one; the books keep all of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Either offers that are known by name, or a list to find them in."""

    intake: "Intake | None" = None
    found_in: "ListRef | None" = None
    first: int | None = None

    @property
    def kind(self) -> str:
        return self.found_in.kind if self.found_in else "refs"

    @property
    def label(self) -> str:
        """One line for screens."""
        if self.found_in:
            most = f", first {self.first:,}" if self.first else ""
            return f"{self.found_in.label}{most}"
        number = len(self.intake.accepted) if self.intake else 0
        return f"{number:,} offer{'' if number == 1 else 's'}"

    @property
    def options(self) -> dict[str, Any]:
        """What a run keeps of it; the same input has the same."""
        if not self.found_in:
            return {"input": self._fingerprint()}
        named = {"kind": str(self.found_in.kind), "value": self.found_in.value, "first": self.first}
        return {"input": self._fingerprint(), "list": named}

    def _fingerprint(self) -> str:
        if self.found_in:
            text = f"{self.found_in.kind}\n{self.found_in.value}\n{self.first}"
        else:
            assert self.intake is not None
            text = "\n".join(sorted(ref.offer_id for ref in self.intake.accepted))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def read_wanted(
    refs: Sequence[str] | None,
    inputs: Sequence[str] | None,
    *,
    keyword: str | None = None,
    shop: str | None = None,
    category: str | None = None,
    first: int | None = None,
) -> Wanted:
    """What was typed. Raises UsageError, RefError, ListRefError."""
    lists = [name for name in (keyword, shop, category) if name is not None]
    if len(lists) + bool(refs or inputs) > 1:
        raise UsageError("offers and lists do not mix: give one of REF..., -i, --keyword, ...")
    if not lists:
        if first is not None:
            raise UsageError("--first is for lists; --limit pauses after so many offers")
        return Wanted(intake=read_intake(refs or (), inputs or ()))
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
    try:
        if name == "-":
            return sys.stdin.read().splitlines()
        content = Path(name).read_bytes()
        try:
            return content.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:  # as a Chinese Excel writes CSV
            return content.decode("gb18030").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text in UTF-8"
        raise UsageError(
            f"{name}: {reason}; give a file with one offer URL or id a line"
        ) from error
