"""Where an export goes: a file that is there whole or not at all, or a pipe.

What is in the making has a name of its own beside the file, `.NAME.RANDOM.part`, and a folder for
scratch that goes with it.
"""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.export.values import ExportError, Sink

PIPE = "-"
CHUNK = 1 << 20


@contextmanager
def opened(target: str, *, overwrite: bool, needs_file: bool) -> Iterator[Sink]:
    """A sink for the target; finished when the block ends well, and gone if it does not.

    Raises ExportError if the target cannot be written, or is there and may not be overwritten.
    """
    with tempfile.TemporaryDirectory(prefix="pwsync-export-") as scratch:
        if target == PIPE:
            yield from _pipe(Path(scratch), needs_file=needs_file)
        else:
            yield from _file(Path(target), Path(scratch), overwrite=overwrite)


def _pipe(scratch: Path, *, needs_file: bool) -> Iterator[Sink]:
    out = sys.stdout.buffer
    if not needs_file:
        yield Sink(file=_Unclosable(out), is_file=False, scratch=scratch)  # type: ignore[arg-type]
        out.flush()
        return
    with (scratch / "whole").open("w+b") as file:
        yield Sink(file=file, is_file=True, scratch=scratch)
        file.seek(0)
        shutil.copyfileobj(file, out, CHUNK)
    out.flush()


class _Unclosable:
    """Standard output, which a writer may flush but not close."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._at = 0
        self.closed = False

    def write(self, data: bytes) -> int:
        written = self._out.write(data)
        self._at += written
        return written

    def writelines(self, parts: Iterator[bytes]) -> None:
        for part in parts:
            self.write(part)

    def flush(self) -> None:
        self._out.flush()

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def close(self) -> None:
        self.flush()


def _file(path: Path, scratch: Path, *, overwrite: bool) -> Iterator[Sink]:
    refuse(path, overwrite=overwrite)
    partial = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
    try:
        file = partial.open("xb")
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror}") from error
    try:
        with file:
            yield Sink(file=file, is_file=True, scratch=scratch)
            file.flush()
            os.fsync(file.fileno())
        refuse(path, overwrite=overwrite)
        partial.replace(path)
    except OSError as error:
        raise ExportError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def refuse(path: Path, *, overwrite: bool) -> None:
    """Raise ExportError if a file must not be written: it is there, or its folder is not."""
    if path.is_dir():
        raise ExportError(f"{path} is a folder; name a file in it")
    if path.exists() and not overwrite:
        raise ExportError(f"{path} is there already; --force overwrites it")
    if not path.parent.is_dir():
        raise ExportError(f"{path.parent} is no folder; make it first")
