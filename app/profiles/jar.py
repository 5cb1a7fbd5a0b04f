"""Where profiles keep their cookies: a file each that nobody else can read, or none is read.

Whoever has such a file is logged in. So files are 0600 in a folder of 0700, links are not
followed, a file that others could have read or written is refused, and a new one replaces the old
in one step: a crash leaves either.
"""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeGuard

from app.profiles.values import GUEST, NAME, ProfileError, ProfileUnknown

LARGEST = 4 << 20
"""Bytes; a browser's cookies of one site have some ten thousand."""
END = ".json"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class CookiesRefused(ProfileError):
    """A file of cookies cannot be used; the sentence says why, and never what is in it."""


class NotLoggedIn(CookiesRefused):
    """The profile has no cookies yet."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"profile {name!r} is not logged in; `pwsync login --profile {name}` does it"
        )


@dataclass(frozen=True, slots=True)
class Jar:
    """The folder of cookies. Contents have Playwright's form (`storage_state`)."""

    folder: Path

    def names(self) -> tuple[str, ...]:
        """Profiles that have cookies, sorted. Nothing is opened."""
        with suppress(FileNotFoundError):
            found = (file.name.removesuffix(END) for file in self.folder.glob(f"*{END}"))
            return tuple(sorted(name for name in found if _is_name(name)))
        return ()

    def written_at(self, name: str) -> datetime | None:
        """When a profile's cookies were written; None if it has none. Raises ProfileUnknown."""
        with suppress(FileNotFoundError):
            return datetime.fromtimestamp(self.path(name).lstat().st_mtime, UTC)
        return None

    def load(self, name: str) -> dict[str, Any]:
        """A profile's cookies. Raises NotLoggedIn, CookiesRefused, ProfileUnknown."""
        path = self.path(name)
        try:
            with self._opened() as folder:
                text = _read(os.open(path.name, _READ, dir_fd=folder), path)
        except FileNotFoundError:
            raise NotLoggedIn(name) from None
        except OSError as error:
            raise CookiesRefused(f"{path} cannot be read: {error.strerror}") from None
        return _storage(text, path)

    def save(self, name: str, storage: dict[str, Any]) -> None:
        """Replace a profile's cookies. Raises CookiesRefused, ProfileUnknown."""
        path = self.path(name)
        text = json.dumps(storage, ensure_ascii=False).encode()
        _storage(text, path)
        partial = f".{path.name}.{os.getpid()}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._opened() as folder:
                with suppress(FileNotFoundError):  # of a process that died and had our number
                    os.unlink(partial, dir_fd=folder)
                _write(os.open(partial, _NEW, 0o600, dir_fd=folder), text)
                os.replace(partial, path.name, src_dir_fd=folder, dst_dir_fd=folder)
                os.fsync(folder)
        except OSError as error:
            raise CookiesRefused(f"{path} cannot be written: {error.strerror}") from None

    def remove(self, name: str) -> bool:
        """Forget a profile's cookies, and what a killed process left of them. False if none."""
        path = self.path(name)
        found = [path, *self.folder.glob(f".{path.name}.*.tmp")]
        gone = [file for file in found if _unlinked(file)]
        return bool(gone)

    def path(self, name: str) -> Path:
        """The file of a profile. Raises ProfileUnknown for what is no name, and for `guest`."""
        if not _is_name(name):
            raise ProfileUnknown(name)
        return self.folder / f"{name}{END}"

    @contextmanager
    def _opened(self) -> Iterator[int]:
        """The folder, if it is ours alone. Raises CookiesRefused, OSError."""
        folder = os.open(self.folder, _FOLDER)
        try:
            _check(os.fstat(folder), self.folder, mode="700")
            yield folder
        finally:
            os.close(folder)


def _is_name(name: str) -> bool:
    return name != GUEST and NAME.fullmatch(name) is not None


def _check(found: os.stat_result, path: Path, *, mode: str) -> None:
    if found.st_uid != os.geteuid():
        raise CookiesRefused(f"{path} belongs to another user; remove it, or set another data_dir")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise CookiesRefused(
            f"{path} may have been read or changed by other users; if you trust it: "
            f"chmod {mode} {path}"
        )


def _read(file: int, path: Path) -> bytes:
    with os.fdopen(file, "rb") as opened:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise CookiesRefused(f"{path} is no file; remove it and log in again")
        _check(found, path, mode="600")
        return opened.read(LARGEST + 1)


def _write(file: int, text: bytes) -> None:
    with os.fdopen(file, "wb") as opened:
        os.fchmod(file, 0o600)  # whatever the umask is
        opened.write(text)
        opened.flush()
        os.fsync(file)


def _unlinked(file: Path) -> bool:
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    return True


def _storage(text: bytes, path: Path) -> dict[str, Any]:
    """What a file says, if it is what Playwright takes. Raises CookiesRefused."""
    try:
        found = json.loads(text) if len(text) <= LARGEST else None
    except ValueError:
        found = None
    if not is_storage(found):
        raise CookiesRefused(f"{path} holds no cookies; remove it and log in again")
    return found


def is_storage(found: Any) -> TypeGuard[dict[str, Any]]:
    """Whether it is a `storage_state`: cookies with names, values and domains, and origins."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("cookies"), list)
        and isinstance(found.get("origins", []), list)
        and all(_is_cookie(cookie) for cookie in found["cookies"])
    )


def _is_cookie(found: Any) -> bool:
    return isinstance(found, dict) and all(
        isinstance(found.get(key), str) for key in ("name", "value", "domain", "path")
    )
