"""`pwsync history`, `diff` and `changes`: what offers were, and what became different when."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.history.movements import Movement
    from app.history.past import Point, Seen
    from app.store.changes import Recorded
    from app.store.differences import Difference
    from app.store.facts import Kind
    from app.store.offers import StoredOffer

LINES = 60
Offer = Annotated[str, typer.Argument(metavar="OFFER", help="Offer URL or id.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document.")]
Jsonl = Annotated[bool, typer.Option("--jsonl", help="One JSON object a line, as they are read.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="`24h`, `7d`, or a time: `2026-03-04`."),
]


def history(
    offer: Offer,
    field: Annotated[
        str | None, typer.Option("--field", help="One field: `price_min`, `freight.fee`, `skus`…")
    ] = None,
    sku: Annotated[str | None, typer.Option("--sku", help="One SKU, by its id.")] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option("-n", "--limit", min=1, help="Lines of the table.")] = LINES,
    as_json: Json = False,
    as_jsonl: Jsonl = False,
) -> None:
    """Show what changed of an offer, the latest first, and how its price went."""
    from app.history.past import listed, series
    from app.store.changes import of_offer

    with _stored(offer) as (conn, stored):
        start = _since(conn, since)
        found = of_offer(conn, stored.item.offer_id, since=start, key=sku)
        fitting = (one for one in found if field is None or _is_of(one, field))
        everything = field is None and sku is None
        seen = listed(conn, stored.item.offer_id, start) if everything else iter(())
        if as_jsonl:
            _print_lines({"type": "change", **_of(one)} for one in fitting)
            _print_lines({"type": "listed", **_plain(one)} for one in seen)
            return
        charted = _charted(field, sku)
        points = series(conn, stored, charted, sku or "")
        if as_json:
            told = {
                **_facts(stored),
                "series": {"field": charted, "points": [_plain(one) for one in points]},
                "changes": [_of(one) for one in fitting],
                "listed": [_plain(one) for one in seen],
            }
            typer.echo(json.dumps(told, ensure_ascii=False))
            return
        _head(stored, charted, points)
        _show(fitting, seen, limit)


def diff(
    offer: Offer,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="V|TIME", help="A version, `7d` or a time; the one before."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="V|TIME", help="The same; now without it.")
    ] = None,
    as_json: Json = False,
    as_jsonl: Jsonl = False,
) -> None:
    """Show two states of an offer side by side; past ones are reckoned back from now."""
    from rich.console import Console

    from app.cli import past
    from app.history.past import facts_of_version
    from app.store.differences import Likeness, compare

    with _stored(offer) as (conn, stored):
        last = stored.version if end is None else _version(conn, stored, end)
        first = (
            max(last - 1, stored.recorded_from)
            if start is None
            else _version(conn, stored, start)
        )  # fmt: skip
        before, after = (facts_of_version(conn, stored, number) for number in (first, last))
        found = compare(before, after, like=Likeness())
    if as_jsonl:
        _print_lines({"type": "difference", **_plain(one)} for one in found)
    elif as_json:
        told = {
            "offer_id": stored.item.offer_id,
            "from": first,
            "to": last,
            "differences": [_plain(one) for one in found],
        }
        typer.echo(json.dumps(told, ensure_ascii=False))
    elif found:
        Console().print(past.side_by_side(found, f"version {first}", f"version {last}"))
    else:
        typer.echo(f"versions {first} and {last} are the same")


def changes(
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="`24h`, `7d`, or a time: `2026-03-04`.")
    ] = "24h",
    least: Annotated[
        str | None,
        typer.Option("--min", metavar="N%", help="Only numbers that moved by so much, up or down."),
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="KIND,...", help="Only these; without it all but `stock` and `date`."
        ),
    ] = None,
    supplier: Annotated[
        str | None, typer.Option("--supplier", help="Member id, login id or company name.")
    ] = None,
    field: Annotated[str | None, typer.Option("--field", help="One field: `price_min`…")] = None,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="Also what was only read better by reextract.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option("-n", "--limit", min=1, help="How many; 60 on a terminal.")
    ] = None,
    as_json: Json = False,
    as_jsonl: Jsonl = False,
) -> None:
    """Show what changed of all offers, the latest first.

    `pwsync changes --kind price --field price_min --min 5%` tells whose price moved.
    """
    from itertools import islice

    from rich.console import Console

    from app.cli import past
    from app.history.movements import Wanted, movements
    from app.places import open_database
    from app.settings import load
    from app.store.engine import reading

    named = _kinds(kinds)
    with reading(open_database(load())) as conn:
        start = _since(conn, since)
        assert start is not None, "it has a default"
        wanted = Wanted(
            since=start,
            kinds=named,
            least=_percent(least),
            supplier=supplier,
            field=field,
            corrections=corrections,
        )
        found = islice(movements(conn, wanted), limit)
        if as_jsonl:
            _print_lines({"type": "change", **_moved(one)} for one in found)
        elif as_json:
            typer.echo(json.dumps([_moved(one) for one in found], ensure_ascii=False))
        elif shown := list(islice(found, limit or LINES)):
            Console().print(past.of_all_offers(shown))
        else:
            typer.echo(f"nothing of that kind has changed since {past.when(start)}")


@contextmanager
def _stored(offer: str) -> "Iterator[tuple[Connection, StoredOffer]]":
    """An offer, and one picture of the database that holds it. Raises UsageError for a stranger."""
    from app.places import open_database
    from app.refs import OfferRef
    from app.settings import load
    from app.store import offers
    from app.store.engine import reading

    offer_id = OfferRef.parse(offer).offer_id
    with reading(open_database(load())) as conn:
        stored = offers.load(conn, offer_id)
        if stored is None:
            raise UsageError(f"offer {offer_id} is not stored; `pwsync sync {offer_id}` gets it")
        yield conn, stored


def _since(conn: "Connection", text: str | None) -> datetime | None:
    """A time, or so long before the database's present."""
    from datetime import timedelta

    from sqlalchemy import select

    from app.schedule.batches import TimetableError, read_duration
    from app.store.clock import now

    if text is None:
        return None
    try:
        length: timedelta = read_duration(text)
    except TimetableError:
        return _time(text)
    present: datetime = conn.scalar(select(now()))
    return present - length


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise UsageError(
            f"'{text}' is no time; write 24h, 7d, 2026-03-04 or 2026-03-04T12:30"
        ) from None


