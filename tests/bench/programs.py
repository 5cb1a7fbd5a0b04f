"""How each variant is started, where its pages are noted, and where its items are."""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.items import as_json
from app.refs import OfferRef
from app.replica.serve import Replica
from app.store import offers
from app.store.engine import open_engine, reading
from browsers import tree
from tests.bench.stage import Show
from tests.bench.task import Task
from tests.bench.values import Page
from tests.bench.variants import Cell

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("pwsync"))
GOOD = ("created", "changed", "unchanged", "gone")
LEDGER = "SELECT offer_id, started_at, ended_at, ending, reason FROM attempt WHERE ended_at > ''"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all runs have in common."""

    site: Replica
    engine: str
    flags: list[str]
    urls: list[str]
    expected: dict[str, dict[str, Any]]
    """The item that a right extraction yields, by offer id."""
    peers: Path
    """Python of the peers' own virtual environment."""
    seconds: float


def show_of(setting: Setting, cell: Cell, folder: Path) -> Show:
    """What to start for a cell, in an empty folder."""
    product = cell.variant.is_product
    return Show(
        words=_sync(setting, cell, folder) if product else _program(setting, cell, folder),
        environment=_environment(setting, folder),
        folder=folder,
        pages=(lambda: ledger(folder)) if product else (lambda: noted(folder)),
        warm_pages=cell.warm_pages,
        warm_seconds=cell.variant.warm_seconds,
        seconds=cell.window(setting.seconds),
        site=tree.census()[setting.site.pid],
    )


def _program(setting: Setting, cell: Cell, folder: Path) -> list[str]:
    variant = cell.variant
    task = Task(
        urls=setting.urls,
        contexts=cell.contexts,
        engine=setting.engine,
        flags=setting.flags,
        address=setting.site.address,
        folder=str(folder),
        mode=variant.mode,
        think=variant.think,
    )
    python = str(setting.peers) if variant.is_peer else sys.executable
    return [python, "-m", f"tests.bench.{variant.program}", str(task.write())]


def _sync(setting: Setting, cell: Cell, folder: Path) -> list[str]:
    """The command as a person types it, before an empty database."""
    refs = folder / "refs.txt"
    refs.write_text("\n".join(setting.urls))
    return [
        PROGRAM, "sync", "-i", str(refs), "--replica", setting.site.address,
        "--mode", cell.variant.mode, "-c", str(cell.contexts), "--progress", "none",
    ]  # fmt: skip


def _environment(setting: Setting, folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PYTHONPATH": str(ROOT),
        "CRAWLEE_STORAGE_DIR": str(folder / "storage"),
        "PWSYNC_DATA_DIR": str(folder),
        "PWSYNC_BROWSER__EXECUTABLE": setting.engine,
        "PWSYNC_BROWSER__DWELL": "0",
    }


def noted(folder: Path) -> list[Page]:
    """What a program has noted; a line that is being written is left for the next time."""
    path = folder / "pages.jsonl"
    if not path.exists():
        return []
    text = path.read_text(errors="replace")
    return [Page(**json.loads(line)) for line in text[: text.rfind("\n") + 1].splitlines()]


def ledger(folder: Path) -> list[Page]:
    """What the ledger of a sync says: from claim to commit. Empty while there is none."""
    path = folder / "pwsync.db"
    if not path.exists():
        return []
    try:
        # not read-only: what a killed program leaves has to be recovered by its next reader
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=5)) as database:
            return [_tried(*row) for row in database.execute(LEDGER)]
    except sqlite3.Error:  # it is just being made
        return []


def _tried(offer_id: str, began: str, ended: str, ending: str, reason: str | None) -> Page:
    return Page(
        url=OfferRef(offer_id=str(offer_id)).url,
        began=_time(began),
        ended=_time(ended),
        error=None if ending in GOOD else f"{ending}: {reason}",
    )


def _time(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def items(cell: Cell, folder: Path) -> Iterator[dict[str, Any]]:
    """All that a program has stored."""
    if cell.variant.is_product:
        yield from _rows(folder)
        return
    for path in folder.glob("items.jsonl"):
        text = path.read_text()
        yield from map(json.loads, text[: text.rfind("\n") + 1].splitlines())
    for path in folder.glob("storage/datasets/*/[0-9]*.json"):
        with_text = path.read_text()
        if with_text.endswith("}"):  # else it was cut off in the middle of writing
            yield json.loads(with_text)


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    engine = open_engine(f"sqlite:///{folder}/pwsync.db")
    try:
        for page in ledger(folder):
            with reading(engine) as conn:
                stored = offers.load(conn, OfferRef.parse(page.url).offer_id)
            if stored:
                yield as_json(stored.item)
    finally:
        engine.dispose()


def compared(cell: Cell, folder: Path, expected: dict[str, dict[str, Any]]) -> tuple[int, int]:
    """(items stored, those with a value that is not as expected)."""
    found = list(items(cell, folder))
    return len(found), sum(is_wrong(item, expected) for item in found)


def is_wrong(item: dict[str, Any], expected: dict[str, dict[str, Any]]) -> bool:
    """Whether any of an item's fields differs from what the site's generator says."""
    wanted = expected.get(str(item.get("offer_id")))
    return wanted is None or any(item.get(name) != value for name, value in wanted.items())
