"""`pwsync init` and `config show --origin`: what is written is read back, and nothing drifts."""

import json
import os
import pty
import subprocess
import sys
from typing import Annotated, get_args

import pytest
from pydantic import TypeAdapter
from typer.testing import CliRunner

from app import settings
from app.cli.main import app
from app.cli.template import text
from app.declared import tables


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("PWSYNC_CONFIG", raising=False)


def run(*words: str):
    return CliRunner().invoke(app, [*words])


def test_what_is_written_is_read_back(tmp_path):
    assert settings.load() == settings.Settings()
    done = run(
        "init", "--yes", "--database", "mysql+pymysql://pwsync@db.example/offers", "--redis",
        "redis://queue.example:6379/1", "--data", "kept", "--mode", "mixed", "--profile", "buyer",
    )  # fmt: skip
    assert (done.exit_code, done.stdout) == (0, "")
    assert "next: pwsync login --profile buyer" in done.stderr
    assert (tmp_path / "pwsync.toml").stat().st_mode & 0o777 == 0o600
    wanted = settings.Settings(
        database_url="mysql+pymysql://pwsync@db.example/offers",
        redis_url="redis://queue.example:6379/1",
        data_dir=tmp_path / "kept",
        browser={"mode": "mixed"},
        site={"profile": "buyer"},
        profile=[{"name": "buyer"}],
    )
    assert settings.load() == wanted


def test_without_a_word_it_changes_nothing_and_is_not_written_twice(tmp_path):
    before = settings.load()
    assert "next: pwsync doctor" in run("init", "--yes").stderr
    assert settings.load() == before
    (tmp_path / "pwsync.toml").write_text("# mine\n")
    refused = run("init", "--yes")
    assert (refused.exit_code, "--force" in str(refused.exception)) == (1, True)
    assert (tmp_path / "pwsync.toml").read_text() == "# mine\n"
    assert run("init", "--yes", "--force").exit_code == 0


def test_every_setting_is_explained_and_its_example_is_taken():
    for table in tables():
        fields = fields_of(table)
        for one in table.settings:
            assert one.says, (table.name, one.name)
            assert one.example is not None or one.default is not None, (table.name, one.name)
            if one.example is not None:
                kind = Annotated[fields[one.name].annotation, fields[one.name]]
                TypeAdapter(kind).validate_python(one.example)


def fields_of(table):
    if not table.name:
        return settings.Settings.model_fields
    kind = settings.Settings.model_fields[table.name].annotation
    return (get_args(kind)[0] if table.repeats else kind).model_fields


def test_with_every_default_taken_into_the_file_nothing_changes(tmp_path):
    before = settings.load()
    named = {
        f"{table.name}.{one.name}".strip("."): one.default
        for table in tables()
        if not table.repeats
        for one in table.settings
        if one.default is not None
    }
    assert len(named) > 30
    (tmp_path / "pwsync.toml").write_text(text(named))
    assert settings.load() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--database", "mysql+pymysql://me:geheim@db/x"), "PWSYNC_DATABASE_URL"),
        (("--redis", "redis://:geheim@db/0"), "PWSYNC_REDIS_URL"),
        (("--redis", "redis://db/0?password=geheim"), "PWSYNC_REDIS_URL"),
        (("--database", "oracle://db/x"), "oracle"),
        (("--redis", "db:6379"), "redis://HOST"),
        (("--mode", "fast"), "natural, mixed, lean"),
        (("--profile", "Ich bins"), "small letters"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(words, said, tmp_path):
    done = run("init", "--yes", *words)
    assert said in str(done.exception)
    assert "geheim" not in str(done.exception)
    assert not (tmp_path / "pwsync.toml").exists()


def test_without_a_terminal_it_does_not_ask():
    assert "--yes" in str(run("init").exception)


def test_it_asks_again_until_it_can_be_and_keeps_a_password_out(tmp_path):
    ours, theirs = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "init", "--data", "kept"],
        stdin=theirs, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.write(ours, b"mysql+pymysql://me:geheim@db/offers\n\nfast\nlean\n\n")
    _, told = asked.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert asked.returncode == 0, told
    assert "PWSYNC_DATABASE_URL='mysql+pymysql://me:***@db/offers'" in told
    assert "not fast" in told
    assert "geheim" not in told + (tmp_path / "pwsync.toml").read_text()
    assert settings.load() == settings.Settings(
        data_dir=tmp_path / "kept", browser={"mode": "lean"}
    )


def test_each_setting_is_told_with_where_it_comes_from_and_no_secret(tmp_path, monkeypatch):
    (tmp_path / "pwsync.toml").write_text(
        "redis_url = 'redis://:geheim@queue/0'\n[api]\ntoken = 'geheimgeheimgeheimgeheim'\n"
        "port = 1\n[notify]\nurls = ['dingtalk://geheim']\n[[profile]]\nname = 'buyer'\n"
        "proxy = 'http://me:geheim@proxy:1'\n"
    )
    monkeypatch.setenv("PWSYNC_API__PORT", "2")
    monkeypatch.setenv("PWSYNC_PACE", '{"per_day": 7}')
    monkeypatch.setenv("PWSYNC_DATABASE_URL", "mysql+pymysql://me:geheim@db/x")
    done = run("config", "show", "--origin", "--json")
    found = {one["name"]: (one["value"], one["origin"]) for one in json.loads(done.stdout)}
    assert found["api.port"] == (2, "PWSYNC_API__PORT")
    assert found["pace.per_day"] == (7, "PWSYNC_PACE")
    assert found["pace.tz"] == ("Asia/Shanghai", "default")
    assert found["profile.0.name"] == ("buyer", "pwsync.toml")
    assert found["redis_url"] == ("redis://:***@queue/0", "pwsync.toml")
    assert found["database_url"] == ("mysql+pymysql://me:***@db/x", "PWSYNC_DATABASE_URL")
    shown = run("config", "show", "--origin").stdout
    assert len(shown.splitlines()) == len(found)
    assert "geheim" not in done.stdout + shown + run("config", "show").stdout
