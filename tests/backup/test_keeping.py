"""Secrets in backups, which backups go, and what the command says of both."""

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from app.access.tokens import Scope, TokenFile
from app.backup import folders, restoring, retention, sealed
from app.backup.values import BackupError
from app.cli.main import app
from app.profiles.jar import Jar
from app.store.engine import open_engine
from app.store.schema import migrate

KEY = "a passphrase of a person"
COOKIES = {
    "cookies": [{"name": "cookie2", "value": "geheim", "domain": ".1688.com", "path": "/"}],
    "origins": [],
}


@pytest.fixture
def home(tmp_path):
    """A data folder with a login and a token."""
    folder = tmp_path / "home"
    Jar(folder / "profiles").save("buyer", COOKIES)
    TokenFile(folder).make(Scope.READ, "me")
    return folder


@pytest.fixture
def empty(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    migrate(engine)
    yield engine
    engine.dispose()


def test_secrets_come_back_with_the_key_and_are_not_to_be_read(
    sqlite_engine, empty, home, tmp_path
):
    made = folders.create(sqlite_engine, home, tmp_path / "backups", key=KEY)
    assert made.has_secrets
    for name in made.files:
        content = (made.folder / name).read_bytes()
        assert b"geheim" not in content
        assert b"cookie2" not in content
    elsewhere = tmp_path / "elsewhere"
    restoring.restore(empty, elsewhere, made, key=KEY)
    assert Jar(elsewhere / "profiles").load("buyer") == COOKIES
    assert [one.name for one in TokenFile(elsewhere).tokens()] == ["me"]


def test_another_key_and_another_login_are_told_before_anything_is_written(
    sqlite_engine, empty, home, tmp_path
):
    made = folders.create(sqlite_engine, home, tmp_path / "backups", key=KEY)
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(BackupError, match="another"):
        restoring.restore(empty, elsewhere, made, key="of another person")
    assert not elsewhere.exists()
    Jar(elsewhere / "profiles").save("buyer", COOKIES | {"cookies": []})
    with pytest.raises(BackupError, match="there already"):
        restoring.restore(empty, elsewhere, made, key=KEY)
    assert Jar(elsewhere / "profiles").load("buyer")["cookies"] == []
    restoring.restore(empty, elsewhere, made)  # without a key, the rest


def test_what_was_sealed_by_somebody_else_is_written_nowhere_else(tmp_path):
    path = tmp_path / "sealed.json"
    path.write_bytes(sealed.seal({"../../.bashrc": b"x"}, KEY))
    with pytest.raises(BackupError, match="neither a profile nor tokens"):
        sealed.unseal(path, KEY)
    path.write_bytes(json.dumps(json.loads(path.read_bytes()) | {"n": 2**30}).encode())
    with pytest.raises(BackupError, match="does not know"):
        sealed.unseal(path, KEY)


def made_before(backups, days: int, one):
    """The same backup, as if it had been made some days ago."""
    moment = one.made_at - timedelta(days=days)
    folder = backups / moment.strftime(folders.NAME)
    folder.mkdir()
    told = json.loads((one.folder / folders.MANIFEST).read_text())
    for name in one.files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).hardlink_to(one.folder / name)
    told = json.dumps(told | {"made_at": moment.isoformat()})
    (folder / folders.MANIFEST).write_text(told)
    return folders.read(folder)


def test_only_whole_ones_count_and_the_last_verified_one_stays(sqlite_engine, tmp_path):
    backups = tmp_path / "backups"
    newest = folders.create(sqlite_engine, tmp_path / "home", backups)
    older = [made_before(backups, days, newest) for days in (4, 3, 2, 1)]
    assert retention.verify(older[0]) == retention.verify(older[1]) == []
    (backups / "2099-01-01T000000Z").mkdir()  # of one that was killed
    (older[3].folder / folders.MANIFEST).unlink()
    (backups / ".2020-01-01T000000Z.partial-7" / "database").mkdir(parents=True)
    now = backups / f".{newest.folder.name}.partial-7"
    now.mkdir()
    mine = made_before(backups, 9, newest).folder.rename(backups / "mine")
    assert retention.prune(backups, 1) == [older[0], older[2]]
    left = {path.name for path in backups.iterdir()}
    whole = {one.folder.name for one in (newest, older[1])}
    assert left == whole | {now.name, mine.name, "2099-01-01T000000Z", older[3].folder.name}
    assert folders.listed(backups)[-2:] == [newest, folders.read(mine)]
    assert retention.prune(backups, 1) == []


def test_one_that_is_no_longer_well_is_not_the_last_verified_one(sqlite_engine, tmp_path):
    made = folders.create(sqlite_engine, tmp_path / "home", tmp_path / "backups")
    assert retention.verify(made) == []
    assert retention.is_verified(made)
    (made.folder / "database" / "offer.jsonl.gz").unlink()
    assert retention.verify(made) == ["database/offer.jsonl.gz: missing"]
    assert not retention.is_verified(made)


def test_the_command_says_what_it_left_out_and_what_it_deleted(home, tmp_path, monkeypatch):
    monkeypatch.setenv("PWSYNC_DATA_DIR", str(home))
    run = CliRunner().invoke
    assert "2 files) are not in it" in run(app, ["backup", "create"]).stderr
    (plain,) = folders.listed(home / "backups")
    moved = made_before(home / "backups", 1, plain)
    folders.shutil.rmtree(plain.folder)
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    file.chmod(0o644)
    monkeypatch.setenv("PWSYNC_BACKUP__KEY_FILE", str(file))
    assert "chmod 600" in str(run(app, ["backup", "create"]).exception)
    file.chmod(0o600)
    done = run(app, ["backup", "create", "--keep", "1"])
    assert (done.exit_code, "sealed" in done.stdout) == (0, True)
    assert f"deleted {moved.folder}" in done.stderr
    assert "opens what is sealed: 2 files" in run(app, ["backup", "verify"]).stdout
    assert "sealed, verified" in run(app, ["backup", "list"]).stdout
    monkeypatch.setenv("PWSYNC_DATA_DIR", str(tmp_path / "elsewhere"))
    done = run(app, ["backup", "restore", "--folder", str(home / "backups")])
    assert done.exit_code == 0, done.exception
    assert Jar(tmp_path / "elsewhere" / "profiles").load("buyer") == COOKIES
