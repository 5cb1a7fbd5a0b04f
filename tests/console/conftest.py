"""A real server on a filled database, one for all tests of API and console pages."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import update

from app import models
from app.models import table
from app.store.engine import open_engine, transact
from app.store.schema import migrate
from browsers.engine import find_engine
from tests.filled import fill
from tests.server.conftest import Server, new_token, serving

OFFER = table(models.Offer)
PAYLOADS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>')


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("doors")


@pytest.fixture(scope="session")
def _filled_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "pwsync.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    fill(engine, 60)
    last = fill(engine, 60, epoch=2)

    def poison(conn) -> None:
        for offer_id, title in zip(last.offer_ids, PAYLOADS, strict=False):
            conn.execute(update(OFFER).where(OFFER.c.offer_id == offer_id), {"title": title})

    transact(engine, poison)
    engine.dispose()
    return path


@pytest.fixture(scope="module")
def engine(home, _filled_file):
    """Sixty offers in two rounds; two titles are what nobody wants in a page."""
    folder = home / "data"
    folder.mkdir()
    engine = open_engine(f"sqlite:///{shutil.copy(_filled_file, folder)}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def tokens(home: Path, engine) -> dict[str, str]:
    return {scope: new_token(home, scope) for scope in ("read", "run", "admin")}


@pytest.fixture(scope="module")
def server(home: Path, tokens) -> Iterator[Server]:
    with serving(home) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        engine = find_engine(None)
        started = playwright.chromium.launch(executable_path=engine.path, args=["--no-sandbox"])
        yield started
        started.close()
