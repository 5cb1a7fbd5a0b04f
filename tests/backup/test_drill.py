"""The restore drill: yesterday's backup into an empty machine, whichever database it has."""

import gzip
import shutil
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.backup import folders
from app.backup.folders import BackupError
from app.backup.tables import tables
from app.runs.audit import audit
from app.store.engine import open_engine, reading
from app.store.schema import migrate
from tests.filled import fill


def contents(engine) -> dict[str, list[str]]:
    """All rows of all tables; 1.50 and 1.5 are one amount."""
    with reading(engine) as conn:
        return {
            one.name: sorted(
                repr([plain(value) for value in row]) for row in conn.execute(select(one))
            )
            for one in tables()
        }


def plain(value):
    return value.normalize() if isinstance(value, Decimal) else value


@pytest.fixture
def home(tmp_path):
    """A data folder with a picture and an archive file."""
    for name in ("images/ab/abc.webp", "archive/2026/one.warc.gz"):
        place = tmp_path / "home" / name
        place.parent.mkdir(parents=True)
        place.write_bytes(name.encode())
    return tmp_path / "home"


@pytest.fixture
def filled(engine):
    fill(engine, 40)
    fill(engine, 40, epoch=2)
    return engine


@pytest.fixture
def empty(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def test_a_backup_restored_elsewhere_is_the_same(filled, empty, home, tmp_path):
    made = folders.create(filled, home, tmp_path / "backups")
    assert folders.listed(tmp_path / "backups") == [made]
    assert folders.wrong(made) == []
    elsewhere = tmp_path / "elsewhere"
    assert folders.restore(empty, elsewhere, made) == sum(made.rows.values()) > 500
    assert contents(empty) == contents(filled)
    assert audit(empty) == []
    for path in ("images/ab/abc.webp", "archive/2026/one.warc.gz"):
        assert (elsewhere / path).read_bytes() == path.encode()


def test_the_embedded_one_moves_to_a_server(sqlite_engine, mariadb_engine, tmp_path):
    fill(sqlite_engine, 40)
    made = folders.create(sqlite_engine, tmp_path, tmp_path / "backups")
    folders.restore(mariadb_engine, tmp_path / "elsewhere", made)
    assert contents(mariadb_engine) == contents(sqlite_engine)
    assert audit(mariadb_engine) == []


def test_it_is_not_put_on_top_of_rows(filled, home, tmp_path):
    made = folders.create(filled, home, tmp_path / "backups")
    with pytest.raises(BackupError, match="empty one"):
        folders.restore(filled, home, made)


@pytest.mark.parametrize("name", ["images/ab/abc.webp", "database/offer.jsonl.gz"])
def test_a_flipped_byte_a_missing_file_and_a_new_one_are_found(
    name, sqlite_engine, empty, home, tmp_path
):
    fill(sqlite_engine, 5)
    made = folders.create(sqlite_engine, home, tmp_path / "backups")
    place = made.folder / name
    content = bytearray(place.read_bytes())
    content[-1] ^= 1
    place.unlink()
    place.write_bytes(content)
    assert folders.wrong(made) == [f"{name}: changed"]
    with pytest.raises(BackupError, match="changed"):
        folders.restore(empty, tmp_path / "elsewhere", made)
    place.unlink()
    assert folders.wrong(made) == [f"{name}: missing"]
    (made.folder / "more").write_text("x")
    assert "more: not in the manifest" in folders.wrong(made)


def test_old_ones_go_and_nothing_else_does(sqlite_engine, home, tmp_path):
    backups = tmp_path / "backups"
    made = folders.create(sqlite_engine, home, backups)
    for day in ("01", "02", "03"):
        shutil.copytree(made.folder, backups / f"2020-01-{day}T000000Z")
    (backups / "notes").mkdir()
    gone = folders.thin(backups, 2)
    assert [one.folder.name[:10] for one in gone] == ["2020-01-01", "2020-01-02"]
    assert sorted(path.name for path in backups.iterdir()) == [
        "2020-01-03T000000Z", made.folder.name, "notes",
    ]  # fmt: skip
    assert folders.wrong(made) == []
    assert folders.thin(backups, 2) == []


def test_half_a_backup_is_none(sqlite_engine, home, tmp_path, monkeypatch):
    def dies(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gzip, "open", dies)
    with pytest.raises(OSError, match="No space"):
        folders.create(sqlite_engine, home, tmp_path / "backups")
    assert folders.listed(tmp_path / "backups") == []
    assert list((tmp_path / "backups").iterdir()) == []
