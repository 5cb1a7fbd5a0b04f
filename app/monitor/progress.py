"""Shows a run while it goes on: live screen, plain lines, JSON lines or nothing.

Runs on the main thread beside the work; what it shows comes from `picture()`.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.live import Live

from app.monitor import screen, words
from app.monitor.status import Status

Over = Callable[[float], bool]
"""Waits so many seconds at most; True when there is nothing more to follow."""
Progress = Literal["auto", "tui", "plain", "jsonl", "none"]
FRAME_SECONDS = 0.25
LOOK_SECONDS = 1.0
"""How often lines look whether there is one to say: a picture takes milliseconds from the work."""
PLAIN_SECONDS = 30.0


def choose(progress: Progress, console: Console) -> Progress:
    """`auto` becomes `tui` on a real terminal and `plain` elsewhere."""
    if progress != "auto":
        return progress
    return "tui" if console.is_terminal and not console.is_dumb_terminal else "plain"


@dataclass(frozen=True, kw_only=True, slots=True)
class Follower:
    """Follows a run to its end in one of the ways of `Progress`."""

    console: Console
    picture: Callable[[], Status]
    progress: Progress
    asked: Callable[[], bool] = lambda: False
    """Whether somebody asked for a line out of turn (SIGUSR1); answers true once."""

    def follow(self, over: Over) -> None:
        """Return when what is followed is over, well or not; it is the caller's to ask how."""
        match choose(self.progress, self.console):
            case "tui":
                self._live(over)
            case "plain":
                self._lines(over, self._plain, PLAIN_SECONDS)
            case "jsonl":
                self._lines(over, self._json, 1.0)
            case _:
                while not over(LOOK_SECONDS):
                    pass

    def _live(self, over: Over) -> None:
        with Live(
            console=self.console,
            auto_refresh=False,
            vertical_overflow="crop",
            redirect_stdout=False,
        ) as live:
            while True:
                ended = over(FRAME_SECONDS)
                size = self.console.size
                frame = screen.render(self.picture(), width=size.width, height=size.height)
                live.update(frame, refresh=True)
                if ended:
                    return

    def _lines(self, over: Over, show: Callable[[Status], None], every: float) -> None:
        said_state, elapsed = "", 0.0
        while True:
            ended = over(LOOK_SECONDS)
            elapsed += LOOK_SECONDS
            status = self.picture()
            if ended or elapsed >= every or status.state != said_state or self.asked():
                show(status)
                said_state, elapsed = status.state, 0.0
            if ended:
                return

    def _plain(self, status: Status) -> None:
        self.console.print(plain_line(status), markup=False, highlight=False, soft_wrap=True)

    def _json(self, status: Status) -> None:
        sys.stderr.write(json.dumps(as_json(status), ensure_ascii=False) + "\n")
        sys.stderr.flush()


def plain_line(status: Status) -> str:
    """The picture as one line for logs."""
    counts = "  ".join(
        f"{word} {status.counts[word]:,}"
        for word in (*words.GOOD, *words.BAD, *words.IDLE, *words.WAITING)
        if status.counts.get(word)
    )
    notice = f"  ({words.harmless(status.notice)})" if status.notice else ""
    held = f"  {said}" if (said := words.slots(status.pool)) else ""
    return (
        f"run {status.run_id} {status.state}  {status.settled:,}/{status.planned:,}  {counts}  "
        f"{status.rate:.1f}/s  median {words.seconds(status.median)}  "
        f"elapsed {words.clock(status.elapsed)}{held}{notice}"
    )


def as_json(status: Status) -> dict[str, object]:
    """The picture as one object of `--progress jsonl`."""
    return {
        "type": "status",
        "run": status.run_id,
        "state": status.state,
        "planned": status.planned,
        "settled": status.settled,
        "counts": {word: number for word, number in status.counts.items() if number},
        "elapsed": round(status.elapsed, 3),
        "rate": round(status.rate, 3),
        "median": status.median,
        "p95": status.p95,
        "slots": len(status.pool.slots),
        "slots_allowed": status.pool.allowed,
        "held_back": status.pool.held_back,
        "notice": status.notice,
    }
