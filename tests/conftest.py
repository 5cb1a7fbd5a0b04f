"""Databases for all tests: SQLite files, and one private MariaDB and Redis for the session."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.models import Row
from app.store.engine import open_engine, transact
from app.store.schema import migrate
from tests.mariadb import MariaDB, running
from tests.redis_server import RedisServer
from tests.redis_server import running as running_redis


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """The server; tests that kill it start their own."""
    with running(tmp_path_factory.mktemp("db")) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The server; tests that stop it start their own, the others flush it first."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def _mariadb_engine(mariadb: MariaDB) -> Iterator[Engine]:
    engine = open_engine(mariadb.new_database(), pool_size=8)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(tmp_path: Path, _migrated_file: Path) -> Iterator[Engine]:
    """A migrated, empty SQLite database of its own."""
    path = tmp_path / "pwsync.db"
    shutil.copy(_migrated_file, path)
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def mariadb_engine(_mariadb_engine: Engine) -> Engine:
    """A migrated, empty MariaDB database; migrated once, emptied before each test."""
    transact(_mariadb_engine, empty)
    return _mariadb_engine


@pytest.fixture(params=["sqlite", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """A migrated, empty database, once of each kind."""
    return request.getfixturevalue(f"{request.param}_engine")


def empty(conn) -> None:
    """Delete every row of ours."""
    for table in reversed(Row.metadata.sorted_tables):
        conn.execute(table.delete())
