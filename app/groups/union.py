"""From pairs to groups, without chains that glue different products. Pure.

A is like B and B like C does not make A like C: before two groups become one, the first members of
one are compared with those of the other.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

WITNESSES = 6
"""Members of each side that have to agree; more would cost, and agree just the same."""

Pair = tuple[str, str]
"""Two ids, the smaller first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Offers of one product."""

    members: tuple[str, ...]
    """In the order of their ids; the first names the group."""
    confidence: Mapping[str, float]
    """Of each member: that of the best pair by which it belongs to the others."""

    @property
    def name(self) -> str:
        return self.members[0]


def pair(one: str, other: str) -> Pair:
    """The key of two offers."""
    return (one, other) if int(one) < int(other) else (other, one)


def groups(
    links: Mapping[Pair, float],
    *,
    accepted: Collection[Pair] = (),
    rejected: Collection[Pair] = (),
    alike: Callable[[str, str], float],
    least: float,
) -> list[Group]:
    """Join what belongs together, the surest pairs first; the same links give the same groups.

    Pairs that a person accepted are joined whatever else speaks against it, except another
    person's word: what was rejected never stands in one group. `alike` tells the confidence of two
    offers that have no link; all of `links` are at least `least`.
    """
    joining = _Joining(rejected, alike, least)
    for one, other in sorted(accepted):
        joining.join(one, other, 1.0, witnessed=False)
    for (one, other), confidence in sorted(links.items(), key=lambda each: (-each[1], each[0])):
        joining.join(one, other, confidence, witnessed=True)
    return joining.groups()


class _Joining:
    def __init__(
        self, rejected: Iterable[Pair], alike: Callable[[str, str], float], least: float
    ) -> None:
        self._group: dict[str, list[str]] = {}
        self._best: dict[str, float] = {}
        self._apart: dict[str, set[str]] = {}
        self._alike, self._least = alike, least
        for one, other in rejected:
            self._apart.setdefault(one, set()).add(other)
            self._apart.setdefault(other, set()).add(one)

    def join(self, one: str, other: str, confidence: float, *, witnessed: bool) -> None:
        mine, theirs = (self._group.setdefault(each, [each]) for each in (one, other))
        if mine is not theirs:
            if self._are_apart(mine, theirs) or (witnessed and not self._agree(mine, theirs)):
                return
            larger, smaller = (mine, theirs) if len(mine) >= len(theirs) else (theirs, mine)
            larger += smaller
            self._group |= dict.fromkeys(smaller, larger)
        for each in (one, other):
            self._best[each] = max(confidence, self._best.get(each, 0.0))

    def _are_apart(self, mine: list[str], theirs: list[str]) -> bool:
        fewer, more = sorted((mine, theirs), key=len)
        return any(not self._apart.get(each, set()).isdisjoint(more) for each in fewer)

    def _agree(self, mine: list[str], theirs: list[str]) -> bool:
        return all(
            self._alike(one, other) >= self._least
            for one in mine[:WITNESSES]
            for other in theirs[:WITNESSES]
        )

    def groups(self) -> list[Group]:
        found = {id(members): members for members in self._group.values() if len(members) > 1}
        made = (sorted(members, key=int) for members in found.values())
        ordered = sorted(made, key=lambda members: int(members[0]))
        return [
            Group(members=tuple(members), confidence={each: self._best[each] for each in members})
            for members in ordered
        ]
