"""How pages come to differ from what they were: a key of their state renamed, a number rescaled.

What 1688 does without notice. The offers stay as they are; only their pages tell it otherwise.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.replica.cases import Era


class BadDrift(ValueError):
    """A drift that cannot be read; the message says what was expected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """One change of pages, from the moment it is put in force."""

    eras: tuple[Era, ...] = tuple(Era)
    rename: tuple[str, str] | None = None
    """Key of a state, and what it is called from now on."""
    scale: tuple[str, int] | None = None
    """Key of numbers, and by what they are multiplied; they lose their fraction."""

    def apply(self, document: bytes, era: Era) -> bytes:
        """The page as it is now."""
        if era not in self.eras:
            return document
        if self.rename:
            old, new = (name.encode() for name in self.rename)
            document = re.sub(rb'"%s"(\s*:)' % re.escape(old), rb'"%s"\1' % new, document)
        if self.scale:
            document = _scaled(document, *self.scale)
        return document


def _scaled(document: bytes, key: str, factor: int) -> bytes:
    number = rb'("%s"\s*:\s*"?)(\d+(?:\.\d+)?)' % re.escape(key.encode())

    def times(found: "re.Match[bytes]") -> bytes:
        product = Decimal(found[2].decode()) * factor
        return found[1] + str(int(product)).encode()

    return re.sub(number, times, document)


def read(query: Mapping[str, str]) -> Drift | None:
    """The drift of a control request; None ends what is in force. Raises BadDrift.

    `rename=OLD:NEW` or `scale=KEY:FACTOR`, with `era=ERA` where it is of one era only.
    """
    told = query.get("rename", ""), query.get("scale", "")
    if not any(told):
        return None
    renamed, scaled = (_pair(text) for text in told)
    eras = (_era(query["era"]),) if query.get("era") else tuple(Era)
    if scaled and not scaled[1].isdigit():
        raise BadDrift(f"scale={':'.join(scaled)}: the factor is a whole number")
    scale = (scaled[0], int(scaled[1])) if scaled else None
    return Drift(eras=eras, rename=renamed, scale=scale)


def _pair(text: str) -> tuple[str, str] | None:
    first, _, second = text.partition(":")
    if text and not (re.fullmatch(r"\w+", first) and re.fullmatch(r"\w+", second)):
        raise BadDrift(f"{text}: write OLD:NEW or KEY:FACTOR")
    return (first, second) if text else None


def _era(name: str) -> Era:
    if name not in set(Era):
        raise BadDrift(f"no era is called {name}; there are: {', '.join(Era)}")
    return Era(name)


def applied(drifts: Sequence[Drift], document: bytes, era: Era) -> bytes:
    """The page after all of them."""
    for drift in drifts:
        document = drift.apply(document, era)
    return document
