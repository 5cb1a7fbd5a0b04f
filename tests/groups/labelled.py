"""The labelled set: offers of the local 1688 that several suppliers sell, and how well they are found."""

import hashlib
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import combinations
from urllib.parse import urlsplit

from PIL import Image
from sqlalchemy import Connection, Engine, insert

from app.groups.features import Features, features_of
from app.images import picture as making
from app.images.plan import key_of as url_key_of
from app.images.rows import IMAGE, SOURCE, USE
from app.items import OfferItem
from app.replica.expected import expected
from app.replica.offers import offer, offer_id
from app.replica.pictures import picture
from app.replica.twins import dressed, labels
from app.store.engine import transact
from app.store.offers import Observation, save
from app.store.suppliers import key_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PORTION = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How well pairs of one product were found."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.4f}, recall {self.recall:.4f} "
            f"({self.right:,} right, {self.wrong:,} wrong, {self.missed:,} missed)"
        )


def items(count: int, *, seed: int = 5) -> Iterator[OfferItem]:
    """Those of the first `count` offers that are there."""
    for index in range(count):
        told = expected(dressed(offer(seed, index)))
        if "error" not in told:
            yield OfferItem.model_validate(told | {"provenance": {}})


def truth(count: int, *, seed: int = 5) -> list[dict]:
    return labels(seed, [offer_id(seed, index) for index in range(count)])


def score(groups: Iterable[Iterable[str]], products: list[dict], there: set[str]) -> Score:
    """Pairwise: of two offers in one group, whether they are one product, and the other way round."""
    found = {pair for group in groups for pair in combinations(sorted(group), 2)}
    true = {
        pair
        for product in products
        for pair in combinations(sorted(there.intersection(product["offer_ids"])), 2)
    }
    return Score(right=len(found & true), wrong=len(found - true), missed=len(true - found))


def dhash(url: str) -> int:
    """As `app.images` makes it of the picture at an address."""
    path = urlsplit(url).path
    return _dhash(re.sub(r"(O1CN01T\d{11})[012]\d{3}Wn_!!\d+", r"\g<1>0000Wn_!!0", path))


@lru_cache(maxsize=100_000)
def _dhash(path: str) -> int:
    with Image.open(io.BytesIO(picture.__wrapped__(path))) as image:
        image.draft("RGB", (making.THUMB, making.THUMB))
        return making._dhash(making._within(image.convert("RGB"), making.THUMB))


def features(item: OfferItem) -> Features:
    return features_of(
        offer_id=item.offer_id,
        title=item.title,
        supplier=key_of(item.supplier),
        category=item.category.leaf_id if item.category else None,
        attributes=[(each.name, each.values) for each in item.attributes],
        pictures=[dhash(url) for url in item.images],
    )


def store(engine: Engine, told: Iterable[OfferItem], *, pictures: bool = True) -> list[str]:
    """Save offers as a sync and a fetch of pictures would leave them; their ids."""
    kept = list(told)
    for start in range(0, len(kept), PORTION):
        some = kept[start : start + PORTION]
        hashes = {url: dhash(url) for item in some for url in item.images} if pictures else {}
        transact(engine, partial(_store, some=some, hashes=hashes))
    return [item.offer_id for item in kept]


def _store(conn: Connection, *, some: list[OfferItem], hashes: dict[str, int]) -> None:
    for item in some:
        save(conn, item, Observation(run_id=1, token=1, observed_at=NOON))
        for place, url in enumerate(item.images if hashes else ()):
            put_picture(conn, item.offer_id, place, url, hashes[url])


def put_picture(conn: Connection, offer_id: str, place: int, url: str, bits: int) -> None:
    """An offer's picture as a fetch leaves it, without its file."""
    sha256, key = hashlib.sha256(url.encode()).hexdigest(), url_key_of(url)
    file = {"format": "jpeg", "bytes": 1, "width": 1, "height": 1, "file": sha256, "thumb": sha256}
    sizes = {"file_bytes": 1, "file_sha256": sha256, "thumb_bytes": 1, "thumb_sha256": sha256}
    own = {"sha256": sha256, "dhash": bits, "fetched_at": NOON}
    conn.execute(insert(IMAGE), own | file | sizes)
    source = {"url_key": key, "url": url, "kind": "picture", "profile": "guest", "tries": 1}
    source |= {"state": "fetched", "sha256": sha256, "not_before": NOON, "seen_at": NOON}
    source |= {"fetched_at": NOON, "found": None, "failure": None, "detail": None}
    conn.execute(insert(SOURCE), source)
    use = {"offer_id": offer_id, "url_key": key, "role": "gallery", "position": place}
    conn.execute(insert(USE), use)
