"""Tokens: kept as hashes, in a file for one person, compared whole."""

import json
import stat
from datetime import UTC

import pytest

from app.access.sessions import Sessions
from app.access.tokens import Scope, Token, TokenFile, Tokens, TokensUnusable, digest_of
from tests.server.conftest import run


def test_a_made_token_is_found_and_is_nowhere_to_be_read(tmp_path):
    file = TokenFile(tmp_path / "data")
    made = file.make(Scope.READ)
    found = Tokens(file=file).find(made)
    assert (found.digest, found.scope, found.made_at.tzinfo) == (digest_of(made), Scope.READ, UTC)
    assert made not in file.path.read_text()
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert [one.name for one in file.path.parent.iterdir()] == [file.path.name]


@pytest.mark.parametrize("presented", ["", "x", "读", "\ud7ff", "a" * 10_000])
def test_nothing_else_is_a_token(tmp_path, presented):
    file = TokenFile(tmp_path)
    made = file.make(Scope.ADMIN)
    tokens = Tokens(file=file)
    assert tokens.find(presented) is None
    assert tokens.find(made[:-1]) is None
    assert tokens.find(digest_of(made)) is None


def test_tokens_made_and_removed_count_at_once(tmp_path):
    file = TokenFile(tmp_path)
    tokens = Tokens(file=TokenFile(tmp_path))
    assert tokens.all() == ()
    first, second = file.make(Scope.READ), file.make(Scope.RUN)
    assert [tokens.find(one).scope for one in (first, second)] == [Scope.READ, Scope.RUN]
    file.path.unlink()
    assert tokens.find(first) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tokens": 1}', '{"tokens": [{"sha256": "x"}]}'])
def test_a_damaged_file_is_told_and_lets_nobody_in(tmp_path, text):
    file = TokenFile(tmp_path)
    file.make(Scope.ADMIN)
    file.path.write_text(text)
    with pytest.raises(TokensUnusable, match="remove"):
        TokenFile(tmp_path).tokens()
    given = Token(digest=digest_of("given"), scope=Scope.RUN)
    assert Tokens(given=[given], file=TokenFile(tmp_path)).all() == (given,)


def test_a_file_that_others_can_read_is_refused(tmp_path):
    file = TokenFile(tmp_path)
    file.make(Scope.ADMIN)
    file.path.chmod(0o640)
    with pytest.raises(TokensUnusable, match="chmod"):
        TokenFile(tmp_path).tokens()


def test_a_cookie_stands_for_its_token_until_that_is_removed():
    one, other = (Token(digest=digest_of(name), scope=Scope.RUN) for name in ("one", "other"))
    known = Tokens(given=[one, other])
    sessions = Sessions(known)
    cookie = sessions.open(one)
    assert sessions.find(cookie) == one
    assert Sessions(known).find(cookie) is None, "another server has another key"
    known._given = (other,)
    assert sessions.find(cookie) is None


def test_a_cookie_cannot_be_prolonged_nor_used_when_over(monkeypatch):
    token = Token(digest=digest_of("one"), scope=Scope.RUN)
    sessions = Sessions(Tokens(given=[token]))
    until, _, proof = sessions.open(token).partition(".")
    assert sessions.find(f"{int(until) + 1}.{proof}") is None
    for forged in ("", ".", f"{until}.", f".{proof}", f"{until}.é", "²." + proof, f"-1.{proof}"):
        assert sessions.find(forged) is None
    for forged in (f"{'9' * 5000}.{proof}", f"{'9' * 20}.{proof}"):
        assert sessions.find(forged) is None
    monkeypatch.setattr("app.access.sessions.time.time", lambda: int(until) + 1.0)
    assert sessions.find(f"{until}.{proof}") is None


def test_the_command_prints_a_token_once_and_keeps_its_hash(tmp_path):
    done = run(tmp_path, "serve", "--new-token", "--scope", "read")
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = json.loads((tmp_path / "data" / "api-tokens.json").read_text())["tokens"]
    assert row["sha256"] == digest_of(done.stdout.strip())
    assert row["scope"] == "read"


@pytest.mark.parametrize(
    ("words", "more", "said"),
    [
        (["serve", "--host", "0.0.0.0"], {}, "no token"),
        (["serve", "--host", "::"], {}, "no token"),
        (["serve", "--host", "no.such.name.invalid"], {}, "no token"),
        (
            ["serve", "--host", "192.0.2.1"],
            {"PWSYNC_API__TOKEN": "t" * 24},
            "cannot be listened on",
        ),
        (["serve"], {"PWSYNC_API__TOKEN": "short"}, "api.token"),
        (["serve", "--new-token", "--scope", "all"], {}, "read, run, admin"),
        (["serve"], {"PWSYNC_REDIS_URL": "redis://:canary@host:port/0"}, "does not parse"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(tmp_path, words, more, said):
    done = run(tmp_path, *words, **more)
    assert done.returncode in {2, 7}
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "canary" not in done.stderr


def test_a_file_that_others_can_read_ends_the_start(tmp_path):
    run(tmp_path, "serve", "--new-token")
    (tmp_path / "data" / "api-tokens.json").chmod(0o644)
    done = run(tmp_path, "serve")
    assert done.returncode == 2
    assert "chmod" in done.stderr
