"""Do the files hold what the rows say: there, of that size, with those bytes. Only reads."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine, func, select

from app.images.files import Shelf
from app.images.holdings import page_of
from app.images.rows import IMAGE, Known
from app.store.engine import consult

PAGE = 500
_SUBSET = re.compile(r"([0-9]{1,6})/([0-9]{1,6})")


class SubsetWrong(ValueError):
    """What was given names no part of a whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Flaw:
    """A file that is not as its row says."""

    sha256: str
    path: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: wanted {self.wanted}, found {self.found}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subset:
    """The n-th of t parts of all pictures; every picture is in exactly one of them."""

    n: int = 1
    t: int = 1

    @classmethod
    def read(cls, text: str) -> "Subset":
        """`2/7`. Raises SubsetWrong."""
        found = _SUBSET.fullmatch(text)
        n, t = (int(found[1]), int(found[2])) if found else (0, 0)
        if not 1 <= n <= t:
            raise SubsetWrong(f"{text} is no part of a whole; write 1/7 … 7/7 for a seventh each")
        return cls(n=n, t=t)

    def holds(self, sha256: str) -> bool:
        """Whether a picture is in this part."""
        return int(sha256[:12], 16) % self.t == self.n - 1


def count(engine: Engine) -> int:
    """How many pictures there are. Raises DatabaseUnavailable."""
    query = select(func.count()).select_from(IMAGE)
    return consult(engine, lambda conn: conn.scalar(query) or 0)


def flaws(
    engine: Engine,
    shelf: Shelf,
    *,
    hashes: bool,
    subset: Subset | None = None,
    looked: Callable[[int], None] = lambda _: None,
) -> Iterator[Flaw]:
    """Every file that is not as its row says; with `hashes` each is read whole.

    `looked` hears of each handful of pictures. Raises DatabaseUnavailable.
    """
    part, last = subset or Subset(), ""
    while page := consult(engine, partial(_page, after=last)):
        for picture in page:
            if part.holds(picture.sha256):
                yield from of_picture(shelf, picture, hashes=hashes)
        last = page[-1].sha256
        looked(len(page))


def _page(conn: Connection, after: str) -> list[Known]:
    return page_of(conn, after, PAGE)


def of_picture(shelf: Shelf, picture: Known, *, hashes: bool) -> Iterator[Flaw]:
    """What is wrong with the files of one picture."""
    for path, size, digest in picture.files():
        found = shelf.size(path)
        wrong = _wrong(shelf, path, digest) if hashes and found == size else None
        if found is None:
            yield Flaw(sha256=picture.sha256, path=path, wanted="a file", found="none")
        elif found != size:
            yield Flaw(
                sha256=picture.sha256, path=path, wanted=f"{size:,} bytes", found=f"{found:,} bytes"
            )
        elif wrong:
            yield Flaw(sha256=picture.sha256, path=path, wanted=f"sha256 {digest}", found=wrong)


def _wrong(shelf: Shelf, path: str, digest: str) -> str | None:
    try:
        found = shelf.digest(path)
    except OSError as error:
        return error.strerror or "an unreadable file"
    return None if found == digest else f"sha256 {found}"
