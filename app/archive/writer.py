"""One process's files of the archive: records appended, synced aside, turned when full or old.

A record is one write of one gzip member. Its row may be committed once `safe` is done: then it is
on the disk, whatever happens to the machine. One sync serves all records written before it.
"""

import errno
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from app.archive import files
from app.archive.values import ArchiveUnwritable, Place
from app.archive.warc import info_member

FILE_MB = 64
FILE_SECONDS = 24 * 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Open:
    """The file that is being written."""

    name: str
    path: Path
    descriptor: int
    mark: int
    begun: float


class Writer:
    """Appends to files of its own. Safe from several threads; opens nothing before it is needed.

    `turned` is called, outside the lock, after a new file was begun.
    """

    def __init__(
        self,
        folder: Path,
        *,
        file_bytes: int = FILE_MB << 20,
        file_seconds: float = FILE_SECONDS,
        turned: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder = folder
        self._file_bytes = file_bytes
        self._file_seconds = file_seconds
        self._turned = turned
        self._started = time.time_ns() // 1_000_000
        self._number = 0
        self._open: _Open | None = None
        self._size = 0
        self._writing = threading.Lock()
        self._syncer = ThreadPoolExecutor(1, thread_name_prefix="archive-sync")
        self._written = 0
        self._synced = 0

    def append(self, member: bytes) -> "tuple[Place, Future[None]]":
        """Write a record; where it lies, and when it is on the disk. Raises ArchiveUnwritable.

        The future raises ArchiveUnwritable if the disk did not take it.
        """
        try:
            with self._writing:
                is_new = self._turn()
                place = self._append(member)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        if is_new:
            self._turned()
        return place, self._syncer.submit(self._sync, self._written)

    def _turn(self) -> bool:
        """Have a file open that may grow; whether it is a new one."""
        current = self._open
        if current is not None:
            is_old = time.monotonic() - current.begun > self._file_seconds
            if self._size < self._file_bytes and not is_old:
                return False
            self._close()
        self._begin()
        return True

    def _begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.mend(self.folder)
        self._number += 1
        name = files.file_name(self._started, self._number)
        path = self.folder / name
        mark = files.locked(path.with_name(f"{name}{files.OPEN}"))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open(path, flags, 0o600)
        self._size = 0
        self._open = _Open(
            name=name, path=path, descriptor=descriptor, mark=mark, begun=time.monotonic()
        )
        self._append(info_member(name, f"pwsync {version('pwsync')}"))
        _sync_folder(self.folder)

    def _append(self, member: bytes) -> Place:
        assert self._open is not None
        offset = self._size
        written = os.write(self._open.descriptor, member)
        if written != len(member):
            os.ftruncate(self._open.descriptor, offset)
            raise OSError(errno.ENOSPC, "no space left")
        self._size += written
        self._written += 1
        return Place(file=self._open.name, offset=offset, length=written)

    def _sync(self, wanted: int) -> None:
        """Make sure that so many records are on the disk; most find it done by the one before."""
        if self._synced >= wanted:
            return
        with self._writing:
            if self._open is None:
                return  # closing has synced it
            # a duplicate: appending goes on while the disk works, and may turn the file
            descriptor, written = os.dup(self._open.descriptor), self._written
        try:
            os.fdatasync(descriptor)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        finally:
            os.close(descriptor)
        self._synced = max(self._synced, written)

    def _close(self) -> None:
        """Close the current file in order: synced, its mark removed."""
        current, self._open = self._open, None
        if current is None:
            return
        try:
            os.fdatasync(current.descriptor)
            self._synced = self._written
        finally:
            os.close(current.descriptor)
        current.path.with_name(f"{current.name}{files.OPEN}").unlink(missing_ok=True)
        os.close(current.mark)

    def close(self) -> None:
        """Close the file; twice is fine. Raises ArchiveUnwritable."""
        self._syncer.shutdown()
        try:
            with self._writing:
                self._close()
        except OSError as error:
            raise _unwritable(self.folder, error) from error


def _sync_folder(folder: Path) -> None:
    """The new name itself has to outlast the machine."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(folder: Path, error: OSError) -> ArchiveUnwritable:
    return ArchiveUnwritable(f"archive {folder}: {error.strerror or error}")
