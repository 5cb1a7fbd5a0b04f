"""The archive's folder: whose file is whose, and what a writer that died left behind.

    pwsync-HOST-PID-START-00001.warc.gz         records, whole gzip members one after the other
    pwsync-HOST-PID-START-00001.warc.gz.open    while it is written: empty, locked by its writer

A process writes only files of its own. Whoever opens a new one looks for marks without a writer and
cuts what a dying machine may have left torn at the end.
"""

import fcntl
import os
import re
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

SUFFIX = ".warc.gz"
OPEN = ".open"
_NAME = re.compile(r"pwsync-(?P<host>[A-Za-z0-9.-]{1,20})-\d+-\d+-\d+\.warc\.gz")
_CHUNK = 1 << 20


def host_name() -> str:
    """This machine, as file names tell it."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:20] or "host"


def host_of(file: str) -> str | None:
    """The machine that wrote a file; None if the name is not one of ours."""
    found = _NAME.fullmatch(file)
    return found["host"] if found else None


def file_name(started: int, number: int) -> str:
    """The name of this process's file of that number; `started` in milliseconds."""
    return f"pwsync-{host_name()}-{os.getpid()}-{started}-{number:05d}{SUFFIX}"


def archived(folder: Path) -> list[Path]:
    """Every file of the archive that lies in the folder, in the order of their names."""
    return [path for path in sorted(folder.glob(f"*{SUFFIX}")) if host_of(path.name)]


def locked(mark: Path) -> int:
    """Take the mark of a new file; the descriptor holds the lock. Raises OSError."""
    held = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return held


def is_being_written(path: Path) -> bool:
    """Whether a live process of this machine writes the file."""
    try:
        held = locked_again(path)
    except FileNotFoundError:
        return False
    if held is None:
        return True
    os.close(held)
    return False


def locked_again(path: Path) -> int | None:
    """Take the mark that a file's writer left; None while that writer lives.

    Raises FileNotFoundError where there is no mark: the file was closed in order.
    """
    held = os.open(f"{path}{OPEN}", os.O_WRONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held


def mend(folder: Path) -> list[tuple[str, int]]:
    """Cut the torn ends of files whose writers died; (name, bytes cut) of each one looked at.

    Only whole records have rows, so nothing that is known is lost.
    """
    return list(_mended(folder))


def _mended(folder: Path) -> Iterator[tuple[str, int]]:
    for mark in sorted(folder.glob(f"*{SUFFIX}{OPEN}")):
        path = mark.with_name(mark.name.removesuffix(OPEN))
        if host_of(path.name) != host_name():
            continue  # a lock does not reach to other machines
        try:
            held = locked_again(path)
        except FileNotFoundError:
            continue  # another process has just mended it
        if held is not None:
            try:
                if path.exists():
                    yield path.name, cut_torn_end(path)
                mark.unlink(missing_ok=True)
            finally:
                os.close(held)


def cut_torn_end(path: Path) -> int:
    """Shorten a file to its last whole record; how many bytes that took off."""
    size, whole = path.stat().st_size, end_of_records(path)
    if whole < size:
        with path.open("r+b") as file:
            file.truncate(whole)
            os.fdatasync(file.fileno())
    return size - whole


def end_of_records(path: Path) -> int:
    """Where the last whole gzip member ends."""
    whole = place = 0
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            place += len(chunk)
            while chunk:
                try:
                    unpacker.decompress(chunk)
                except zlib.error:
                    return whole
                chunk = unpacker.unused_data
                if unpacker.eof:
                    whole = place - len(chunk)
                    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    return whole


def records(path: Path) -> Iterator[tuple[int, int, dict[str, str]]]:
    """(offset, length, fields) of every record in a file, read through, payload digests compared.

    Raises ArchiveLoadFailed where the file is no WARC or a digest is wrong.
    """
    with path.open("rb") as file:
        found = ArchiveIterator(file, check_digests="raise")
        for record in found:
            record.content_stream().read()
            offset = found.get_record_offset()
            fields = {name.lower(): value for name, value in record.rec_headers.headers}
            yield offset, found.get_record_length(), fields


def is_sound(path: Path) -> bool:
    """Whether standard tools can read a file to its end."""
    try:
        for _ in records(path):
            pass
    except ArchiveLoadFailed:
        return False
    return True
