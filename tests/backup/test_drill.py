"""The restore drill: yesterday's backup into an empty machine, whichever database it has."""

import gzip
import hashlib
import json
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import inspect, select

from app.backup import folders, restoring
from app.backup.tables import tables
from app.backup.values import BackupError
from app.runs.audit import audit
from app.store.engine import open_engine, reading
from app.store.schema import HEAD, migrate, revision
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


HOME = (
    "images/ab/abc.webp",
    "archive/2026/one.warc.gz",
    "golden/600000000001.html",
    "offer-views.json",
)


@pytest.fixture
def home(tmp_path):
    """A data folder with a file of each kind."""
    for name in HOME:
        place = tmp_path / "home" / name
        place.parent.mkdir(parents=True, exist_ok=True)
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
    assert restoring.restore(empty, elsewhere, made) == sum(made.rows.values()) > 500
    assert contents(empty) == contents(filled)
    assert audit(empty) == []
    for path in HOME:
        assert (elsewhere / path).read_bytes() == path.encode()


def test_the_embedded_one_moves_to_a_server(sqlite_engine, mariadb_engine, tmp_path):
    fill(sqlite_engine, 40)
    made = folders.create(sqlite_engine, tmp_path, tmp_path / "backups")
    restoring.restore(mariadb_engine, tmp_path / "elsewhere", made)
    assert contents(mariadb_engine) == contents(sqlite_engine)
    assert audit(mariadb_engine) == []


def test_it_is_not_put_on_top_of_rows(filled, home, tmp_path):
    made = folders.create(filled, home, tmp_path / "backups")
    with pytest.raises(BackupError, match="empty one"):
        restoring.restore(filled, home, made)


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
        restoring.restore(empty, tmp_path / "elsewhere", made)
    place.unlink()
    assert folders.wrong(made) == [f"{name}: missing"]
    (made.folder / "more").write_text("x")
    assert "more: not in the manifest" in folders.wrong(made)


def test_half_a_backup_is_none(sqlite_engine, home, tmp_path, monkeypatch):
    def dies(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(gzip, "open", dies)
    with pytest.raises(OSError, match="No space"):
        folders.create(sqlite_engine, home, tmp_path / "backups")
    assert folders.listed(tmp_path / "backups") == []
    assert list((tmp_path / "backups").iterdir()) == []


def as_of(made, revision: str, url: str) -> None:
    """Make a backup what it would have been at an older revision: its tables and columns alone."""
    old = open_engine(url)
    migrate(old, to=revision)
    with reading(old) as conn:
        there = {name: inspect(conn).get_columns(name) for name in inspect(conn).get_table_names()}
    old.dispose()
    manifest = json.loads((made.folder / "manifest.json").read_text())
    manifest["revision"] = revision
    for name in list(manifest["rows"]):
        path = made.folder / "database" / f"{name}.jsonl.gz"
        if name not in there:
            path.unlink()
            del manifest["rows"][name], manifest["files"][f"database/{name}.jsonl.gz"]
            continue
        kept = {column["name"] for column in there[name]}
        with gzip.open(path, "rt") as file:
            names, *rows = map(json.loads, file)
        places = [place for place, one in enumerate(names) if one in kept]
        with gzip.open(path, "wt") as file:
            for row in (names, *rows):
                file.write(json.dumps([row[place] for place in places]) + "\n")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        manifest["files"][f"database/{name}.jsonl.gz"] = digest
    (made.folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_one_of_an_older_pwsync_is_restored_and_then_migrated(
    kind, sqlite_engine, empty, tmp_path, request
):
    fill(sqlite_engine, 40)
    made = folders.create(sqlite_engine, tmp_path, tmp_path / "backups")
    as_of(made, "0006", f"sqlite:///{tmp_path / 'old.db'}")
    made = folders.read(made.folder)
    assert "offer" in made.rows
    assert "offer_facet" not in made.rows
    with pytest.raises(BackupError, match="without tables"):
        restoring.restore(empty, tmp_path / "elsewhere", made)
    url = f"sqlite:///{tmp_path / 'new.db'}"
    if kind == "mariadb":
        url = request.getfixturevalue("mariadb").new_database()
    engine = open_engine(url)
    try:
        restoring.restore(engine, tmp_path / "elsewhere", made)
        assert revision(engine) == HEAD
        assert audit(engine) == []
        now, before = contents(engine), contents(sqlite_engine)
        for name in ("run_item", "sku", "offer_facet", "offer_gram"):
            assert now[name] == before[name] != []
    finally:
        engine.dispose()


def test_one_of_a_newer_pwsync_is_refused(sqlite_engine, empty, home, tmp_path):
    made = folders.create(sqlite_engine, home, tmp_path / "backups")
    with pytest.raises(BackupError, match="a newer one"):
        restoring.restore(empty, tmp_path / "elsewhere", replace(made, revision="9999"))
