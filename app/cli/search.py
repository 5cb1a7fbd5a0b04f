"""`pwsync search`: stored offers by words and by what is known of them."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from app.filters.hits import Hit
    from app.filters.values import Query


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORDS…]", help="Words, or the filter language: '裙 price<20'."),
    ] = None,
    where: Annotated[
        str | None, typer.Option(metavar="FILTER", help="As `price<20 and city=杭州`; more of it.")
    ] = None,
    sort: Annotated[
        str, typer.Option(help="changed, new, cheap, dear, sold, stock or id.")
    ] = "changed",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many are shown.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    as_lines: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line.")] = False,
    fields: Annotated[
        bool, typer.Option("--fields", help="What can be asked for, and how.")
    ] = False,
) -> None:
    """Find stored offers by words of title and attributes, and by filters.

    Words that stand side by side all have to be found; `or`, `not` and brackets work as well.
    """
    if fields:
        _print_fields(as_json=as_json)
        return
    query = _query(words or [], where)
    from app.filters.hits import hits
    from app.filters.search import count, search
    from app.places import open_database
    from app.settings import load
    from app.store.engine import reading

    with reading(open_database(load())) as conn:
        page = search(conn, query, sort=sort, limit=limit)
        found = hits(conn, page.offer_ids)
        total = len(found) if page.next is None else count(conn, query)
    if as_json or as_lines:
        _print_json(found, total, lines=as_lines)
        return
    from rich.console import Console

    Console().print(_table(found, total) if found else _nothing(query))


def _query(words: "Sequence[str]", where: str | None) -> "Query":
    from app.filters.parse import parse
    from app.filters.values import EVERYTHING, All

    typed = (
        f"({word})" if " " in word else word for word in words
    )  # quoted, so it belongs together
    parts = [parse(" ".join(typed)), parse(where or "")]
    asked = tuple(part for part in parts if part != EVERYTHING)
    return asked[0] if len(asked) == 1 else All(parts=asked)


def _nothing(query: object) -> str:
    from app.monitor.words import harmless

    asked = harmless(str(query), 300)
    return f"no stored offer fits {asked}" if asked else "no offer is stored yet; see `pwsync sync`"


def _print_json(found: "Sequence[Hit]", total: int, *, lines: bool) -> None:
    import orjson

    told = [as_document(hit) for hit in found]
    if lines:
        written = b"".join(orjson.dumps({"type": "offer"} | one) + b"\n" for one in told)
    else:
        written = orjson.dumps({"offers": told, "found": total, "shown": len(told)}) + b"\n"
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()


def as_document(hit: "Hit") -> dict[str, Any]:
    """An offer of a list for programs: money as text, times with a zone, null is unknown."""
    from dataclasses import asdict
    from decimal import Decimal

    from app.items import money

    told = asdict(hit)
    return {name: money(one) if isinstance(one, Decimal) else one for name, one in told.items()}


def _table(found: "Sequence[Hit]", total: int) -> "RenderableType":
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from app.monitor.words import foreign

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for name in ("offer", "title", "¥", "stock", "supplier", "from", "changed"):
        right = name in {"¥", "stock"}  # only titles and suppliers give way on a narrow screen
        given = name not in {"title", "supplier"}
        table.add_column(name, no_wrap=given, justify="right" if right else "left")
    for hit in found:
        table.add_row(
            hit.offer_id,
            foreign(hit.title, style="bright_black strike" if hit.gone else ""),
            _price(hit),
            _stock(hit),
            foreign(hit.supplier or "–"),
            foreign(hit.city or hit.province or "–", 20),
            f"{hit.changed_at.astimezone():%Y-%m-%d}",
        )
    return Group(table, Text(_told(len(found), total), style="bright_black"))


def _told(shown: int, total: int) -> str:
    from app.filters.search import MOST_COUNTED

    if shown == total:
        return f"{total:,} offers"
    more = "more than " if total >= MOST_COUNTED else ""
    return f"{shown:,} of {more}{total:,} offers; --limit shows more, --where narrows it"


def _price(hit: "Hit") -> str:
    from app.cli.card import money

    low, high = money(hit.price_min), money(hit.price_max)
    return low if low == high else f"{low} – {high}"


def _stock(hit: "Hit") -> str:
    return "–" if hit.stock is None else f"{hit.stock:,}"


def _print_fields(*, as_json: bool) -> None:
    from app.filters.fields import CHINESE, FIELDS

    also: dict[str, list[str]] = {}
    for word, name in CHINESE.items():
        also.setdefault(name, []).append(word)
    rows = [
        {
            "name": field.name,
            "also": also.get(field.name, []),
            "type": field.kind.word,
            "operators": [str(op) for op in field.kind.ops],
            "example": (field.choices or (field.kind.example,))[0],
            "choices": list(field.choices),
            "help": field.help,
        }
        for field in FIELDS
    ]
    if as_json:
        import json

        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(_field_table(rows))


def _field_table(rows: "Sequence[dict[str, Any]]") -> "RenderableType":
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("field", "compared with", "what it is", ""):
        table.add_column(name)
    for row in rows:
        choices = f" ({', '.join(row['choices'])})" if row["choices"] else ""
        named = " ".join([row["name"], *row["also"]])
        table.add_row(named, " ".join(row["operators"]), Text(row["help"] + choices), row["type"])
    return Group(table, Text(LANGUAGE))


LANGUAGE = """\
Words and comparisons side by side all have to hold; or, not and brackets work, too:
  裙 and not (price>20 or city=杭州)
:  finds a part of a text, = is exactly that; one of several: city=杭州,广州
10..20 is a range; changed>=7d: in the last seven days; stock=unknown: the page does not tell
"""
