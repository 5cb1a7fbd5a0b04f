"""`pwsync extract`: reads saved pages. Needs no browser, database or network."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.cards import OfferCard
    from app.items import OfferItem

_USAGE = 2
_SOME_REFUSED = 3
_LARGEST = 64 * 1024 * 1024
"""Bytes of one saved page; the largest real one has 1.3 MB."""


def extract(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…",
            help="Saved pages: HTML in UTF-8 or GBK, the state alone as JSON, a search or shop "
            "answer. `-` is stdin.",
        ),
    ],
    json: Annotated[
        bool, typer.Option("--json", help="Print the item (or a line a file, if several).")
    ] = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one object a line.")] = False,
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Where the file was seen: a deleted offer shows only in its final address.",
        ),
    ] = None,
) -> None:
    """Read saved pages and print what they tell.

    Exit 0 if all were read, 3 if a page was refused, 2 if a file cannot be opened.
    """
    if url and len(files) > 1:
        raise typer.BadParameter("--url tells where one file was seen; give one file")
    show = _printer(one=len(files) == 1, json=json, jsonl=jsonl)
    worst = 0
    for name in files:
        document = _load(name)
        if document is None:
            worst = _USAGE
            continue
        outcome = {"file": name, **_outcome(document, url)}
        show(outcome)
        if "error" in outcome:
            worst = worst or _SOME_REFUSED
    if worst:
        raise typer.Exit(worst)


def _printer(*, one: bool, json: bool, jsonl: bool) -> "Callable[[dict[str, Any]], None]":
    if jsonl or (json and not one):
        return lambda outcome: _print_json(_as_json(outcome))
    return _print_one if json else _print_table


def _load(name: str) -> bytes | None:
    """The bytes, or None after saying why they cannot be had."""
    try:
        if name == "-":
            document = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                document = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        _complain(f"cannot read {name}: {reason}; give the path of a saved page, or - for stdin")
        return None
    if len(document) > _LARGEST:
        _complain(f"cannot read {name}: it has more than {_LARGEST // 2**20} MB, no page has")
        return None
    return document


def _complain(sentence: str) -> None:
    from app.refs import plain

    typer.echo(f"pwsync extract: {plain(sentence)}", err=True)


def _outcome(document: bytes, url: str | None) -> dict[str, Any]:
    from app.extract.base import ExtractError, Snapshot
    from app.extract.registry import read, read_cards

    try:
        cards = read_cards(document)
        if cards is not None:
            return {"cards": cards}
        return {"item": read(Snapshot(document=document, final_url=url))}
    except ExtractError as error:
        return {"error": error.as_json()}


def _as_json(outcome: dict[str, Any]) -> dict[str, Any]:
    from app.items import as_json

    plain = dict(outcome)
    if "item" in plain:
        plain["item"] = as_json(plain["item"])
    if "cards" in plain:
        plain["cards"] = [as_json(card) for card in plain["cards"]]
    return plain


def _print_one(outcome: dict[str, Any]) -> None:
    """One file with --json: the item itself; anything else as the line it would be."""
    told = _as_json(outcome)
    _print_json(told.get("item", told), indent=True)


def _print_json(value: object, *, indent: bool = False) -> None:
    import orjson

    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 if indent else None)
    sys.stdout.buffer.write(text + b"\n")
    sys.stdout.buffer.flush()


def _print_table(outcome: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from app.refs import plain

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, words in _rows(outcome):
        table.add_row(label, Text(plain(words)))
    console = Console(file=sys.stdout, highlight=False)
    console.print(Text(plain(outcome["file"]), style="bold"))
    console.print(table)


def _rows(outcome: dict[str, Any]) -> list[tuple[str, str]]:
    if "error" in outcome:
        error = outcome["error"]
        about = ", ".join(word for word in (error["rule"], error["field"]) if word)
        return [(error["type"], f"{error['message']}" + (f" ({about})" if about else ""))]
    if "cards" in outcome:
        return _card_rows(outcome["cards"])
    return _item_rows(outcome["item"])


def _card_rows(cards: "list[OfferCard]") -> list[tuple[str, str]]:
    ads = sum(card.is_ad for card in cards)
    head = ("cards", f"{len(cards)}, {ads} of them ads")
    return [head, *((c.offer_id, f"{_amount(c.price)}  {c.title}") for c in cards)]


def _item_rows(item: "OfferItem") -> list[tuple[str, str]]:
    tiers = ", ".join(f"{_amount(t.price)} from {t.min_quantity}" for t in item.price_tiers)
    axes = ", ".join(f"{axis.name} ({len(axis.values)})" for axis in item.sku_axes)
    supplier = item.supplier.company_name if item.supplier else None
    sold = item.sold and (item.sold.text or item.sold.count)
    rows: list[tuple[str, Any]] = [
        ("offer", f"{item.offer_id}  {item.status}  {item.language}  {item.layout}"),
        ("title", item.title),
        ("price", f"{item.price_kind}  {_amount(item.price_min)} – {_amount(item.price_max)}"),
        ("tiers", tiers),
        ("order from", item.min_order_quantity),
        ("stock, sold", f"{_known(item.stock)}, {_known(sold)}"),
        ("SKUs", f"{len(item.skus)}  {axes}"),
        ("images", len(item.images)),
        ("attributes", len(item.attributes)),
        ("supplier", supplier),
    ]
    return [(label, str(value)) for label, value in rows if value not in {None, ""}]


def _amount(price: object) -> str:
    return "?" if price is None else f"¥{price}"


def _known(value: object) -> str:
    return "?" if value is None else str(value)
