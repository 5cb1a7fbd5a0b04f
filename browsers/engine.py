"""Finding a Chromium on this machine, and saying what to install where there is none.

Only looks; starting one is `launch.py`.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from browsers.errors import EngineMissing

_DEBIAN = (
    # The programs themselves; /usr/bin has shell wrappers, which would be one more process each.
    ("/usr/lib/chromium/chromium-headless-shell", False),
    ("/usr/lib/chromium/chromium", True),
)
_ON_PATH = (
    ("chromium-headless-shell", False),
    ("chromium", True),
    ("chromium-browser", True),
)
_PLAYWRIGHTS_OWN = (
    ("chromium_headless_shell-*/chrome-*/*headless*shell", False),
    ("chromium-*/chrome-*/chrome", True),
)
_VERSION = re.compile(r"\d+(?:\.\d+){1,3}")
_ADVICE_WINDOW = "Install one that has windows:  apt-get install chromium"
_ADVICE = (
    "Install one:  apt-get install chromium-headless-shell  (Debian),"
    "  or  playwright install --only-shell chromium"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Engine:
    """A Chromium that answered with its version."""

    path: Path
    name: str
    version: str
    """`156.0.8078.79`."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def find_engine(executable: Path | None = None, *, headless: bool = True) -> Engine:
    """The engine to use: `executable` if given, else Debian's, else Playwright's own.

    Raises EngineMissing with what to install next.
    """
    if executable is not None:
        if (engine := _ask(executable)) is None:
            raise EngineMissing(f"{executable} is no Chromium that runs here. {_ADVICE}")
        return engine
    for path, has_window in _places():
        if (has_window or headless) and (engine := _ask(path)) is not None:
            return engine
    if not headless:
        raise EngineMissing(f"No Chromium that opens windows was found here. {_ADVICE_WINDOW}")
    raise EngineMissing(f"No Chromium was found on this machine. {_ADVICE}")


def _places() -> Iterator[tuple[Path, bool]]:
    """Where engines may be, best first, and whether each can show a window."""
    for place, has_window in _DEBIAN:
        yield Path(place), has_window
    for name, has_window in _ON_PATH:
        if found := shutil.which(name):
            yield Path(found), has_window
    folder = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or "~/.cache/ms-playwright")
    for pattern, has_window in _PLAYWRIGHTS_OWN:
        for unpacked in sorted(folder.expanduser().glob(pattern), reverse=True):
            yield unpacked, has_window


def _ask(path: Path) -> Engine | None:
    """The engine at `path`, or None if nothing there answers `--version` in time."""
    if not os.access(path, os.X_OK):
        return None
    try:
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = _VERSION.search(said)
    return Engine(path=path, name=path.name, version=found.group()) if found else None
