"""Where a soak lies: its folder, and one for the temporary files of everything that it starts."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.soak.kin import MARK


class PlaceTaken(Exception):
    """There is something in the folder already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where things lie."""

    folder: Path
    scratch: Path
    """Of temporary files; a short path, for the sake of sockets."""

    @property
    def kept(self) -> Path:
        """Database, archive, logs, journal: what a run leaves on purpose."""
        return self.folder / "data"

    @property
    def journal(self) -> Path:
        return self.kept / "journal"

    @property
    def samples(self) -> Path:
        return self.folder / "samples.jsonl"


@contextmanager
def workplace(folder: Path | None) -> Iterator[Place]:
    """A new or empty folder, which stays, and one of temporary files. Raises PlaceTaken."""
    place = folder or Path(f"soak-{time.strftime('%Y%m%d-%H%M%S')}")
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise PlaceTaken(f"{place} is not empty; name a new folder with --folder")
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pwsync-soak-") as scratch:
        yield Place(folder=place.absolute(), scratch=Path(scratch))


@contextmanager
def marked(scratch: Path) -> Iterator[str]:
    """What is started in here is known by its environment; its temporary files lie together."""
    own = {MARK: scratch.name, "TMPDIR": str(scratch)}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    tempfile.tempdir = None
    try:
        yield scratch.name
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})
        tempfile.tempdir = None
