"""How many slots may be lent: fewer at once under pressure, one more at a time when it is calm.

Additive increase, multiplicative decrease. Pure: readings come in, one after the other, and are
the only clock there is. It only holds back: how soon a page may be asked for is not its matter.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

HIGH, LOW = 0.90, 0.80
"""Shares of memory in use: from the first on slots go, below the second they may come back."""
LAG_SECONDS, LAG_READINGS = 1.0, 3
"""A loop so late so many times in a row has too much to do; once is anybody's bad moment."""
WINDOW, MOST_BAD = 20, 3
"""So many of the latest answers that were none are too many."""
SETTLE, CALM = 3, 5
"""Readings from a cut to the next one, so that it can show; calm ones for one slot more."""


class Pressure(StrEnum):
    """Why slots are held back."""

    MEMORY = "memory"
    """Of the machine, or of the container if that is fuller."""
    BROWSER = "memory of the engine"
    """Its process tree is near the limit that was set for it."""
    LAG = "the loop is late"
    """Again and again."""
    REFUSED = "the site refuses"
    """429, 5xx or a block."""
    SILENT = "the site does not answer"
    """Pages time out or their connections break."""


class Answer(StrEnum):
    """How the site met a page, as far as it tells of too much being asked."""

    GOOD = "good"
    REFUSED = "refused"
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How things stand, and what happened since the last reading."""

    memory: float = 0.0
    """Share in use of the machine's or the container's, from 0 to 1."""
    browser: float = 0.0
    """PSS of the engine's tree as a share of its limit; more than 1 is over it."""
    lag: float = 0.0
    """Seconds by which the loop was late."""
    answers: tuple[Answer, ...] = ()
    is_wanted: bool = False
    """Whether somebody waits for a slot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """A change of what is allowed."""

    before: int
    after: int
    most: int
    cause: Pressure | None = None
    """None: it is calm again."""
    share: float | None = None
    """Of the memory in use, where that is the cause."""
    renews: bool = False
    """Fewer pages made the engine no lighter: it is the engine that has grown."""

    def __str__(self) -> str:
        share = "" if self.share is None else f" {100 * self.share:.0f} %"
        return f"{self.before} → {self.after} of {self.most}: {self.cause or 'calm again'}{share}"


class Throttle:
    """Between one slot and `most`, where it begins."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.allowed = most
        self.cause: Pressure | None = None
        """Of the last cut, until everything is allowed again."""
        self._latest: deque[Answer] = deque(maxlen=WINDOW)
        self._late = self._calm = self._settling = 0
        self._was_heavy = False

    def look(self, reading: Reading) -> Move | None:
        """Take note of a reading; what it changes, if anything."""
        self._latest.extend(reading.answers)
        self._late = self._late + 1 if reading.lag > LAG_SECONDS else 0
        self._settling = max(0, self._settling - 1)
        if cause := self._pressure(reading):
            self._calm = 0
            return None if self._settling else self._cut(cause, reading)
        self._was_heavy &= reading.browser >= LOW
        self._calm = self._calm + 1 if _is_calm(reading) else 0
        return self._raise() if self._calm >= CALM and reading.is_wanted else None

    def _pressure(self, reading: Reading) -> Pressure | None:
        if reading.memory >= HIGH:
            return Pressure.MEMORY
        if reading.browser >= HIGH:
            return Pressure.BROWSER
        if self._late >= LAG_READINGS:
            return Pressure.LAG
        if len(self._latest) - self._latest.count(Answer.GOOD) < MOST_BAD:
            return None
        refused = self._latest.count(Answer.REFUSED) >= self._latest.count(Answer.SILENT)
        return Pressure.REFUSED if refused else Pressure.SILENT

    def _cut(self, cause: Pressure, reading: Reading) -> Move | None:
        before, self.allowed = self.allowed, max(1, self.allowed // 2)
        renews = cause is Pressure.BROWSER and (self._was_heavy or before == 1)
        self._was_heavy = cause is Pressure.BROWSER
        self._settling, self._late = SETTLE, 0
        self._latest.clear()
        if before == self.allowed and not renews:
            return None
        self.cause = cause if self.allowed < self.most else None
        shares = {Pressure.MEMORY: reading.memory, Pressure.BROWSER: reading.browser}
        return self._move(before, cause=cause, share=shares.get(cause), renews=renews)

    def _raise(self) -> Move | None:
        if self.allowed == self.most:
            return None
        before, self._calm = self.allowed, 0
        self.allowed += 1
        if self.allowed == self.most:
            self.cause = None
        return self._move(before)

    def _move(
        self,
        before: int,
        cause: Pressure | None = None,
        share: float | None = None,
        renews: bool = False,
    ) -> Move:
        return Move(
            before=before,
            after=self.allowed,
            most=self.most,
            cause=cause,
            share=share,
            renews=renews,
        )


def _is_calm(reading: Reading) -> bool:
    fullest = max(reading.memory, reading.browser)
    is_bad = any(answer is not Answer.GOOD for answer in reading.answers)
    return fullest < LOW and reading.lag < LAG_SECONDS / 2 and not is_bad
