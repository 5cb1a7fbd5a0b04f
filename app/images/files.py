"""Where pictures are kept: files named by the sha256 of the original, written before their rows.

`AB/CD/<sha256>.webp` and `AB/CD/<sha256>.thumb.webp` under one folder. Names are computed, nothing
in them comes from an address or a page. A file is there whole or not at all.
"""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = {"webp": ".webp", "jpeg": ".jpg"}
"""How pictures may be kept."""
DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[0-9a-f]{64}(?:\.thumb)?\.(?:webp|jpg)")
_PARTIAL = re.compile(r"\.[0-9a-f]{32}\.tmp")
YOUNG_SECONDS = 3600.0
"""A file that belongs to nothing may be about to, until it is older than this."""
DIRECTORY, FILE = 0o755, 0o644


class ShelfFailed(Exception):
    """Pictures cannot be written here: no space, no right, no folder."""


def place(sha256: str, *, form: str, thumb: bool = False) -> str:
    """The path of a picture within the folder. Raises ValueError for what is no digest."""
    if not DIGEST.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no sha256")
    middle = ".thumb" if thumb else ""
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}{middle}{SUFFIXES[form]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A file of the folder."""

    path: str
    """Within the folder."""
    size: int
    age: float
    """Seconds since it was written."""

    @property
    def sha256(self) -> str:
        """Of the original, as its name says."""
        return Path(self.path).name.partition(".")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """The folder of pictures. It is made when the first one is written."""

    folder: Path

    def put(self, path: str, content: bytes) -> None:
        """Write a file for good: it survives a power cut once this returns. Raises ShelfFailed."""
        try:
            self._put(self.folder / path, content)
        except OSError as error:
            raise ShelfFailed(f"{self.folder}: no picture can be kept: {error.strerror}") from error

    def _put(self, target: Path, content: bytes) -> None:
        _make(self.folder, target.parent)
        partial = target.parent / f".{secrets.token_hex(16)}.tmp"
        try:
            _write(partial, content)
            partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        _sync(target.parent)

    def size(self, path: str) -> int | None:
        """Bytes of a file; None where there is none."""
        try:
            found = (self.folder / path).lstat()
        except OSError:
            return None
        return found.st_size

    def digest(self, path: str) -> str:
        """The sha256 of what stands in a file. Raises OSError."""
        with (self.folder / path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def read(self, path: str) -> bytes:
        """What stands in a file. Raises OSError."""
        return (self.folder / path).read_bytes()

    def drop(self, path: str) -> None:
        """Delete a file; that it is gone already is fine. Raises OSError."""
        (self.folder / path).unlink(missing_ok=True)

    def walk(self) -> Iterator[Kept]:
        """Every picture file, in order; of other files none."""
        return (kept for kept in self._files() if _NAME.fullmatch(Path(kept.path).name))

    def leftovers(self) -> Iterator[Kept]:
        """Files that a killed process began and nobody will finish."""
        for kept in self._files():
            if _PARTIAL.fullmatch(Path(kept.path).name) and kept.age > YOUNG_SECONDS:
                yield kept

    def _files(self) -> Iterator[Kept]:
        for first in _entries(self.folder):
            for second in _entries(first):
                for path in _entries(second):
                    with suppress(OSError):  # somebody else tidies up, too
                        found = path.lstat()
                        name = str(path.relative_to(self.folder))
                        age = time.time() - found.st_mtime
                        yield Kept(path=name, size=found.st_size, age=age)


def _entries(folder: Path) -> list[Path]:
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(folder.iterdir())


def _make(root: Path, folder: Path) -> None:
    if folder.is_dir():
        return
    for each in (root, folder.parent, folder):
        if not each.is_dir():
            each.mkdir(mode=DIRECTORY, parents=True, exist_ok=True)
            each.chmod(DIRECTORY)  # whatever the umask was
            _sync(each.parent)


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, FILE)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, FILE)
        file.write(content)
        file.flush()
        os.fsync(handle)


def _sync(folder: Path) -> None:
    """Make the names in a folder as lasting as the files."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
