"""Settings: which source wins, and that a misspelt key is told, never swallowed."""

import pytest

from app import settings


@pytest.fixture(autouse=True)
def _alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("PWSYNC_DATABASE_URL", raising=False)


def test_flag_beats_environment_beats_file_beats_default(tmp_path, monkeypatch):
    contexts = lambda flags=None: settings.load(flags).browser.contexts  # noqa: E731
    assert contexts() == 8
    (tmp_path / "pwsync.toml").write_text("[browser]\ncontexts = 3\nmode = 'lean'\n")
    assert contexts() == 3
    monkeypatch.setenv("PWSYNC_BROWSER__CONTEXTS", "4")
    assert contexts() == 4
    assert contexts({"browser": {"contexts": 5, "mode": None}}) == 5
    assert settings.load().browser.mode == "lean"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("contexs = 3", "contexs"),
        ("[browser]\ncontexs = 3", "browser.contexs"),
        ("[browser]\ncontexts = 0", "browser.contexts"),
        ("[pace]\npage_gap_seconds = [0.1, 2]", "page_gap_seconds"),
        ("[site]\nreplica = '10.0.0.1:80'", "site.replica"),
        ("[site]\nreplica = '127.0.0.1:99999'", "site.replica"),
        ("browser = [", "pwsync.toml"),
    ],
)
def test_a_wrong_file_is_told_in_one_line_that_names_the_key(tmp_path, text, named):
    (tmp_path / "pwsync.toml").write_text(text)
    with pytest.raises(settings.SettingsError, match=named) as told:
        settings.load()
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["PWSYNC_DATBASE_URL", "PWSYNC_BROWSER__CONTEXS"])
def test_a_misspelt_variable_is_an_error(monkeypatch, name):
    monkeypatch.setenv(name, "3")
    with pytest.raises(settings.SettingsError, match=name.rpartition("_")[2]):
        settings.load()


def test_a_named_file_must_exist(monkeypatch):
    monkeypatch.setenv("PWSYNC_CONFIG", "/nowhere.toml")
    with pytest.raises(settings.SettingsError, match="no such file"):
        settings.load()


def test_the_default_database_lies_in_the_data_folder(tmp_path):
    assert settings.load({"data_dir": tmp_path}).database == f"sqlite:///{tmp_path}/pwsync.db"


def test_no_setting_lowers_the_floor_of_the_pace():
    assert settings.Pace.FLOOR >= 1.0
    with pytest.raises(settings.SettingsError):
        settings.load({"pace": {"page_gap_seconds": (0.0, 0.0)}})
