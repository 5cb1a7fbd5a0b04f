"""What goes wrong with a picture, as a table: for good or to be tried again, and after how long.

A new way to fail is a new row. Pure: nothing is fetched or written here.
"""

from dataclasses import dataclass
from enum import StrEnum

LONGEST = 24 * 3600.0
"""Seconds: no picture waits longer for its next try, whatever a server asks for."""


class Failure(StrEnum):
    """Why a picture was not had. The words stand in the database."""

    WRONG_ADDRESS = "wrong_address"
    WRONG_REDIRECT = "wrong_redirect"
    PRIVATE_ADDRESS = "private_address"
    NO_PROFILE = "no_profile"
    UNREACHABLE = "unreachable"
    MISSING = "missing"
    REFUSED = "refused"
    BUSY = "busy"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    NOT_A_PICTURE = "not_a_picture"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_FRAMES = "too_many_frames"
    BROKEN = "broken"
    TOO_HEAVY = "too_heavy"
    TOO_SLOW = "too_slow"
    NOT_A_DESCRIPTION = "not_a_description"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """What follows from a failure."""

    sentence: str
    again: float | None = None
    """Seconds to the next try, doubled with each; None: it is for good."""
    tries: int = 1
    """Tries that are made in all."""


MINUTE, HOUR = 60.0, 3600.0

FATES = {
    Failure.WRONG_ADDRESS: Fate(sentence="is not an https address of the site's image hosts"),
    Failure.WRONG_REDIRECT: Fate(sentence="leads too far, or away from the image hosts"),
    Failure.PRIVATE_ADDRESS: Fate(
        sentence="its host's name leads to an address that is not public", again=6 * HOUR, tries=3
    ),
    Failure.NO_PROFILE: Fate(
        sentence="the profile that saw it is not known here", again=HOUR, tries=20
    ),
    Failure.UNREACHABLE: Fate(sentence="its host did not answer", again=MINUTE, tries=5),
    Failure.MISSING: Fate(sentence="is not there"),
    Failure.REFUSED: Fate(sentence="its host refuses it", again=6 * HOUR, tries=3),
    Failure.BUSY: Fate(sentence="its host is busy", again=2 * MINUTE, tries=8),
    Failure.TRUNCATED: Fate(sentence="broke off in the middle", again=MINUTE, tries=4),
    Failure.TOO_LARGE: Fate(sentence="has too many bytes"),
    # a block or an error page instead of the picture looks like this, too
    Failure.NOT_A_PICTURE: Fate(sentence="is no JPEG, PNG, WebP or GIF", again=6 * HOUR, tries=2),
    Failure.TOO_MANY_PIXELS: Fate(sentence="has too many pixels"),
    Failure.TOO_MANY_FRAMES: Fate(sentence="has too many frames"),
    Failure.BROKEN: Fate(sentence="cannot be decoded", again=6 * HOUR, tries=2),
    Failure.TOO_HEAVY: Fate(sentence="took the decoder down", again=HOUR, tries=2),
    Failure.TOO_SLOW: Fate(sentence="took too long to decode", again=HOUR, tries=2),
    Failure.NOT_A_DESCRIPTION: Fate(
        sentence="is no description script that is understood", again=6 * HOUR, tries=2
    ),
}


class PictureFailed(Exception):
    """A picture or a description was not had."""

    def __init__(self, word: Failure, detail: str = "", *, after: float | None = None) -> None:
        """`detail` is for people and may quote the site; `after`: seconds the server asked for."""
        super().__init__(f"{FATES[word].sentence}{f': {detail}' if detail else ''}")
        self.word = word
        self.detail = detail
        self.after = after


def next_try(word: Failure, tries: int, after: float | None = None) -> float | None:
    """Seconds to wait after the how manieth try failed so; None: no further one is made."""
    fate = FATES[word]
    if fate.again is None or tries >= fate.tries:
        return None
    # the exponent is bounded: a count from the database never overflows a float
    return min(LONGEST, max(fate.again * 2.0 ** min(tries - 1, 30), after or 0.0))
