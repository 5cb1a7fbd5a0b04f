"""What a check says, and what checks look at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.services.desk import Desk
from browsers.values import Launch


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """It works, but not as well or as safely as it could."""
    FAIL = "fail"
    """Something will not work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at, in one line."""

    name: str
    says: str
    level: Level = Level.OK
    fix: str = ""
    """What to do or type; empty where nothing is to be done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Means:
    """What is looked at; the settings that matter are passed as values."""

    desk: Desk
    launch: Launch
    contexts: int
    """Pages that one worker loads at once."""
    host: str
    """Where the server listens."""
    is_reachable: bool
    """Whether others than this machine can reach it there."""
    tokens: Callable[[], int]
    """Counts the tokens in force; raises an error with a sentence if their file cannot be used."""


Check = Callable[[Means], Iterable[Finding]]


def failed(name: str, error: Exception, fix: str = "") -> Finding:
    """A finding out of an error; our sentences end with what to do, after a semicolon."""
    says, _, advice = str(error).partition("; ")
    if fix:
        says, advice = str(error), fix
    return Finding(name=name, says=says or type(error).__name__, level=Level.FAIL, fix=advice)
