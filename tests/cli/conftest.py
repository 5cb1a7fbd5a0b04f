"""The command as a person runs it: a process of its own, its own folders, real exit codes."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.replica.serve import Replica, running
from tests import program

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PROGRAM = program.PROGRAM


@pytest.fixture(scope="session")
def site() -> Iterator[Replica]:
    """A local 1688 for commands."""
    with running(offers=24, seed=9, padded=False) as replica:
        yield replica


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing of this machine's user in it."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        if name in os.environ
    }
    return kept | {
        "HOME": str(tmp_path),
        "PWSYNC_DATA_DIR": str(tmp_path / "data"),
        "PYTHONWARNINGS": "error",
        "COLUMNS": "120",
    }


@pytest.fixture
def pwsync(tmp_path: Path, surroundings: dict[str, str]) -> Run:
    """Run `pwsync` with these words; output as text."""

    def run(
        *words: str, typed: str | None = None, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        return program.run(*words, environment=surroundings | more, folder=tmp_path, typed=typed)

    return run
