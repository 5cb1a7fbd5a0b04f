"""Do the files hold what the rows say: rule I11 of the audit. Only reads."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine, func, select

from app.archive.checking import Share
from app.images.files import Shelf
from app.images.holdings import page_of
from app.images.rows import IMAGE, Known
from app.store.engine import consult

PAGE = 500
SENTENCE = "a picture's row has its files, as they were written"


@dataclass(frozen=True, kw_only=True, slots=True)
class Flaw:
    """A file that is not as its row says."""

    sha256: str
    path: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"I11 {self.path}: {SENTENCE}; wanted {self.wanted}, found {self.found}"


def count(engine: Engine) -> int:
    """How many pictures there are. Raises DatabaseUnavailable."""
    query = select(func.count()).select_from(IMAGE)
    return consult(engine, lambda conn: conn.scalar(query) or 0)


def flaws(
    engine: Engine,
    shelf: Shelf,
    *,
    hashes: bool,
    share: Share | None = None,
    looked: Callable[[int], None] = lambda _: None,
) -> Iterator[Flaw]:
    """Every file that is not as its row says; with `hashes` each is read whole.

    `looked` hears of each handful of pictures. Raises DatabaseUnavailable.
    """
    part, last = share or Share(), ""
    while page := consult(engine, partial(_page, after=last)):
        for picture in page:
            if int(picture.sha256[:12], 16) % part.parts == part.number - 1:
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
