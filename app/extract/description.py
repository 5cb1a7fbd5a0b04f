"""The pictures that a description script shows (site/offer-pages.md §1.5).

`var offer_details={"content":"…"}`, the same as a JavaScript literal, or `var desc='…'`; in UTF-8
or GBK. Pure; whatever the script holds, it is bounded in time and in what it yields.
"""

import re
from collections.abc import Iterator

from app.extract.base import LayoutUnknown
from app.extract.carriers import cut_literal, decode, parse_literal
from app.extract.fields import image

MOST = 300
"""Pictures of one description."""
LONGEST = 4 * 1024**2
"""Characters that are read."""
_DETAILS = re.compile(r"\boffer_details\s{0,20}=\s{0,20}(?=\{)")
_DESC = re.compile(r"\bdesc\s{0,20}=\s{0,20}(?=['\"])")
_STRING = re.compile(r"'[^'\\]*+(?:\\.[^'\\]*+)*+'|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"", re.DOTALL)
_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9]{0,15})\b([^<>]{1,4000})>")
_ATTRIBUTE = re.compile(
    r"\b([a-z-]{3,20})\s{0,9}=\s{0,9}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s\"'<>]{1,2000}))",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(r"url\(\s{0,9}['\"]?([^'\")]{1,2000})['\"]?\s{0,9}\)", re.IGNORECASE)
_SOURCES = ("data-lazyload", "data-lazy-src", "data-lazy-load-src", "data-src", "src")
"""Where a picture's address stands, the true one before the placeholder of lazy loading."""
_DECORATION = re.compile(r"-tps-\d|/spacer|\.gif$", re.IGNORECASE)
"""The site's own spacers and buttons, and pixels that count visits."""


def description_images(script: bytes) -> list[str]:
    """Originals in page order, each once. Raises LayoutUnknown, Truncated for no such script."""
    text = decode(script)[:LONGEST].decode("utf-8", "replace")
    found: dict[str, None] = {}
    for written in _written(_content(text)):
        address = image(written)
        if address and not _DECORATION.search(address):
            found[address] = None
        if len(found) >= MOST:
            break
    return list(found)


def _content(text: str) -> str:
    """The HTML that the script holds."""
    if mark := _DETAILS.search(text):
        details = parse_literal(cut_literal(text[mark.end() :]))
        content = details.get("content") if isinstance(details, dict) else None
        return content if isinstance(content, str) else ""
    mark = _DESC.search(text)
    literal = _STRING.match(text, mark.end()) if mark else None
    if literal is None:
        raise LayoutUnknown("this is no description script", rule="description")
    content = parse_literal(literal[0])
    return content if isinstance(content, str) else ""


def _written(html: str) -> Iterator[str]:
    """Addresses of pictures as the HTML has them."""
    for tag in _TAG.finditer(html):
        told = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(tag[2])}
        if tag[1].lower() == "img":
            yield from (told[name] for name in _SOURCES if told.get(name))
        yield from (told[name] for name in ("background",) if told.get(name))
        yield from _BACKGROUND.findall(told.get("style", ""))
