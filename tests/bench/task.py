"""What each measured program is told, and what it tells: the same for ours and for the peers.

A program is started with one argument, a file of this JSON. It loads the pages in their order, over
and over, `contexts` at once, until it is ended. Of each page it appends one line to `pages.jsonl`,
and it stores each item by its own means in `folder`.
"""

import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Self

PLENTY = 2000
PAGE_SECONDS = 30.0
"""Longest that a page may take, for everybody: Playwright's own default."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to load, how many at once, with which engine."""

    urls: list[str]
    contexts: int
    engine: str
    """Path of the engine's program."""
    flags: list[str]
    """Of the engine, the same for everybody: real host names lead to the local 1688, and it is trusted."""
    address: str
    """`127.0.0.1:PORT` of the local 1688."""
    folder: str
    """Where pages are noted and items stored; empty at the start."""
    mode: str = ""
    """Of ours: lean or natural."""
    think: tuple[float, float] = (0.0, 0.0)
    """Seconds of rest of a context after each page, at least and at most."""

    @classmethod
    def told(cls) -> Self:
        """The one in the file that the command line names."""
        return cls(**json.loads(Path(sys.argv[1]).read_text()))

    def write(self) -> Path:
        path = Path(self.folder) / "task.json"
        path.write_text(json.dumps(asdict(self)))
        return path

    def endless(self) -> Iterator[str]:
        return cycle(self.urls)

    def plenty(self) -> list[str]:
        """The same for programs that want to know all requests before; more than any window sees."""
        return list(islice(self.endless(), PLENTY))

    def pause(self) -> float:
        return random.uniform(*self.think)

    def note(self, url: str, began: float, error: object = None) -> None:
        """One page came to its end; `began` is `time.time()` of when it was asked for."""
        line = {"url": url, "began": began, "ended": time.time(), "error": said(error)}
        _append(Path(self.folder) / "pages.jsonl", line)

    def store(self, item: dict[str, Any]) -> None:
        """For programs that bring no storage of their own."""
        _append(Path(self.folder) / "items.jsonl", item)


def said(error: object) -> str | None:
    """The first line of an error."""
    if error is None:
        return None
    name = type(error).__name__ if isinstance(error, BaseException) else "error"
    return f"{name}: {error}".splitlines()[0][:200]


def _append(path: Path, line: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
