"""What the archive's tests share: saved pages of every layout, an archive, the flow without browsers."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app import sync
from app.archive.archive import Archive
from app.archive.reading import Wanted, find
from app.archive.retention import Retention
from app.archive.values import Document, Kind, Record
from app.extract.base import Snapshot
from app.extract.registry import read
from app.pace.values import Pace
from app.profiles.jar import Jar
from app.refs import OfferRef, read_refs
from app.runs.claims import Claim, claim
from app.runs.opening import open_run
from app.runs.states import close_if_finished
from app.runtime import Evidence, Manners, Runtime
from app.store.engine import reading
from browsers.values import Render
from tests.samples import NOON

FREE = Pace(
    gap=(0.0, 0.0),
    list_gap=(0.0, 0.0),
    per_day=None,
    egress_per_day=None,
    quiet=None,
    zone=UTC,
    floor=0.0,
)
PAGES = Path(__file__).resolve().parents[1] / "extract" / "pages"
CAPTURES = Path(__file__).resolve().parents[2].parent / "shared" / "captures"


def saved_pages() -> list[Path]:
    """A page of the replica for every layout and kind of offer."""
    return sorted(PAGES.glob("*/*.html"))


def captures() -> list[Path]:
    """Real pages and answers, where this machine has them."""
    return sorted(path for path in CAPTURES.glob("*/*") if path.is_file())


def document(payload: bytes = b"<html>a page</html>", **facts) -> Document:
    plain = {
        "kind": Kind.OFFER,
        "key": "600000000001",
        "run_id": 1,
        "token": 1,
        "url": "https://detail.1688.com/offer/600000000001.html",
        "status": 200,
        "payload": payload,
        "observed_at": NOON,
        "headers": {"content-type": "text/html;charset=UTF-8", "x-trace": "abc"},
    }
    return Document(**plain | facts)


@dataclass(kw_only=True)
class Desk:
    """Reads pages as the flow does, with the loading left out."""

    engine: Engine
    folder: Path
    archive: Archive | None
    clock: datetime = NOON

    def runtime(self) -> Runtime:
        return Runtime(
            engine=self.engine,
            pool=None,
            slots=1,
            books=ThreadPoolExecutor(1),
            evidence=Evidence(folder=self.folder / "evidence"),
            manners=Manners(
                pace=FREE, profiles={}, jar=Jar(self.folder / "profiles"), rests=(), realm="test:"
            ),
            owner="test",
            archive=self.archive,
        )

    def open(self, *offer_ids: str) -> int:
        return open_run(self.engine, read_refs(list(offer_ids)), kind="test").id

    def take(self, run_id: int, count: int = 1) -> list[Claim]:
        return claim(self.engine, run_id, count, owner="test", lease_seconds=60)

    def visit(self, pages: dict[str, bytes], *, urls: dict[str, str] | None = None) -> int:
        """A run over offers whose pages are these; every one is settled. The run's number."""
        run_id = self.open(*pages)
        self.clock += timedelta(hours=1)
        for one in self.take(run_id, len(pages)):
            self.settle(one, pages[one.offer_id], (urls or {}).get(one.offer_id))
        close_if_finished(self.engine, run_id)
        return run_id

    def settle(self, one: Claim, payload: bytes, final_url: str | None = None) -> sync.Ending:
        url = OfferRef(offer_id=one.offer_id).url
        loaded = Render(
            url=url,
            final_url=final_url or url,
            status=200,
            document=payload,
            headers={"content-type": "text/html"},
        )
        runtime = self.runtime()
        page = sync.put_away(runtime, sync.Page(claim=one, render=loaded, at=self.clock))
        try:
            return sync.keep(runtime, page)
        except Exception as error:  # noqa: BLE001 - as sync_offer does
            return sync.settle(runtime, one, page, error)

    def records(self, **wanted) -> list[Record]:
        with reading(self.engine) as conn:
            return find(conn, Wanted(**wanted))


@pytest.fixture
def desk(engine, tmp_path):
    """A desk with an archive, on each kind of database."""
    archive = Archive(tmp_path / "archive", engine)
    yield Desk(engine=engine, folder=tmp_path, archive=archive)
    archive.close()


@pytest.fixture
def lite_desk(sqlite_engine, tmp_path):
    """The same on SQLite alone."""
    archive = Archive(tmp_path / "archive", sqlite_engine)
    yield Desk(engine=sqlite_engine, folder=tmp_path, archive=archive)
    archive.close()


@pytest.fixture
def pages():
    """Pages of offers that can be read, by offer id: two of each layout."""
    found = {}
    for layout in ("context", "detail_config", "init_data_desktop", "init_data_mobile"):
        for path in sorted((PAGES / layout).glob("*.html"))[:2]:
            payload = path.read_bytes()
            found[offer_of(payload)] = payload
    return found


def offer_of(payload: bytes) -> str:
    return read(Snapshot(document=payload)).offer_id


def forget(days: float) -> Retention:
    return Retention(days=days)


def long_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)
