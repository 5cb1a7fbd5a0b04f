"""How pages embed their state: decoding, finding the literal, cutting it out, parsing it.

A carrier is bytes in, plain values out; what the values mean is the layouts' business. A state that
breaks off raises Truncated, one that no reader understands LayoutUnknown. Nothing else is raised,
whatever a page holds.
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from typing import Any

import orjson

from app.extract.base import LayoutUnknown, Truncated

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_STEP = re.compile(
    # everything that is neither a brace nor a comma before a bare number, strings as a whole;
    # bounded, not possessive: Python before 3.11.5 loses its place in a possessive alternation
    rb'(?:[^{}",]++|' + _STRING + rb"|,(?!\s*+\d)){0,500}([{}]|,(?=\s*+\d))?",
    re.DOTALL,
)
_BARE_KEY = re.compile(rb"\s*+(\d++)\s*+:")
_NUMBER_KEY = re.compile(rb"[{,](\d++):")
_BARE_STATE = re.compile(rb'\{\s*+(?:"|\d++\s*+:)')
_META_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"
_HEAD = 4096

_TOKEN = re.compile(
    r"""(?P<double>"[^"\\]*+(?:\\.[^"\\]*+)*+")|(?P<single>'[^'\\]*+(?:\\.[^'\\]*+)*+')"""
    r"""|(?P<comment>/\*[^*]{0,2000}+\*/|//[^\n]*+)|(?P<comma>,)(?=\s*+[}\]])"""
    r"""|(?P<word>[A-Za-z_$][\w$]*+|\d++(?=\s*+:))""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|\r\n|.)", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_WORDS = {"true": "true", "false": "false"}
_NULLS = frozenset({"null", "undefined", "NaN", "Infinity"})


def decode(document: bytes) -> bytes:
    """The document as UTF-8. Strict UTF-8 is tried first: a page in GBK never happens to be it."""
    body = document.removeprefix(_BOM)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode(_charset(body), "replace").encode("utf-8", "replace")
    return body


def _charset(body: bytes) -> str:
    named = _META_CHARSET.search(body, 0, _HEAD)
    if named and named[1].lower() in {b"gbk", b"gb2312", b"gb18030"}:
        return "gb18030"
    if named and named[1].lower().startswith(b"utf"):
        return "utf-8"
    try:
        body.decode("gb18030")
    except UnicodeDecodeError:
        return "utf-8"
    return "gb18030"


def object_at(source: bytes, start: int) -> Any:
    """The values of the JSON object that begins at `start`. Raises Truncated, LayoutUnknown.

    A state is mostly the last thing in its script, so what stands up to the script's last brace is
    tried first: if that is one object and nothing else, it is what cutting it out would find.
    """
    script = source.find(b"</script", start)
    end = source.rfind(b"}", start, script if script >= 0 else len(source)) + 1
    try:
        return orjson.loads(_keys_quoted(source[start:end]))
    except orjson.JSONDecodeError:
        return parse_state(cut_object(source, start))


def _keys_quoted(literal: bytes) -> bytes:
    """The object with its bare numeric keys quoted, told from strings by counting quotes.

    A quarter of what stepping through it costs. Escaped backslashes mislead the count: what comes
    of it may be no JSON, never another object.
    """
    pieces: list[bytes] = []
    taken = position = quotes = 0
    for found in _NUMBER_KEY.finditer(literal):
        start, end = found.span(1)
        quotes += literal.count(b'"', position, start) - literal.count(b'\\"', position, start)
        position = start
        if quotes % 2 == 0:
            pieces += (literal[taken:start], b'"', found[1], b'"')
            taken = end
    return b"".join([*pieces, literal[taken:]])


def cut_object(source: bytes, start: int) -> bytes:
    """The `{...}` that begins at `start`, its bare numeric keys quoted.

    Knows strings and escapes; jumps from brace to brace. Raises Truncated if it never closes.
    """
    pieces: list[bytes] = []
    depth, position, taken = 0, start, start
    while (step := _STEP.match(source, position)) and step.end() > position:
        position = step.end()
        mark = step[1]
        if mark is None:
            continue
        if mark == b"}":
            depth -= 1
            if depth <= 0:
                pieces.append(source[taken:position])
                return b"".join(pieces)
            continue
        depth += mark == b"{"
        bare = _BARE_KEY.match(source, position)
        if bare:
            pieces += (source[taken : bare.start(1)], b'"', bare[1], b'"')
            taken = bare.end(1)
            position = bare.end()
    raise Truncated("the page's state breaks off in the middle", rule="state")


def parse_state(literal: bytes) -> Any:
    """The values of a JSON object. Lone surrogates and NaN are survived, not understood."""
    try:
        return orjson.loads(literal)
    except orjson.JSONDecodeError:
        return _parse_leniently(literal.decode("utf-8", "replace"))


def _parse_leniently(literal: str) -> Any:
    try:
        return json.loads(literal, strict=False, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise LayoutUnknown("the page's state is not readable JSON", rule="state_syntax") from error


def parse_literal(literal: str) -> Any:
    """The values of a JavaScript literal: single quotes, bare keys, comments. Digits are kept."""
    try:
        return json.loads(
            _TOKEN.sub(_as_json, literal),
            strict=False,
            parse_float=Decimal,
            parse_constant=lambda _: None,
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise LayoutUnknown(
            "the page's state is not a readable literal", rule="state_syntax"
        ) from error


def _as_json(found: re.Match[str]) -> str:
    token = found[0]
    if found["double"] or found["single"]:
        return json.dumps(_ESCAPE.sub(_unescaped, token[1:-1]))
    if found["word"]:
        key = re.compile(r"\s*+:").match(found.string, found.end())
        return json.dumps(token) if key else _WORDS.get(token, "null" if token in _NULLS else token)
    return ""


def _unescaped(found: re.Match[str]) -> str:
    written = found[1]
    if len(written) > 1 and written[0] in "xu":
        return chr(int(written[1:], 16))
    return "" if written in {"\n", "\r\n"} else _PLAIN_ESCAPES.get(written, written)


class Page:
    """A document in UTF-8 and the carriers in it, each cut and parsed at most once."""

    def __init__(self, document: bytes) -> None:
        self.source = decode(document)
        self._kept: dict[str, Any] = {}

    def once(self, carrier: str, read: Callable[[], Any]) -> Any:
        """What `read` returns, read at most once a page: layouts may share a carrier."""
        if carrier not in self._kept:
            self._kept[carrier] = read()
        return self._kept[carrier]

    @cached_property
    def text(self) -> str:
        return self.source.decode("utf-8", "replace")

    @cached_property
    def bare_state(self) -> Any:
        """The state if the document is nothing but it, else None."""
        source = self.source.strip()
        if not _BARE_STATE.match(source):
            return None
        return object_at(source, 0)

    def assigned(self, mark: re.Pattern[bytes]) -> int | None:
        """Where the object begins that follows `mark` (which ends before the brace), or None."""
        found = mark.search(self.source)
        return found.end() if found else None

    def object_after(self, mark: re.Pattern[bytes]) -> Any:
        """The values of the JSON object after `mark`, or None where the mark is missing."""
        start = self.assigned(mark)
        return None if start is None else object_at(self.source, start)

    def literal_after(self, mark: re.Pattern[bytes]) -> Any:
        """The values of the JavaScript literal after `mark`, or None where the mark is missing."""
        start = self.assigned(mark)
        if start is None:
            return None
        return parse_literal(cut_literal(self.source[start:].decode("utf-8", "replace")))


_LITERAL_STEP = re.compile(
    r"""(?:[^{}"'/]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+'"""
    r"""|/\*[^*]{0,2000}+\*/|//[^\n]*+|/){0,500}([{}])?""",
    re.DOTALL,
)


def cut_literal(source: str) -> str:
    """The `{...}` that `source` begins with, where strings may have single quotes, too."""
    depth, position = 0, 0
    while (step := _LITERAL_STEP.match(source, position)) and step.end() > position:
        position = step.end()
        if step[1] is None:
            continue
        depth += 1 if step[1] == "{" else -1
        if depth <= 0:
            return source[:position]
    raise Truncated("the page's state breaks off in the middle", rule="state")
