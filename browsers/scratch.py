"""Folders for a browser's temporary files, cleared even after an owner that was killed.

Every process of a launch has the folder in its environment, so it also tells what to kill.
"""

import fcntl
import shutil
import tempfile
from pathlib import Path

from browsers import tree

_PREFIX = "pwsync-browser-"
_OWNER = "owner"


class Scratch:
    """A new folder, held by a lock that the kernel lets go when we die, however we die."""

    def __init__(self, parent: Path | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent)).absolute()
        self._lock = (self.path / _OWNER).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def members(self) -> tuple[tree.Member, ...]:
        """Who was started with this folder for its temporary files."""
        return _members(self.path)

    def remove(self) -> None:
        """Twice is fine."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def sweep(parent: Path | None = None) -> list[Path]:
    """Kill and remove what owners left that died; the folders it was."""
    folder = (parent or Path(tempfile.gettempdir())).absolute()
    return [path for path in folder.glob(f"{_PREFIX}*") if _is_left(path)]


def _is_left(path: Path) -> bool:
    try:
        with (path / _OWNER).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for member in _members(path):
                for relative in tree.family([member]):
                    relative.kill()
            shutil.rmtree(path, ignore_errors=True)
    except OSError:  # in use, another user's, or not yet locked by who makes it
        return False
    return True


def _members(path: Path) -> tuple[tree.Member, ...]:
    return tree.with_environment(f"TMPDIR={path}")
