"""Finding an engine: which comes first, and what is said where there is none."""

from pathlib import Path

import pytest

from browsers import engine
from browsers.engine import find_engine
from browsers.errors import EngineMissing


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without any Chromium."""
    monkeypatch.setattr(engine, "_DEBIAN", ())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    return tmp_path


def test_explicit_engine_is_taken(bare):
    path = program(bare / "mine", "Chromium 156.0.8078.79 built on Debian")
    found = find_engine(path)
    assert (found.path, found.name, found.version) == (path, "mine", "156.0.8078.79")
    assert str(found) == "mine 156.0.8078.79"


def test_explicit_engine_that_is_none_is_not_replaced_by_another(bare):
    program(bare / "bin" / "chromium", "Chromium 150.0.1.2")
    for path in (bare / "absent", program(bare / "other", "hello"), bare):
        with pytest.raises(EngineMissing, match="is no Chromium"):
            find_engine(path)


def test_headless_shell_comes_before_chromium_and_both_before_playwrights_own(bare):
    program(bare / "playwright/chromium_headless_shell-1/chrome-linux/headless_shell", "C 140.0.1")
    assert find_engine().version == "140.0.1"
    program(bare / "bin" / "chromium", "Chromium 150.0.1.2")
    assert find_engine().name == "chromium"
    program(bare / "bin" / "chromium-headless-shell", "Chromium 149.0.1.2")
    assert find_engine().name == "chromium-headless-shell"
    assert find_engine(headless=False).name == "chromium"


def test_engine_that_does_not_run_is_passed_over(bare):
    broken = program(bare / "bin" / "chromium-headless-shell", "x")
    broken.write_text("#!/bin/sh\nexit 1\n")
    program(bare / "bin" / "chromium", "Chromium 150.0.1.2")
    assert find_engine().name == "chromium"


def test_missing_engine_says_what_to_install(bare):
    with pytest.raises(EngineMissing, match="apt-get install chromium-headless-shell"):
        find_engine()


def test_missing_window_says_which_engine_has_one(bare):
    program(bare / "bin" / "chromium-headless-shell", "Chromium 150.0.1.2")
    with pytest.raises(EngineMissing, match=r"apt-get install chromium$"):
        find_engine(headless=False)
