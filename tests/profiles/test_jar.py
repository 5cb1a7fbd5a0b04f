"""Files of cookies: what nobody else may read is kept, and what somebody might have is refused."""

import json
import os
import stat

import pytest

from app.profiles.jar import LARGEST, CookiesRefused, Jar, NotLoggedIn
from app.profiles.values import ProfileUnknown

COOKIE = {"name": "unb", "value": "c4nary", "domain": ".1688.com", "path": "/", "expires": -1}
STORAGE = {"cookies": [COOKIE], "origins": []}


@pytest.fixture
def jar(tmp_path):
    return Jar(tmp_path / "profiles")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_was_saved_is_loaded_and_listed(jar):
    assert jar.names() == ()
    jar.save("second", STORAGE)
    jar.save("main", {"cookies": []})
    assert jar.names() == ("main", "second")
    assert jar.load("second") == STORAGE
    jar.save("second", {"cookies": [], "origins": []})
    assert jar.load("second") == {"cookies": [], "origins": []}


def test_files_are_ours_alone_whatever_the_umask(jar):
    before = os.umask(0)
    try:
        jar.save("main", STORAGE)
        os.umask(0o277)
        jar.save("other", STORAGE)
    finally:
        os.umask(before)
    assert mode(jar.folder) == 0o700
    assert mode(jar.path("main")) == mode(jar.path("other")) == 0o600


def test_profile_without_cookies_says_how_to_log_in(jar):
    with pytest.raises(NotLoggedIn, match="pwsync login --profile main"):
        jar.load("main")
    jar.save("other", STORAGE)
    with pytest.raises(NotLoggedIn):
        jar.load("main")


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o601])
def test_file_that_others_can_use_is_refused_with_what_to_type(jar, bits):
    jar.save("main", STORAGE)
    jar.path("main").chmod(bits)
    with pytest.raises(CookiesRefused, match=f"chmod 600 {jar.path('main')}"):
        jar.load("main")


def test_folder_that_others_can_use_is_refused(jar):
    jar.save("main", STORAGE)
    jar.folder.chmod(0o750)
    for use in (lambda: jar.load("main"), lambda: jar.save("main", STORAGE)):
        with pytest.raises(CookiesRefused, match=f"chmod 700 {jar.folder}"):
            use()


def test_file_of_another_user_is_refused(jar, monkeypatch):
    jar.save("main", STORAGE)
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(CookiesRefused, match="another user"):
        jar.load("main")


def test_links_are_never_followed(jar, tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(json.dumps(STORAGE))
    elsewhere.chmod(0o600)
    jar.save("main", STORAGE)
    jar.path("main").unlink()
    jar.path("main").symlink_to(elsewhere)
    with pytest.raises(CookiesRefused, match="cannot be read"):
        jar.load("main")
    jar.save("main", {"cookies": []})
    assert not jar.path("main").is_symlink()
    assert json.loads(elsewhere.read_text()) == STORAGE


def test_folder_that_is_a_link_is_refused(jar, tmp_path):
    jar.save("main", STORAGE)
    linked = Jar(tmp_path / "linked")
    linked.folder.symlink_to(jar.folder)
    with pytest.raises(CookiesRefused):
        linked.load("main")
    with pytest.raises(CookiesRefused):
        linked.save("main", STORAGE)


def test_pipe_is_refused_without_waiting(jar):
    jar.save("main", STORAGE)
    os.mkfifo(jar.path("pipe"), 0o600)
    with pytest.raises(CookiesRefused, match="no file"):
        jar.load("pipe")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "not json",
        '{"cookies": {}}',
        '{"cookies": [{"name": "c4nary"}]}',
        '{"cookies": [], "origins": 7}',
        "\x00",
        '{"cookies": []}' + " " * LARGEST,
    ],
)
def test_file_that_is_no_storage_state_is_refused_and_not_quoted(jar, text):
    jar.save("main", STORAGE)
    jar.path("main").write_text(text)
    with pytest.raises(CookiesRefused, match="holds no cookies") as caught:
        jar.load("main")
    assert "c4nary" not in str(caught.value)
    with pytest.raises(CookiesRefused):
        jar.save("main", {"cookies": "c4nary"})


@pytest.mark.parametrize(
    "name", ["guest", "", "..", "../main", "a/b", "Main", ".main", "a" * 33, "a\n", "мain", "a\x00"]
)
def test_names_that_are_none_are_refused(jar, name):
    for use in (jar.load, jar.remove, lambda name: jar.save(name, STORAGE)):
        with pytest.raises(ProfileUnknown):
            use(name)


def test_removing_takes_what_a_killed_process_left(jar):
    jar.save("main", STORAGE)
    (jar.folder / ".main.json.99999.tmp").write_text("half")
    assert jar.remove("main")
    assert list(jar.folder.iterdir()) == []
    assert not jar.remove("main")


def test_foreign_files_in_the_folder_are_no_profiles(jar):
    jar.save("main", STORAGE)
    for name in ("guest.json", "README.md", "Upper.json", ".hidden.json"):
        (jar.folder / name).write_text("{}")
    assert jar.names() == ("main",)


def test_write_that_fails_leaves_the_old_file(jar, monkeypatch):
    jar.save("main", STORAGE)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CookiesRefused, match="No space left"):
        jar.save("main", {"cookies": []})
    monkeypatch.undo()
    assert jar.load("main") == STORAGE
