"""The processes of a soak by what they are to it: this one, drivers, browsers, their renderers.

Weighed from /proc; children that nobody reaps and browsers that nobody holds are found here, too.
"""

import os
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from app.soak.cpu import Foreign
from browsers import tree
from browsers.tree import Member

MARK = "SOAK_MARK"
"""Variable in the environment of everything that a soak starts."""
GRACE_SECONDS = 5.0
"""How long the dead may wait to be reaped, and those without a parent to end."""
KIB_PER_MIB = 1024


class Role(StrEnum):
    PYTHON = "python"
    DRIVER = "driver"
    """Playwright's node process, one a browser."""
    BROWSER = "browser"
    """Chromium's own process with those for network, storage and drawing."""
    RENDERERS = "renderers"
    OTHERS = "others"


def role_of(command: str) -> Role:
    """What a process is, by its command line."""
    if command.endswith(" run-driver"):
        return Role.DRIVER
    if "--type=renderer" in command:
        return Role.RENDERERS
    if "--type=" in command or "--remote-debugging-pipe" in command:
        return Role.BROWSER
    return Role.OTHERS


@dataclass(frozen=True, kw_only=True, slots=True)
class Weight:
    """How many there are and what they weigh at one moment."""

    pss: dict[str, float]
    """MiB by role, with `total`."""
    members: dict[str, int]
    """By role."""
    drivers: dict[str, float]
    """MiB of each driver, by a name that no other ever has."""
    children: int
    zombies: int
    """Dead for longer than the grace."""
    orphans: int
    """Started by us, no longer below us, and alive for longer than the grace."""
    foreign_cpu: float | None
    """Share of the processors that others used since the last time."""


@dataclass(kw_only=True)
class Kin:
    """Weighs this process and what it has started; `mark` is the value of `MARK`."""

    mark: str
    aside: Collection[int] = ()
    """Process ids of those that only help to soak (the local 1688)."""
    _foreign: Foreign = field(default_factory=Foreign)
    _seen: dict[Member, float] = field(default_factory=dict)
    """Zombies and orphans, and when each was first met."""
    _before: frozenset[Member] = frozenset()
    """What this process had started before; it is not the soak's."""

    def __post_init__(self) -> None:
        self._before = frozenset(self._members()) - {tree.census()[os.getpid()]}

    def weigh(self) -> Weight:
        """Look at all of them; some milliseconds a browser."""
        members = self._members()
        zombies, orphans = self._zombies(members), self._orphans(members)
        present = time.monotonic()
        met = {one: self._seen.get(one, present) for one in (*zombies, *orphans)}
        self._seen = met
        late = {one for one, since in met.items() if present - since > GRACE_SECONDS}
        return _weight(
            members,
            zombies=len(late & zombies),
            orphans=len(late & orphans),
            foreign_cpu=self._foreign.look([*(one.pid for one in members), *self.aside]),
        )

    def _orphans(self, members: Collection[Member]) -> set[Member]:
        """What was started with our mark and is not below us any more."""
        below = set(members)
        marked = tree.with_environment(f"{MARK}={self.mark}")
        return {one for one in marked if one not in below and one.pid not in self.aside}

    def left(self) -> int:
        """Programs that there are besides this one: below us, or lost."""
        members = self._members()
        return len(members) - 1 + len(self._orphans(members))

    def _members(self) -> tuple[Member, ...]:
        found = tree.family([tree.census()[os.getpid()]])
        others = (one for one in found if one.pid not in self.aside)
        return tuple(one for one in others if one not in self._before)

    @staticmethod
    def _zombies(members: Collection[Member]) -> set[Member]:
        parents = {one.pid for one in members}
        return {one for one in tree.zombies() if one.parent in parents}


def _weight(
    members: Collection[Member], *, zombies: int, orphans: int, foreign_cpu: float | None
) -> Weight:
    pss = {str(role): 0.0 for role in Role}
    number: Counter[str] = Counter()
    drivers = {}
    for one in members:
        role = Role.PYTHON if one.pid == os.getpid() else role_of(one.command())
        weight = one.pss_kib() / KIB_PER_MIB
        pss[role] += weight
        number[role] += 1
        if role is Role.DRIVER:
            drivers[f"{one.pid}:{one.born}"] = round(weight, 2)
    rounded = {role: round(weight, 2) for role, weight in pss.items()}
    return Weight(
        pss=rounded | {"total": round(sum(pss.values()), 2)},
        members={str(role): number[role] for role in Role},
        drivers=drivers,
        children=len(members) - 1 + zombies,
        zombies=zombies,
        orphans=orphans,
        foreign_cpu=foreign_cpu,
    )
