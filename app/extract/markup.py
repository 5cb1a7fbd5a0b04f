"""Reading single elements out of server-rendered HTML, by a table of what is wanted.

For pages of the old era, whose facts stand partly in the markup. Client templates stand inside
`<script>` and are never seen. Nothing here raises, whatever the markup is.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from app.extract.base import LayoutUnknown
from app.extract.carriers import parse_literal

_LONGEST = 20_000
_VOID = frozenset({"meta", "img", "input", "link", "br", "hr"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Want:
    """One kind of element: what it is called here, how it is recognised, what is taken from it."""

    name: str
    tag: str
    where: tuple[str, str]
    """An attribute and a word that stands in it; "" if it need only be there."""
    take: str = "text"
    """`text`, or the name of an attribute."""
    within: str = ""
    """A class the last opened paragraph must have."""

    @property
    def selector(self) -> str:
        """As it is printed in provenance."""
        attribute, word = self.where
        chosen = {"id": f"#{word}", "class": f".{word}"}.get(attribute, f"[{attribute}={word}]")
        inside = f".{self.within} " if self.within else ""
        return f"{inside}{self.tag}{chosen}" + ("" if self.take == "text" else f"@{self.take}")


@dataclass(slots=True)
class _Open:
    want: Want
    pieces: list[str] = field(default_factory=list)


class Markup(HTMLParser):
    """Collects the wanted elements, in page order."""

    def __init__(self, wants: Sequence[Want]) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, list[str]] = {}
        self._wants: dict[str, list[Want]] = {}
        for want in wants:
            self._wants.setdefault(want.tag, []).append(want)
        self._paragraph = ""
        self._open: _Open | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "p":
            self._paragraph = dict(attrs).get("class") or ""
        for want in self._wants.get(tag, ()):
            given = dict(attrs)
            attribute, word = want.where
            if attribute not in given or (word and word not in (given[attribute] or "").split()):
                continue
            if want.within and want.within not in self._paragraph.split():
                continue
            if want.take != "text":
                self.found.setdefault(want.name, []).append(given.get(want.take) or "")
            elif tag not in _VOID:
                self._open = _Open(want)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open.want.tag == tag:
            self.found.setdefault(self._open.want.name, []).append("".join(self._open.pieces))
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open.pieces.append(data)


def collect(text: str, wants: Sequence[Want]) -> Mapping[str, list[str]]:
    """`{name: [text or attribute of each element]}`; broken markup ends the reading early."""
    markup = Markup(wants)
    with suppress(AssertionError):  # how the parser refuses a malformed declaration
        markup.feed(text)
        markup.close()
    return markup.found


def records(written: Sequence[str]) -> list[Any]:
    """JSON kept in attributes, unreadable ones left out."""
    found = []
    for one in (one for one in written if len(one) < _LONGEST):
        with suppress(LayoutUnknown):
            found.append(parse_literal(one))
    return found
