"""Words of the books (CONTRACT §2) and the settlements: what a try has come to. Pure.

A settlement says what happened; `rule()` says what the ledger writes for it. Which error leads to
which settlement is in `consequences.py`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from app.store.text import storable

QUEUED, LEASED = "queued", "leased"


class ItemKind(StrEnum):
    """What an item of a run stands for."""

    OFFER = "offer"
    LIST = "list"
    """One page of the list in which the run finds its offers."""


def name_of(kind: str, key: str) -> str:
    """How screens name an item: an offer by its id, a list page by its number."""
    return f"page {key}" if kind == ItemKind.LIST else key


class RunState(StrEnum):
    """Where a run stands."""

    OPEN = "open"
    RUNNING = "running"
    PAUSED = "paused"
    """A person said so."""
    PARKED = "parked"
    """The site blocked us, or the day's pages are spent: waits for a time or for a person."""
    DONE = "done"
    CANCELLED = "cancelled"


CLOSED = frozenset({RunState.DONE, RunState.CANCELLED})


class Outcome(StrEnum):
    """The final word on an item; it never leaves it inside its run."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    GONE = "gone"
    INVALID = "invalid"
    UNREADABLE = "unreadable"
    BLOCKED = "blocked"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    LISTED = "listed"
    """Of a list page: its offers are items of the run, its cards are stored."""


STORED = frozenset({Outcome.CREATED, Outcome.CHANGED, Outcome.UNCHANGED})
"""The offer's row is what the page said."""
WORKED = STORED | {
    Outcome.GONE,
    Outcome.INVALID,
    Outcome.UNREADABLE,
    Outcome.FAILED,
    Outcome.LISTED,
}
"""Outcomes that a try brought; an attempt row ends with the same word."""
BAD = frozenset({Outcome.INVALID, Outcome.UNREADABLE, Outcome.FAILED, Outcome.BLOCKED})
"""A finished run with one of these leaves with exit code 3."""


class Ending(StrEnum):
    """How a try ended without an outcome for its item."""

    RETRY = "retry"
    WAITED = "waited"
    """Blocked; the item waits."""
    ABANDONED = "abandoned"
    """Its lease ran out."""
    GIVEN_BACK = "given_back"
    CANCELLED = "cancelled"


MOST_EXCUSED = 20
"""Tries that end through no fault of the item, before it is given up all the same."""
REASON_LENGTH = 1000
BLOCKED_BY = "blocked: "
"""Begins the reason of an item that waits for a block to pass."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What a try has come to."""

    reason: str | None = None

    @property
    def word(self) -> str:
        """The word for it on screens and in the attempt row."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored(Settlement):
    """The item was saved; `outcome` tells what that changed."""

    outcome: Outcome

    @property
    def word(self) -> str:
        return str(self.outcome)


class _Final(Settlement):
    outcome: ClassVar[Outcome]

    @property
    def word(self) -> str:
        return str(self.outcome)


class Gone(_Final):
    """The page says that the offer is gone; the reason is the page's rule."""

    outcome = Outcome.GONE


class Invalid(_Final):
    """The page was read, its values were refused."""

    outcome = Outcome.INVALID


class Unreadable(_Final):
    """No layout knows the page, or a required field is missing."""

    outcome = Outcome.UNREADABLE


class Failed(_Final):
    """No further try would help."""

    outcome = Outcome.FAILED


class Listed(_Final):
    """A list page was read; what it brought is in the same transaction."""

    outcome = Outcome.LISTED


class Skipped(_Final):
    """Not asked for, by a rule that the reason names."""

    outcome = Outcome.SKIPPED


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry(Settlement):
    """Try again, not before `seconds` have passed."""

    charged: bool = True
    """Counts against the item: after the run's `attempts` of these it has failed."""
    seconds: float = 0.0

    @property
    def word(self) -> str:
        return str(Ending.RETRY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Blocked(Settlement):
    """The site refused us, not the item: it waits, uncharged. The reason is the page's rule."""

    seconds: float = 60.0

    @property
    def word(self) -> str:
        return str(Outcome.BLOCKED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """What the ledger writes for a settlement."""

    state: str
    """Of the item: `queued` or an outcome."""
    ending: str
    """Of the attempt."""
    reason: str | None = None
    charged: bool = False
    excused: bool = False
    seconds: float = 0.0


def rule(settlement: Settlement, *, charges: int, excused: int, allowed: int) -> Ruling:
    """What to write, given how often the item was charged and excused before this try."""
    reason = storable(settlement.reason, REASON_LENGTH) if settlement.reason else None
    match settlement:
        case Retry(charged=True, seconds=seconds):
            last = Outcome.FAILED if charges + 1 >= allowed else None
            ruling = Ruling(state=last or QUEUED, ending=last or Ending.RETRY, charged=True)
        case Retry(seconds=seconds):
            last = Outcome.FAILED if excused + 1 >= MOST_EXCUSED else None
            ruling = Ruling(state=last or QUEUED, ending=last or Ending.RETRY, excused=True)
        case Blocked(seconds=seconds):
            last = Outcome.BLOCKED if excused + 1 >= MOST_EXCUSED else None
            ruling = Ruling(state=last or QUEUED, ending=Ending.WAITED, excused=True)
            reason = f"{BLOCKED_BY}{reason}"
        case _:
            seconds = 0.0
            ruling = Ruling(state=settlement.word, ending=settlement.word)
    return replace(ruling, reason=reason, seconds=seconds)
