"""Which offers the lists of the local 1688 hold: searches, categories and shops, in their order.

Pure; an offer is named by its index in the catalog.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.replica.offers import SHOPS, product_of, shop_number, supplier
from app.replica.values import Supplier

MOST = 2000
"""The site shows no more results of a search (site/lists-shops-blocks-login.md §0)."""
SEARCH_PAGE = 60
SHOP_PAGE = 30
ADS = 6
"""On a page of a search, besides its results."""
NOTHING = "查无此物"
"""A keyword that finds nothing."""


@dataclass(kw_only=True, slots=True)
class Lists:
    """The lists over a catalog."""

    seed: int
    offers: int
    finds: int = MOST
    """How many offers a keyword finds, as far as the catalog has them."""
    large_shop: int = 0
    _kept: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)

    def found(self, kind: str, value: str) -> tuple[int, ...]:
        """The offers of a list: `keyword`, `category`, or `shop` by host, its first word or member id."""
        key = (kind, value)
        if key not in self._kept:
            if len(self._kept) >= 64:  # noqa: PLR2004 - a few tests' worth
                self._kept.clear()
            self._kept[key] = tuple(KINDS[kind](self, value))
        return self._kept[key]

    def by_keyword(self, keyword: str) -> Sequence[int]:
        if not keyword or keyword == NOTHING:
            return ()
        rng = random.Random(f"{self.seed}:search:{keyword}")
        return rng.sample(range(self.offers), min(self.offers, self.finds, MOST))

    def by_category(self, category: str) -> Sequence[int]:
        within = [
            index
            for index in range(self.offers)
            if category in {str(number) for number, _ in product_of(self.seed, index).category}
        ]
        return within[:MOST]

    def of_shop(self, named: str) -> Sequence[int]:
        number = self.shop_named(named)
        if number is None:
            return ()
        return [
            index for index in range(self.offers) if shop_number(index, self.large_shop) == number
        ]

    def shop_named(self, named: str) -> int | None:
        """The number of a shop, by its host, the host's first word, or its owner's member id."""
        for number in range(SHOPS):
            owner = self.owner(number)
            if named in (owner.member_id, owner.shop, owner.shop.partition(".")[0]):
                return number
        return None

    def owner(self, number: int) -> Supplier:
        return supplier(self.seed, number)

    # Pages

    def page(self, kind: str, value: str, number: int, *, afresh: bool = False) -> tuple[int, ...]:
        """A page of a search. `afresh`: as for a visitor who did not come from the page before,
        who sees mostly what he has seen there (§0.4)."""
        all_of_it = self.found(kind, value)
        own = all_of_it[(number - 1) * SEARCH_PAGE : number * SEARCH_PAGE]
        if not afresh or number == 1:
            return own
        before = all_of_it[(number - 2) * SEARCH_PAGE : (number - 1) * SEARCH_PAGE]
        return tuple(
            before[place] if place % 4 and place < len(before) else one
            for place, one in enumerate(own)
        )

    def ads(self, kind: str, value: str, number: int) -> tuple[int, ...]:
        """The advertised offers of a page, which the search may have found, too."""
        if not self.found(kind, value):
            return ()
        rng = random.Random(f"{self.seed}:ads:{kind}:{value}:{number}")
        return tuple(rng.sample(range(self.offers), min(self.offers, ADS)))


KINDS: dict[str, Callable[[Lists, str], Sequence[int]]] = {
    "keyword": Lists.by_keyword,
    "category": Lists.by_category,
    "shop": Lists.of_shop,
}
