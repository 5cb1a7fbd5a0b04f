"""`pwsync audit` as a person types it: one sentence, and the exit code that scripts read."""

import json
import os
import subprocess

import pytest
from sqlalchemy import text

from tests import program
from tests.runs.books import finish, new_run, take_one


@pytest.fixture
def pwsync(sqlite_engine, tmp_path):
    def run(*arguments: str, database: str | None = None) -> subprocess.CompletedProcess:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PWSYNC_")}
        url = database or f"sqlite:///{sqlite_engine.url.database}"
        own = {"PWSYNC_DATABASE_URL": url, "HOME": str(tmp_path)}
        return program.run(*arguments, environment=kept | own, folder=tmp_path)

    return run


def test_books_that_balance_are_one_sentence(pwsync, sqlite_engine):
    run = new_run(sqlite_engine, 2)
    finish(sqlite_engine, take_one(sqlite_engine, run))
    told = pwsync("audit", str(run.id))
    assert told.returncode == 0
    assert told.stdout.startswith("the books balance: 1 runs, 2 items, 1 offers")
    assert told.stdout.count("\n") == 1


def test_a_broken_rule_is_a_line_and_exit_code_ten(pwsync, sqlite_engine):
    new_run(sqlite_engine, 2)
    with sqlite_engine.begin() as conn:
        conn.execute(text("DELETE FROM run_item WHERE position = 1"))
    told = pwsync("audit")
    assert told.returncode == 10
    assert told.stdout.startswith("I1 run 1: a run has exactly the offers")
    document = json.loads(pwsync("audit", "--json").stdout)
    assert document["clean"] is False
    assert document["violations"][0]["name"] == "I1"


def test_an_unknown_run_is_a_usage_error(pwsync):
    told = pwsync("audit", "4711")
    assert (told.returncode, told.stdout) == (2, "")
    assert "no run 4711" in told.stderr


def test_a_database_that_does_not_answer_is_exit_code_seven(pwsync, tmp_path):
    told = pwsync(
        "audit", database=f"mysql+pymysql://u:secret@localhost/d?unix_socket={tmp_path}/none"
    )
    assert (told.returncode, told.stdout) == (7, "")
    assert "secret" not in told.stderr
    assert "Traceback" not in told.stderr
