"""What tests of exports share: offers in a database, and an export of them."""

from pathlib import Path

import pytest

from app.export.columns import Columns, usual
from app.export.registry import format_of
from app.export.values import Per
from app.export.work import Request, export
from app.filters.parse import parse
from app.items import OfferItem
from app.store.engine import transact
from app.store.offers import save
from tests.cli.conftest import pwsync, surroundings
from tests.samples import item, seen

__all__ = ["pwsync", "surroundings"]

FIRST = 600_000_000_001


def store(engine, *offers: OfferItem, token: int = 1) -> None:
    def work(conn) -> None:
        for offer in offers:
            save(conn, offer, seen(token=token))

    transact(engine, work)


def some(count: int, **changes) -> list[OfferItem]:
    return [item(str(FIRST + number), **changes) for number in range(count)]


@pytest.fixture
def write(tmp_path: Path):
    """Export to a file of its own; the file and the report."""

    def work(engine, name: str, columns: Columns | None = None, per: Per = Per.OFFER, **more):
        chosen = format_of(name)
        target = more.pop("target", tmp_path / f"out{chosen.suffix}")
        request = Request(
            format=chosen,
            columns=columns or usual(per),
            query=parse(more.pop("where", "")),
            target=str(target),
            overwrite=more.pop("overwrite", True),
            **more,
        )
        return target, export(engine, request)

    return work
