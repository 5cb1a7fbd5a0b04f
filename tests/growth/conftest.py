"""Two databases with the rows of 2,000 offers and their statistics: enough for their planners."""

import shutil
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from app.store.engine import open_engine
from tests.growth.fill import grow

OFFERS, CHANGES, BASE = 2_000, 20_000, 20


@pytest.fixture(scope="session")
def grown_mariadb(mariadb) -> Iterator[Engine]:
    engine = open_engine(mariadb.new_database(), pool_size=8)
    grow(engine, OFFERS, CHANGES, base=BASE)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def _grown_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("grown") / "pwsync.db"
    engine = open_engine(f"sqlite:///{path}")
    grow(engine, OFFERS, CHANGES, base=BASE)
    engine.dispose()
    return path


@pytest.fixture
def grown_sqlite(_grown_file, tmp_path) -> Iterator[Engine]:
    shutil.copy(_grown_file, tmp_path / "pwsync.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'pwsync.db'}")
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "mariadb"])
def grown(request) -> Engine:
    """A grown database, once of each kind."""
    return request.getfixturevalue(f"grown_{request.param}")