def _version(conn: "Connection", stored: "StoredOffer", text: str) -> int:
    from app.history.past import version_at

    if text.isdecimal() and len(text) < len("20260304"):
        return int(text)
    moment = _since(conn, text)
    assert moment is not None, "a text was given"
    return version_at(conn, stored, moment)


def _kinds(text: str | None) -> "frozenset[Kind]":
    from app.history.movements import NOISE
    from app.store.facts import Kind

    if text is None:
        return frozenset(Kind) - NOISE
    words = [word.strip() for word in text.split(",") if word.strip()]
    for word in words:
        if word not in set(Kind):
            raise UsageError(f"--kind {word}: choose from {', '.join(Kind)}")
    return frozenset(Kind(word) for word in words)


def _percent(text: str | None) -> float:
    try:
        return abs(float((text or "0").removesuffix("%")))
    except ValueError:
        raise UsageError(f"--min {text}: write a percentage, 5%") from None


def _charted(field: str | None, sku: str | None) -> str:
    if field is None:
        return "skus.price" if sku else "price_min"
    return "skus.price" if field == "skus" else field


def _is_of(one: "Recorded", field: str) -> bool:
    """Whether a change is of a field, or of a part of it."""
    told = one.difference.field
    return told == field or told.startswith(f"{field}.")


def _head(stored: "StoredOffer", charted: str, points: "list[Point]") -> None:
    from rich.console import Console

    from app.cli import past
    from app.monitor.words import foreign

    console = Console()
    console.print(foreign(stored.item.title, style="bold"))
    since = past.when(stored.first_seen_at)
    console.print(f"version {stored.version}, first seen {since}", style="bright_black")
    if bars := past.chart(points, stored.observed_at):
        numbers = [str(one.value) for one in points if one.value is not None]
        low, high = min(numbers, key=float), max(numbers, key=float)
        console.print(f"{charted}  {bars}  {low} – {high}, now {numbers[-1]}", markup=False)


def _show(found: "Iterator[Recorded]", seen: "Iterator[Seen]", limit: int) -> None:
    from itertools import islice

    from rich.console import Console

    from app.cli import past
    from app.history.past import percent

    latest = sorted(islice(found, limit), key=lambda one: (-one.version, one.seq))
    shown = [(one, percent(one)) for one in latest]
    console = Console()
    console.print(past.of_one_offer(shown) if shown else "no change of that is kept")
    if cards := list(islice(seen, limit)):
        console.print(past.of_lists(cards))


def _facts(stored: "StoredOffer") -> dict[str, Any]:
    return {
        "offer_id": stored.item.offer_id,
        "version": stored.version,
        "recorded_from": stored.recorded_from,
        "first_seen_at": stored.first_seen_at.isoformat(),
        "changed_at": stored.changed_at.isoformat(),
        "observed_at": stored.observed_at.isoformat(),
    }


def _of(one: "Recorded") -> dict[str, Any]:
    from app.history.past import percent

    return {
        "offer_id": one.offer_id,
        "version": one.version,
        "observed_at": one.observed_at.isoformat(),
        "run_id": one.run_id,
        **_plain(one.difference),
        "percent": percent(one),
        "is_correction": one.is_correction,
    }


def _moved(one: "Movement") -> dict[str, Any]:
    return _of(one.recorded) | {"title": one.title, "supplier": one.supplier}


def _plain(one: "Any | Difference") -> dict[str, Any]:
    from dataclasses import asdict

    told = asdict(one)
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in told.items()
    }


def _print_lines(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        typer.echo(json.dumps(row, ensure_ascii=False))
