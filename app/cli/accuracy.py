"""`pwsync accuracy`: how many fields of pages that a person checked are read right."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.quality.golden import Score, Verdict

WRONG_SHOWN = 20


def accuracy(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Pages with their values; golden/ in the data folder without it."),
    ] = None,
    least: Annotated[
        float, typer.Option(min=0, max=100, metavar="PERCENT", help="Below it the exit code is 3.")
    ] = 98.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Read golden pages and compare each field with what a person read there.

    Pages that nobody has checked yet are left out (`scripts/golden` makes them; set `checked` in
    NAME.note.json). Intervals are Wilson's, 95 %.
    """
    from app.cli import exits
    from app.cli.progress import bar
    from app.quality import golden
    from app.settings import load

    place = folder or load().data_dir / "golden"
    checked, unchecked = golden.pages(place)
    verdicts: list[Verdict] = []
    with bar("reading pages", len(checked)) as tell:
        for number, path in enumerate(checked, 1):
            verdicts += golden.judge(path)
            tell(number)
    whole, fields, wrong = golden.score(verdicts)
    told = {"pages": len(checked), "unchecked": unchecked, "least": least}
    if as_json:
        typer.echo(json.dumps(told | _as_json(whole, fields, wrong), ensure_ascii=False))
    else:
        _show(told, whole, fields, wrong)
    good = whole.number > 0 and whole.share * 100 >= least
    raise typer.Exit(exits.GOOD if good else exits.SOME_FAILED)


def _as_json(whole: "Score", fields: "dict[str, Score]", wrong: "list[Verdict]") -> dict[str, Any]:
    return {
        **_scored(whole),
        "fields": {name: _scored(score) for name, score in fields.items()},
        "wrong": [
            {"page": str(one.page), "field": one.field, "wanted": one.wanted, "found": one.found}
            for one in wrong
        ],
    }


def _scored(score: "Score") -> dict[str, Any]:
    low, high = score.interval
    percent = [round(100 * part, 2) for part in (score.share, low, high)]
    return dict(zip(("percent", "low", "high"), percent, strict=True)) | {
        "right": score.right,
        "number": score.number,
    }


def _show(
    told: dict[str, Any], whole: "Score", fields: "dict[str, Score]", wrong: "list[Verdict]"
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from app.monitor.words import foreign

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("field")
    for name in ("right", "of", "accuracy", "95 % interval"):
        table.add_column(name, justify="right")
    for name, score in sorted(fields.items(), key=lambda one: (one[1].share, one[0])):
        table.add_row(foreign(name), *_cells(score))
    table.add_section()
    table.add_row("all", *_cells(whole), style="bold")
    console = Console()
    console.print(table)
    for one in wrong[:WRONG_SHOWN]:
        values = f"{one.wanted!r}, we read {one.found!r}"
        console.print(foreign(f"{one.page.stem} {one.field}: {values}", 400, "red", wrap=True))
    left = f", {told['unchecked']:,} left out that nobody has checked" if told["unchecked"] else ""
    console.print(f"{told['pages']:,} pages{left}", highlight=False)


def _cells(score: "Score") -> tuple[str, str, str, str]:
    low, high = score.interval
    interval = f"{low:.2%} – {high:.2%}"
    return f"{score.right:,}", f"{score.number:,}", f"{score.share:.2%}", interval
