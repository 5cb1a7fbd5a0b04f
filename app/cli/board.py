"""What a person sees of a login: the code, as large as it must be and no larger, and how it stands.

A code is good for some minutes and as good as a password: it is drawn where the person looks and in
a picture only they can read, both gone at the end; never in a line that is kept.
"""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.style import Style
from rich.text import Text

from app.logins.codes import code_of, picture_of
from browsers.login import (
    Cancelled,
    Challenged,
    CodeShown,
    Confirmed,
    Event,
    Expired,
    Scanned,
)

QUIET = 2
"""Light modules round a code on a terminal; a picture has the four of the norm."""
INK, PAPER = "#000000", "#ffffff"
"""Said outright: what a terminal calls black and white, and shows by itself, is its own affair."""
_HALVES = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}
"""Dark modules above and below in one cell."""

OPENING = "opening the login page"
SAID: dict[type[Event], str] = {
    CodeShown: "scan with the 1688 or Taobao app",
    Scanned: "scanned: confirm on the phone",
    Confirmed: "confirmed: waiting for the site",
    Cancelled: "cancelled on the phone",
    Expired: "the code ran out: the next one follows",
    Challenged: "the site asks for a slider: move it in the window",
}
IN_WINDOW = SAID | {CodeShown: "log in in the window, in whichever way you like"}


class Picture:
    """The code as a file that only its owner can read; there is one while a code is good."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def draw(self, content: str) -> None:
        """Replace the picture in one step."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".tmp")
        partial.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with os.fdopen(os.open(partial, flags, 0o600), "wb") as file:
            file.write(picture_of(content))
        partial.replace(self.path)

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def drawn(content: str, console: Console, *, spare: int) -> Text | None:
    """The code in half blocks, with `spare` lines left; None where the terminal cannot show it.

    Dark on light in any terminal. Without colours its light parts are drawn, as most have a dark
    background.
    """
    rows = [*map(list, code_of(content).matrix_iter(border=QUIET))]
    lines = [*zip(rows[::2], [*rows[1::2], [0] * len(rows)], strict=True)]
    width, height = console.size
    if len(rows) > width or len(lines) > height - spare or "utf" not in console.encoding:
        return None
    flip = int(console.no_color)
    text = "\n".join(
        "".join(_HALVES[above ^ flip, below ^ flip] for above, below in zip(*pair, strict=True))
        for pair in lines
    )
    return Text(text, style=Style(color=INK, bgcolor=PAPER), no_wrap=True)


@dataclass(kw_only=True)
class Board:
    """Shows a login's events; a context that leaves nothing of the code behind.

    On a terminal code and state stand in place; else a line is written for each event, as JSON if
    that is wanted.
    """

    picture: Picture
    console: Console
    window: bool = False
    """The person looks at the page itself: no code is drawn here."""
    as_json: bool = False
    _live: Live | None = field(default=None, init=False)
    _code: str | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        in_place = self.console.is_terminal and not self.console.is_dumb_terminal
        if in_place and not self.as_json:
            self._live = Live(
                Text(f"{OPENING} …"), console=self.console, auto_refresh=False, transient=True
            )
            self._live.start(refresh=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.picture.remove()
        if self._live is not None:
            self._live.stop()

    def show(self, event: Event) -> None:
        """Take note of what happened."""
        if isinstance(event, CodeShown):
            self._code = event.content
        if isinstance(event, Confirmed | Cancelled | Expired):
            self._code = None
        if self._code is None or self.window:
            self.picture.remove()
        elif isinstance(event, CodeShown):
            self.picture.draw(self._code)
        self._write(event)

    def _write(self, event: Event) -> None:
        if self.as_json:
            typer.echo(json.dumps(self._told(event), ensure_ascii=False))
        elif self._live is not None:
            self._live.update(self._stand(event), refresh=True)
        else:
            shown = f" (picture: {self.picture.path})" if self._has_picture(event) else ""
            typer.echo(f"pwsync: {self._sentence(event)}{shown}", err=True)

    def _sentence(self, event: Event) -> str:
        return (IN_WINDOW if self.window else SAID)[type(event)]

    def _has_picture(self, event: Event) -> bool:
        return isinstance(event, CodeShown) and not self.window

    def _told(self, event: Event) -> dict[str, str]:
        picture = {"picture": str(self.picture.path)} if self._has_picture(event) else {}
        return {"type": _WORDS[type(event)], **picture}

    def _stand(self, event: Event) -> Group:
        state = Text(self._sentence(event), style="bold")
        if self._code is None or self.window:
            return Group(state)
        code = drawn(self._code, self.console, spare=3)
        where = Text(f"picture: {self.picture.path}", style="dim", overflow="fold")
        if code is None:
            where = Text(f"this terminal is too small for the code; it is in {self.picture.path}")
        return Group(*([] if code is None else [code]), state, where)


_WORDS: dict[type[Event], str] = {
    CodeShown: "code",
    Scanned: "scanned",
    Confirmed: "confirmed",
    Cancelled: "cancelled",
    Expired: "expired",
    Challenged: "challenged",
}
"""`type` of the lines of `--json`."""
