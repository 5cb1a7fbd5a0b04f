"""Pictures in all forms, and a studio to develop them in."""

import io
import random
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from app.images.fetch import Fetcher
from app.images.files import Shelf
from app.images.studio import Studio
from app.images.ways import Way
from app.images.work import Means
from app.replica.serve import Replica, running


def encoded(image: Image.Image, form: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def photo(seed: int = 1, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Coarse noise: no two seeds look alike."""
    rng = random.Random(seed)
    small = Image.frombytes("RGB", (8, 6), rng.randbytes(8 * 6 * 3))
    return small.resize(size, Image.Resampling.BICUBIC)


def way_to(site: Replica) -> Way:
    host, _, port = site.address.partition(":")
    return Way(replica=(host, int(port)))


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    async with Studio(benches=1) as found:
        yield found


@pytest.fixture(scope="session")
def gallery() -> Iterator[Replica]:
    """A local 1688 with few offers and sound pictures."""
    with running(offers=3, seed=5, padded=False) as site:
        yield site


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(folder=tmp_path / "images")


@pytest.fixture
async def means(engine, shelf):
    """Makes what pictures are fetched with, of a site."""
    with ThreadPoolExecutor(2) as books:
        async with Studio(benches=2) as developing:

            def of(site: Replica, **changes) -> Means:
                def open_fetcher(_: str) -> Fetcher:
                    return Fetcher(way_to(site), user_agent="Mozilla/5.0 test")

                told = {"open_fetcher": open_fetcher} | changes
                return Means(engine=engine, shelf=shelf, studio=developing, books=books, **told)

            yield of


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as books:
        yield books
