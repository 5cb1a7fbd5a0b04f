"""How a profile fares at the site: what good pages and blocks make of it. Pure arithmetic.

well ── block ──> resting ── its time is over ──> well        a second block rests longer
  └── a block after the longest rest, or a lost login ──> retired ── a person ──> well
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

GOOD_SPELL = 100
"""Good pages after which one block is forgiven: the level falls, the score is whole again."""
BLOCK_COSTS = 1 / 3
"""Of the score, as in crawlee's session pool: three blocks in a row spend it."""
LOGIN = "login"
"""Begins the reason of a block that asks for a login."""


class State(StrEnum):
    """Whether pages may be asked for as the profile."""

    WELL = "well"
    RESTING = "resting"
    RETIRED = "retired"
    """Waits for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """A profile's row; see `models.ProfileRow`."""

    name: str
    state: State = State.WELL
    level: int = 0
    score: float = 1.0
    good: int = 0
    pages: int = 0
    blocks: int = 0
    rest_until: datetime | None = None
    """When it may ask again; None where it may now, or where a person has to look first."""
    reason: str | None = None
    holder: str | None = None
    held_until: datetime | None = None
    logged_in_as: str | None = None
    logged_in_at: datetime | None = None
    created_at: datetime | None = None
    last_page_at: datetime | None = None

    def holder_at(self, present: datetime) -> str | None:
        """The process that is the profile; one that stopped renewing is it no longer."""
        return self.holder if self.held_until and self.held_until > present else None

    def seen_at(self, present: datetime) -> "Health":
        """The same, well again if its rest is over by then."""
        if self.state is not State.RESTING or (self.rest_until or present) > present:
            return self
        return replace(self, state=State.WELL, rest_until=None, reason=None)


def after_good(health: Health, pages: int, present: datetime) -> Health:
    """So many pages were had; those of one who rests were begun before, and prove nothing."""
    health = replace(health.seen_at(present), pages=health.pages + pages, last_page_at=present)
    if health.state is not State.WELL:
        return health
    good = health.good + pages
    forgiven = good // GOOD_SPELL - health.good // GOOD_SPELL
    return replace(
        health,
        good=good,
        level=max(0, health.level - forgiven),
        score=min(1.0, health.score + pages * BLOCK_COSTS / GOOD_SPELL),
    )


def after_block(
    health: Health, reason: str, rests: Sequence[timedelta], present: datetime
) -> Health:
    """The site refused a page: rest, longer each time; retire after the longest, or a lost login.

    Who rests already is not sent further: a page that was under way has met the same block.
    """
    health = replace(health.seen_at(present), pages=health.pages + 1, last_page_at=present)
    if health.state is not State.WELL:
        return health
    level = health.level + 1
    found = replace(
        health,
        level=min(level, len(rests)),
        score=max(0.0, health.score - BLOCK_COSTS),
        good=0,
        blocks=health.blocks + 1,
        reason=reason,
    )
    is_login_lost = health.logged_in_at is not None and reason.startswith(LOGIN)
    if is_login_lost or level > len(rests):
        return replace(found, state=State.RETIRED, rest_until=None)
    return replace(found, state=State.RESTING, rest_until=present + rests[level - 1])


def after_login(health: Health, account: str, present: datetime) -> Health:
    """A person logged in: as good as new, except for what it has done so far."""
    return replace(
        revived(health), level=0, score=1.0, good=0, logged_in_as=account, logged_in_at=present
    )


def revived(health: Health) -> Health:
    """A person says that the site may be asked again. The level stays: that was no good page."""
    return replace(health, state=State.WELL, rest_until=None, reason=None)
