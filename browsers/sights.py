"""How one looks at an answer of the site: each sight sees one kind of evidence, or None.

Sellers write what they like, so what a page is built of is looked for where they cannot write: in
the code of a script, inside a tag, in the first title, in the members of JSON. Beside an offer's
state no title and no element counts: a slider that comes up over a healthy page leaves its state
true, and the profile hears of it by `Render.interstitial`.

All searches are bounded: the pages are not ours. What evidence makes a block is in `blocks.py`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

_HEAD = 8192
"""A block page has its title within its first bytes."""
_SMALL = 8192
"""Only a page this small is read for all it says: a bound on the work, no evidence."""
_REACH = 300_000
"""Bytes searched for what a block is built of; known ones have up to 240 KB."""
_SET = re.compile(rb"_config_\s{0,20}=\s{0,20}\{")
_FIRST_SET = re.compile(rb"<script[^<>]{0,200}>\s{0,200}(?:window\.)?" + _SET.pattern)
_SETS = 50
"""Settings looked at; a page of ours or theirs has one."""
_SCRIPTED = re.compile(
    rb"(?:\xef\xbb\xbf)?\s{0,200}(?:/\*.{0,20}?\*/\s{0,20})?(?:[A-Za-z_$][\w$.]{0,80}\s{0,5}\(\s{0,20})?\{"
)
_STATE = (
    *(b"window.context=", b"window.context ="),
    *(b"__INIT_DATA=", b"__INIT_DATA ="),
    *(b"iDetailConfig=", b"iDetailConfig ="),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One answer as the rows look at it."""

    url: str
    status: int
    document: bytes
    scripted: bool
    """An XHR's answer (JSON or JSONP), not a page."""
    has_state: bool
    """A page that carries an offer."""

    @property
    def is_bare(self) -> bool:
        """A page that could be a block by what it is built of."""
        return not self.scripted and not self.has_state


Sight = Callable[[Answer], str | None]
"""Looks at an answer; returns the words it recognises a block by."""


def look_at(*, url: str, status: int, document: bytes) -> Answer:
    """The answer as sights see it."""
    scripted = bool(_SCRIPTED.match(document))
    return Answer(
        url=url,
        status=status,
        document=document,
        scripted=scripted,
        has_state=not scripted and any(mark in document for mark in _STATE),
    )


def url(pattern: str) -> Sight:
    """The address matches."""
    compiled = re.compile(pattern, re.IGNORECASE)

    def look(answer: Answer) -> str | None:
        found = compiled.search(answer.url)
        return f"url: {found[0]}" if found else None

    return look


def status(*codes: int) -> Sight:
    """The HTTP status is one of these."""

    def look(answer: Answer) -> str | None:
        return f"status: {answer.status}" if answer.status in codes else None

    return look


def action(word: str) -> Sight:
    """A script of the page sets a `_config_` with this action.

    Beside an offer's state, whose strings are a seller's, the script must begin with it.
    """
    named = re.compile(rb'[^<]{0,4000}?"action"\s{0,20}:\s{0,20}"%b"' % word.encode())

    def look(answer: Answer) -> str | None:
        if answer.scripted or b"_config_" not in answer.document:
            return None
        setting = _FIRST_SET if answer.has_state else _SET
        for one in islice(setting.finditer(answer.document), _SETS):
            # first in its script, the script is met outside of any; else the place is inside of one
            if _is_code(answer.document, one.start()) is answer.has_state:
                continue
            if named.match(answer.document, one.end()):
                return f"_config_ action: {word}"
        return None

    return look


def _is_code(document: bytes, at: int) -> bool:
    """Whether a script is open there; in text and attributes a seller's `<` is escaped."""
    return document.rfind(b"<script", 0, at) > document.rfind(b"</script", 0, at)


def title(*texts: str) -> Sight:
    """The first title is exactly one of these."""
    compiled = re.compile(rb"<title[^>]{0,80}>([^<]{0,300})</title>", re.IGNORECASE)
    wanted = {spelling for text in texts for spelling in (text.encode(), text.encode("gbk"))}

    def look(answer: Answer) -> str | None:
        found = compiled.search(answer.document, 0, _HEAD) if answer.is_bare else None
        return f"title: {texts[0]}" if found and found[1].strip() in wanted else None

    return look


def tag(*marks: str) -> Sight:
    """One of these attributes, quotes and all, stands in a tag; inside another its quotes would be
    escaped."""
    compiled = {
        mark: re.compile(rb"<\w[^<>]{0,800}?\s" + re.escape(mark.encode())) for mark in marks
    }

    def look(answer: Answer) -> str | None:
        if not answer.is_bare:
            return None
        return next(
            (
                f"element: {mark}"
                for mark, pattern in compiled.items()
                if mark.encode() in answer.document and pattern.search(answer.document, 0, _REACH)
            ),
            None,
        )

    return look


def script(path: str) -> Sight:
    """The page takes a script from there."""
    compiled = re.compile(rb'<script\b[^<>]{0,400}?\ssrc="[^"<>]{0,400}?%b' % path.encode())

    def look(answer: Answer) -> str | None:
        if not answer.is_bare or path.encode() not in answer.document:
            return None
        return f"script: {path}" if compiled.search(answer.document, 0, _REACH) else None

    return look


def part(*marks: str) -> Sight:
    """One of these stands somewhere in the page; proves nothing but beside another sight."""

    def look(answer: Answer) -> str | None:
        found = (mark for mark in marks if mark.encode() in answer.document)
        mark = next(found, None) if answer.is_bare else None
        return f"part: {mark}" if mark else None

    return look


def says_only(*phrases: str) -> Sight:
    """The page has nothing to say but a sentence that begins with one of these."""
    hidden = re.compile(rb"<(title|script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
    sentence = re.compile(rf"(?:亲|抱歉|对不起|您的?|当前|[，,！!])*({'|'.join(phrases)}).{{0,80}}")

    def look(answer: Answer) -> str | None:
        if not answer.is_bare or len(answer.document) > _SMALL:
            return None
        words = " ".join(_text(hidden.sub(b" ", answer.document)).split())
        found = sentence.fullmatch(words)
        return f"says only: {found[1]}" if found else None

    return look


def _text(source: bytes) -> str:
    try:
        return source.decode()
    except UnicodeDecodeError:
        return source.decode("gb18030", "replace")


def member(name: str, *, leads_to: str = "") -> Sight:
    """An XHR's answer that has a member of this name (and a `url` that leads there)."""
    compiled = re.compile(rb'"%b"\s*:' % name.encode())
    target = re.compile(leads_to.encode())

    def look(answer: Answer) -> str | None:
        if not answer.scripted or not compiled.search(answer.document):
            return None
        return f"member: {name}" if target.search(answer.document) else None

    return look


def ret(*codes: str, leads_to: str = "") -> Sight:
    """An XHR's answer whose `ret` holds one of these codes (and a `url` that leads there)."""
    compiled = re.compile(
        rb'"ret"\s*:\s*\[\s*(?:"[^"]{0,200}"\s*,\s*){0,4}"((?:'
        + "|".join(codes).encode()
        + rb')[^":]{0,80})'
    )
    target = re.compile(leads_to.encode())

    def look(answer: Answer) -> str | None:
        found = compiled.search(answer.document) if answer.scripted else None
        if not found or not target.search(answer.document):
            return None
        return f"ret: {found[1].decode('utf-8', 'replace')}"

    return look
