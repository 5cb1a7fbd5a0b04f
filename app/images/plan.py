"""Which addresses an offer's pictures have, and which of them are worth asking for. Pure.

An address is asked for once, whatever comes of it; size suffixes were removed when it was read, so
one picture has one address. What is no https address of the image hosts is never asked for.
"""

import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from app.items import OfferItem
from app.refs import read_address

PER_OFFER = 400
"""Addresses of one offer that are looked at: the largest offers seen have about 150."""


class Kind(StrEnum):
    """What stands at an address."""

    PICTURE = "picture"
    SCRIPT = "script"
    """The description script, whose HTML names more pictures."""


class Role(StrEnum):
    """What an offer shows an address as; in the order in which they are fetched."""

    GALLERY = "gallery"
    SKU = "sku"
    SCRIPT = "script"
    DESCRIPTION = "description"


_HOSTS = {
    Kind.PICTURE: re.compile(r"(?:[a-z0-9-]+\.)+alicdn\.com"),
    Kind.SCRIPT: re.compile(r"itemcdn\.tmall\.com|(?:[a-z0-9-]+\.)+alicdn\.com"),
}
"""Hosts that are asked, whatever a page says (site/offer-pages.md §1.5, §4)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """The addresses that an offer shows, in page order."""

    offer_id: str
    gallery: Sequence[str] = ()
    skus: Sequence[str] = ()
    description: Sequence[str] | None = None
    """None: the description was not fetched yet."""
    script: str | None = None
    """Where the description is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One address of an offer."""

    url: str
    role: Role
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", key_of(self.url))

    @property
    def kind(self) -> Kind:
        return Kind.SCRIPT if self.role is Role.SCRIPT else Kind.PICTURE

    @property
    def is_allowed(self) -> bool:
        """Whether it may be asked for."""
        return may_ask(self.kind, self.url)


def key_of(url: str) -> str:
    """The key of an address: the sha256 of it, which fits an index where the address does not."""
    return hashlib.sha256(url.encode()).hexdigest()


def may_ask(kind: Kind, url: str) -> bool:
    """Whether the address is https, on its port, without userinfo, on a host of that kind."""
    address = read_address(url) if url.startswith("https://") else None
    return address is not None and _HOSTS[kind].fullmatch(address.host) is not None


def shown_of(item: OfferItem) -> Shown:
    """The addresses of an item."""
    axes = [value.image_url for axis in item.sku_axes for value in axis.values]
    own = [sku.image_url for sku in item.skus]
    return Shown(
        offer_id=item.offer_id,
        gallery=item.images,
        skus=[url for url in (*axes, *own) if url],
        description=item.description_images,
        script=item.description_url,
    )


def wanted_of(shown: Shown) -> list[Wanted]:
    """Every address of an offer once, as what it is shown first; the description's script, too."""
    found: dict[str, Wanted] = {}
    for role, url in _addresses(shown):
        if len(found) < PER_OFFER:
            found.setdefault(url, Wanted(url=url, role=role))
    return list(found.values())


def to_fetch(shown: Shown, known: Collection[str]) -> list[Wanted]:
    """What of an offer is to be asked for, given the addresses that are known already."""
    return [one for one in wanted_of(shown) if one.url not in known and one.is_allowed]


def _addresses(shown: Shown) -> Iterator[tuple[Role, str]]:
    yield from ((Role.GALLERY, url) for url in shown.gallery)
    yield from ((Role.SKU, url) for url in shown.skus)
    if shown.script:
        yield Role.SCRIPT, shown.script
    yield from ((Role.DESCRIPTION, url) for url in shown.description or ())
