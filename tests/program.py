"""`pwsync` run to its end without Python's start: each call is a fork of one that has loaded it.

It is a process all the same, with its own environment, folder, streams and exit code. That the
command starts from nothing is seen where tests start PROGRAM itself, and what it loads in
`tests.cli.test_start`.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("pwsync"))
SECONDS = 120
_STREAMS = ("stdin", "stdout", "stderr")
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    [
        "tests.program",
        "app.cli.main",
        "app.wiring",
        "app.declared",
        "app.drain",
        "app.export",
        "app.groups",
        "app.logins",
        "app.reextract",
        "app.schedule.ticker",
        "app.services",
        "app.store.schema",
        "sqlalchemy.dialects.sqlite",
        "pymysql",
    ]
)


def run(
    *words: str, environment: Mapping[str, str], folder: Path, typed: str | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run `pwsync` with these words in this environment and folder; output as text."""
    with tempfile.TemporaryDirectory() as name:
        streams = [Path(name) / one for one in _STREAMS]
        for path, text in zip(streams, (typed or "", "", ""), strict=True):
            path.write_text(text, "utf-8")
        child = _forks.Process(
            target=_be, args=(words, dict(environment), str(folder), list(map(str, streams)))
        )
        child.start()
        child.join(SECONDS)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise subprocess.TimeoutExpired([PROGRAM, *words], SECONDS)
        told, said = (path.read_text("utf-8") for path in streams[1:])
        return subprocess.CompletedProcess([PROGRAM, *words], child.exitcode, told, said)


def _be(
    words: Sequence[str], environment: Mapping[str, str], folder: str, streams: Sequence[str]
) -> None:
    """Become the program: what an interpreter of its own would have begun and ended with."""
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_WRONLY if number else os.O_RDONLY)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the program's life
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [PROGRAM, *words]
    if action := environment.get("PYTHONWARNINGS"):
        warnings.simplefilter(action)
    from app.cli.main import main  # noqa: PLC0415 - only a fork needs it

    try:
        main()
    finally:
        threading._shutdown()
        atexit._run_exitfuncs()
