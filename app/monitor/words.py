"""How words, numbers and foreign text look on a terminal: one name, one colour, one form.

What comes from a page is made harmless here before it reaches any screen.
"""

import unicodedata
from datetime import datetime

from rich.console import OverflowMethod
from rich.text import Text

from browsers.values import PoolStatus

STYLES = {
    "created": "green",
    "changed": "cyan",
    "unchanged": "blue",
    "gone": "bright_black",
    "invalid": "red",
    "unreadable": "red",
    "blocked": "magenta",
    "failed": "bold red",
    "listed": "cyan",
    "skipped": "bright_black",
    "cancelled": "bright_black",
    "queued": "white",
    "leased": "yellow",
    "retry": "yellow",
    "fenced": "yellow",
    "throttled": "yellow",
    "eased": "green",
}
"""Outcomes and states by the colour they have everywhere."""

GOOD = ("created", "changed", "unchanged", "gone")
BAD = ("invalid", "unreadable", "failed", "blocked")
WAITING = ("leased", "queued")
IDLE = ("skipped", "cancelled")

_BARS = "▁▂▃▄▅▆▇█"


def waits(reason: str | None, until: datetime | None) -> str:
    """Why a run does not go on, and when it does by itself; empty if nothing holds it back."""
    when = f"goes on {until.astimezone():%m-%d %H:%M}: " if until else ""
    return f"{when}{reason or ''}"


def slots(pool: PoolStatus) -> str:
    """`slots 4 of 8 (memory 82 %)` where some are held back; else empty."""
    if not pool.held_back or pool.allowed is None:
        return ""
    used = f" {100 * pool.memory_share:.0f} %" if "memory" in pool.held_back else ""
    return f"slots {pool.allowed} of {len(pool.slots)} ({pool.held_back}{used})"


def harmless(text: str, limit: int = 200) -> str:
    """Foreign text without control, escape or direction-changing characters, on one line."""
    kept = (
        " " if char in "\n\r\t" else char
        for char in text[: limit * 2]
        if char in "\n\r\t"
        or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )
    return "".join(kept)[:limit]


def foreign(text: str, limit: int = 200, style: str = "", *, wrap: bool = False) -> Text:
    """Foreign text as a Text: Rich never reads markup in it."""
    overflow: OverflowMethod = "fold" if wrap else "ellipsis"
    return Text(harmless(text, limit), style=style, no_wrap=not wrap, overflow=overflow)


def clock(seconds: float | None) -> str:
    """`0:07`, `12:40`, `3:05:09`; a dash for the unknown."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def seconds(value: float | None) -> str:
    """`0.84 s`; a dash for the unknown."""
    return "–" if value is None else f"{value:.2f} s"


def sparkline(values: tuple[float, ...], width: int) -> str:
    """The last `width` values as bars from zero to the greatest."""
    shown = values[-width:]
    top = max(shown, default=0.0)
    if top <= 0:
        return _BARS[0] * len(shown)
    return "".join(_BARS[min(7, int(value / top * 7.999))] for value in shown)
