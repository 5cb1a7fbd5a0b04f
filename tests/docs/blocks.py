"""The blocks of a Markdown file: what is to be typed, what is to be written into pwsync.toml.

A block in ```sh of the READMEs is run, those of docs/ are checked; before one that cannot be, a comment says why: `<!-- not run: … -->`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUN = ("README.md", "README.zh-CN.md")
CHECKED = (
    *RUN,
    "docs/syncing.md",
    "docs/data.md",
    "docs/operating.md",
    "docs/soak.md",
    "docs/design.md",
    "deploy/README.md",
)
BLOCK = re.compile(
    r"(?:<!-- not run: ([^\n]+?) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
COMMENT = re.compile(r"(^|\s+)#\s.*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One block."""

    file: str
    line: int
    kind: str
    text: str
    unrun: str = ""
    """Why it is not run; "" if it is."""
    settings: str = ""
    """The block of settings before it in its section."""

    @property
    def script(self) -> str:
        """Without comments."""
        return COMMENT.sub("", self.text).strip()

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def blocks(kind: str) -> Iterator[Block]:
    """All of a kind, in the order in which they are read."""
    for file in CHECKED:
        text = (ROOT / file).read_text(encoding="utf-8")
        settings: re.Match[str] | None = None
        for found in BLOCK.finditer(text):
            if settings and re.search(r"^#+ ", text[settings.end() : found.start()], re.MULTILINE):
                settings = None
            if found[2] == "toml":
                settings = found
            if found[2] == kind:
                line = text.count("\n", 0, found.start(2)) + 1
                yield Block(
                    file, line, kind, found[3], found[1] or "", settings[3] if settings else ""
                )


def runnable() -> list[Block]:
    """Those that are run, each text once: the Chinese file types what the English one does."""
    seen: dict[str, Block] = {}
    for one in blocks("sh"):
        if one.file in RUN and not one.unrun:
            seen.setdefault(one.script, one)
    return list(seen.values())
