"""Migrations: whole, repeatable, safe when several start at once; on both databases."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.models import Row, migrations
from app.store import drift
from app.store.engine import DatabaseUnavailable, open_engine, reading, transact
from app.store.schema import HEAD, SchemaUnknown, migrate, revision

STARTERS = 4


@pytest.fixture(params=["sqlite", "mariadb"])
def url(request, tmp_path):
    """A database that nobody has migrated."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'folder' / 'new.db'}"
    return request.getfixturevalue("mariadb").new_database()


@pytest.fixture
def new(url):
    engine = open_engine(url)
    yield engine
    engine.dispose()


def differences(engine) -> list:
    with engine.connect() as conn:
        return drift.differences(conn)


def alembic(conn) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = conn
    return config


def test_a_migrated_database_has_exactly_the_tables_of_the_models(new):
    assert revision(new) is None
    assert migrate(new) is True
    assert differences(new) == []
    assert revision(new) == HEAD


def test_the_comparison_sees_what_is_missing_and_changed_but_not_what_others_have(new):
    migrate(new)
    index = next(
        one["name"] for one in inspect(new).get_indexes("offer_change") if not one["unique"]
    )
    of = "" if new.dialect.name == "sqlite" else " ON offer_change"
    with new.begin() as conn:
        conn.execute(text("ALTER TABLE offer DROP COLUMN unit"))
        conn.execute(text("ALTER TABLE offer ADD COLUMN more INTEGER"))
        conn.execute(text(f"DROP INDEX {index}{of}"))
        conn.execute(text("DROP TABLE page_tally"))
        conn.execute(text("CREATE TABLE of_others (id INTEGER PRIMARY KEY)"))
    told = [one for one in differences(new) if "of page_tally" not in one]
    assert sorted(told) == [
        f"index {index} of offer_change: missing",
        "offer.more: not ours",
        "offer.unit: missing",
        "page_tally: missing",
    ]


def test_head_is_the_newest_revision():
    assert ScriptDirectory.from_config(alembic(None)).get_current_head() == HEAD


def test_migrating_again_does_nothing(new):
    migrate(new)
    assert migrate(new) is False


def test_several_may_start_at_once(url):
    barrier = threading.Barrier(STARTERS)

    def start(_: int) -> bool:
        engine = open_engine(url)
        try:
            barrier.wait(10)
            return migrate(engine)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(STARTERS) as starters:
        done = list(starters.map(start, range(STARTERS)))
    assert sorted(done) == [False, False, False, True]


def test_several_may_open_a_new_file_at_once(tmp_path):
    barrier = threading.Barrier(STARTERS)

    def start(number: int) -> None:
        engine = open_engine(f"sqlite:///{tmp_path / str(number // STARTERS)}.db")
        barrier.wait(10)
        with engine.connect() as conn:
            conn.execute(text("SELECT 1"))
        engine.dispose()

    with ThreadPoolExecutor(STARTERS) as starters:
        list(starters.map(start, range(20 * STARTERS)))


def test_a_migration_killed_on_mysql_is_completed_by_the_next(mariadb):
    engine = open_engine(mariadb.new_database())
    migrate(engine)
    with engine.begin() as conn:
        for lost in (
            "DELETE FROM alembic_version",
            "DROP TABLE attempt",
            "DROP INDEX ix_run_state ON run",
        ):
            conn.execute(text(lost))
    assert migrate(engine) is True
    assert differences(engine) == []
    engine.dispose()


def test_a_killed_migration_leaves_nothing_in_sqlite(tmp_path, monkeypatch):
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    monkeypatch.setattr("app.store.schema._upgrade", _half_an_upgrade)
    with pytest.raises(KeyboardInterrupt):
        migrate(engine)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def _half_an_upgrade(conn, _found, _to) -> None:
    Row.metadata.create_all(conn)
    raise KeyboardInterrupt


def test_a_database_of_a_newer_pwsync_is_refused(new):
    migrate(new)
    with new.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaUnknown, match="9999"):
        migrate(new)


def test_downgrading_takes_everything_away(new):
    migrate(new)
    transact(new, lambda conn: command.downgrade(alembic(conn), "base"))
    assert inspect(new).get_table_names() == ["alembic_version"]


def test_sqlite_is_durable_and_checks_keys(sqlite_engine):
    with reading(sqlite_engine) as conn:
        found = [
            conn.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert found == ["wal", 2, 1]  # 2 is FULL


def test_mysql_is_strict_and_reads_what_is_committed(mariadb_engine):
    query = "SELECT @@sql_mode, @@tx_isolation, @@character_set_connection, @@time_zone"
    with mariadb_engine.connect() as conn:
        mode, isolation, charset, zone = conn.execute(text(query)).one()
    assert "STRICT_ALL_TABLES" in mode
    assert (isolation, charset, zone) == ("READ-COMMITTED", "utf8mb4", "+00:00")


def test_mysql_tables_are_innodb_and_compare_bytes(mariadb_engine):
    query = """SELECT DISTINCT engine, table_collation FROM information_schema.tables
        WHERE table_schema = DATABASE() AND table_name <> 'alembic_version'"""
    with mariadb_engine.connect() as conn:
        assert conn.execute(text(query)).all() == [("InnoDB", "utf8mb4_bin")]


def test_the_first_connection_makes_the_folder_private(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'own' / 'pwsync.db'}")
    migrate(engine)
    engine.dispose()
    assert (tmp_path / "own").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", [b"no database at all" * 100, None], ids=["text", "folder"])
def test_a_file_that_is_no_database_is_unavailable(tmp_path, content):
    path = tmp_path / "pwsync.db"
    path.mkdir() if content is None else path.write_bytes(content)
    engine = open_engine(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable, match=str(path)):
        migrate(engine)
    engine.dispose()


def test_rows_survive_in_a_file_that_another_program_opens(tmp_path, sqlite_engine):
    with sqlite_engine.begin() as conn:
        conn.execute(text("INSERT INTO alembic_version VALUES ('x')"))
    path = sqlite_engine.url.database
    sqlite_engine.dispose()
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    other.close()
