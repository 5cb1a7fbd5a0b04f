"""Which offers are worth comparing: those that have a mark in common. Pure.

Never all pairs: an offer has some 60 marks, and of those that have a mark it is compared with the
first `COMPARED` alone, so that a picture that 10,000 shops show costs 10,000 times 40, not 10,000
times 10,000. Such a product still becomes one group: all are compared with the same first ones.
"""

import hashlib
from collections.abc import Iterator

from app.groups.evidence import ALIKE_BITS
from app.groups.features import Features

COMPARED = 40
"""Of those that have a mark, in the order of their ids."""
BANDS = ALIKE_BITS + 1
"""Of a picture's hash: where at most six bits differ, one of seven bands has none of them."""
HASHES, ROWS = 16, 2
"""Of a title's words: offers whose titles share half of them have a mark in common in 9 of 10
cases, those that share seven tenths in 99 of 100."""
MARK_BITS = 63
"""Both databases keep them as they are."""


def marks_of(features: Features) -> frozenset[int]:
    """The marks of an offer: of its pictures, its codes, its title."""
    return frozenset(_mark(text) for text in _marks(features))


def _marks(features: Features) -> Iterator[str]:
    for code in features.models | features.codes | features.articles:
        yield f"code {code}"
    for picture in features.pictures:
        yield f"picture {picture}"
        # a band has nine bits: without the category each would lead to a 512th of everything
        yield from (f"band {features.category} {place} {bits}" for place, bits in bands(picture))
    yield from (f"title {place} {least}" for place, least in _title_marks(features))


def bands(picture: int) -> Iterator[tuple[int, int]]:
    """(number, bits) of each band of a picture's hash."""
    for place in range(BANDS):
        start, end = place * 64 // BANDS, (place + 1) * 64 // BANDS
        yield place, picture >> start & (1 << end - start) - 1


def _title_marks(features: Features) -> Iterator[tuple[int, str]]:
    """MinHash: for each of some orders of all words, the first that the title has; two a mark."""
    if not features.words:
        return
    digests = [hashlib.blake2b(word.encode(), digest_size=64).digest() for word in features.words]
    size = 64 // HASHES
    least = [min(each[at * size : (at + 1) * size] for each in digests) for at in range(HASHES)]
    for place in range(0, HASHES, ROWS):
        yield place, b"".join(least[place : place + ROWS]).hex()


def _mark(text: str) -> int:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 64 - MARK_BITS
