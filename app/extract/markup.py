"""Reading single elements out of server-rendered HTML, by a table of what is wanted.

For pages of the old era, whose facts stand partly in the markup. Client templates stand inside
`<script>` and are never seen. Nothing here raises, whatever the markup is.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

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

    def is_met(self, given: Mapping[str, str], paragraph: str) -> bool:
        """Whether an element of its tag, in a paragraph of these classes, is one that is wanted."""
        attribute, word = self.where
        is_there = attribute in given and (not word or word in given[attribute].split())
        return is_there and (not self.within or self.within in paragraph.split())


@dataclass(slots=True)
class _Open:
    want: Want
    pieces: list[str] = field(default_factory=list)


class _Markup:
    """Collects the wanted elements, in page order, from a parser that builds no tree.

    A tree would cost a page that repeats a tag or an attribute without end the square of its
    length (libxml2 and lexbor, measured); events cost it once.
    """

    def __init__(self, wants: Sequence[Want]) -> None:
        self.found: dict[str, list[str]] = {}
        self._wants: dict[str, list[Want]] = {}
        for want in wants:
            self._wants.setdefault(want.tag, []).append(want)
        self._paragraph = ""
        self._open: _Open | None = None

    def start(self, tag: str, given: Mapping[str, str]) -> None:
        """A tag is opened."""
        if tag == "p":
            self._paragraph = given.get("class", "")
        for want in self._wants.get(tag, ()):
            if not want.is_met(given, self._paragraph):
                continue
            if want.take != "text":
                self.found.setdefault(want.name, []).append(given.get(want.take, ""))
            elif tag not in _VOID:
                self._open = _Open(want)

    def end(self, tag: str) -> None:
        """A tag is closed."""
        if self._open and self._open.want.tag == tag:
            self.found.setdefault(self._open.want.name, []).append("".join(self._open.pieces))
            self._open = None

    def data(self, data: str) -> None:
        """Text between tags."""
        if self._open:
            self._open.pieces.append(data)

    def close(self) -> Mapping[str, list[str]]:
        """What was found; the parser passes it on."""
        return self.found


def collect(text: str, wants: Sequence[Want]) -> Mapping[str, list[str]]:
    """`{name: [text or attribute of each]}`; broken markup is read as far as it can be."""
    markup = _Markup(wants)
    parser = etree.HTMLParser(target=markup, encoding="utf-8", recover=True)
    with suppress(etree.ParserError, etree.XMLSyntaxError):
        parser.feed(text.replace("\0", "\ufffd").encode("utf-8", "replace"))
        parser.close()
    return markup.found


def records(written: Sequence[str]) -> list[Any]:
    """JSON kept in attributes, unreadable ones left out."""
    found = []
    for one in (one for one in written if len(one) < _LONGEST):
        with suppress(LayoutUnknown):
            found.append(parse_literal(one))
    return found
