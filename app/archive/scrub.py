"""What is taken out of a page before it is read or kept: who looked, and one-time tokens. Pure.

    document ─ scrub ─┬─ archive
                      └─ extract        the same bytes, so what was read can be read again

What the site notes of a visit (site/offer-pages.md §1: buyer, address, trace, time of the answer)
is no fact about the offer. Two visits that differ only in it are one page afterwards, to the byte.
Values are emptied in place and their names stay, so a script or a layout finds what it looks for.
"""

import re
from collections.abc import Callable, Iterator

Rule = Callable[[bytes], bytes]

NAMES: tuple[tuple[str, str], ...] = (
    ("buyer", r"buyer(?:LoginId|MemberId|UserI[dD])"),
    ("login", r"login(?:User|Member)Id"),
    ("feedbackFromId", r"feedbackFromId"),
    ("recieve", r"recieveAddress\w*"),  # the site's own spelling
    ("receive", r"receive(?:Address|rName|rPhone)\w*"),
    ("client", r"client(?:IP|DeviceId)"),
    ("deviceId", r"deviceId"),
    ("ipvId", r"ipvId"),
    ("traceId", r"traceId"),
    ("track_uuid", r"track_uuid"),
    ("currentTime", r"currentTime"),
    ("serverTime", r"serverTime"),
    ("oken", r"oken_?"),  # csrf_token, _tb_token_, umidToken
    ("x5sec", r"x5sec(?:data)?"),
    ("_m_h5_tk", r"_m_h5_tk(?:_enc)?"),
)
"""(mark, name) of what tells who looked, or is good for one visit: as a member of any object, in
any quotes, and as a parameter of an address. The mark begins each name; it is searched for."""
OURS = ("offerId", "offerLoginId", "abBizDataType", "skuId")
"""What may stay of the parameters that the page was asked for with; the rest came with us."""

# Python before 3.11.5 (Debian 12 has 3.11.2) mismatches possessive groups of alternatives: here
# such groups are greedy; alternatives begin with different bytes, so nothing is tried twice.
_PLAIN = rb"[^X\\\r\n]*+(?:\\.[^X\\\r\n]*+)*"
_PAIRED = rb"(?:[\x81-\xfe][\x30-\xfe]|[\x81-\xfe](?![\x30-\xfe])|[^X\\\r\n\x81-\xfe]|\\.)*"
"""A quoted text in GBK: the second byte of a character may be a backslash, but no quote."""
_ESCAPED = rb'(?:[^"\\<>\r\n]|\\++u[0-9a-fA-F]{4})*'
_ENTITIES = rb"""(?:[^&"'<>\r\n]|&(?!quot;))*"""
_QUOTED = rb'"[^"\\]*+(?:\\.[^"\\]*+)*"'
_WORD = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
_NUMBER = rb"-?\d[\d.eE+-]*+"
_IN_OBJECT = re.compile(rb'[^{}"]*+(?:%s|[{}])' % _QUOTED, re.DOTALL)


def scrub(document: bytes) -> bytes:
    """The document without buyers' data and one-time tokens; scrubbing it again changes nothing."""
    for rule in _UTF8 if _is_utf8(document) else _GBK:
        document = rule(document)
    return document


def scrub_url(url: str) -> str:
    """An address without one-time tokens."""
    return scrub(url.encode("utf-8", "replace")).decode("utf-8", "replace")


def _is_utf8(document: bytes) -> bool:
    try:
        document.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _named(mark: str, name: str, body: bytes) -> Rule:
    """Empties the values of a name: in JSON, within a string or an attribute, in JavaScript, and
    in an address, whose value ends at the next `&`, encoded or not.
    """
    double, single = body.replace(b"X", b'"'), body.replace(b"X", b"'")
    pattern = re.compile(
        rb"(%s)(?:" % name.encode()
        + rb'("?\s*:\s*")%s(")' % double
        + rb'|(\\++"\s*:\s*\\++")%s(\\++")' % _ESCAPED
        + rb"|('?\s*:\s*')%s(')" % single
        + rb"|(&quot;\s*:\s*&quot;)%s(&quot;)" % _ENTITIES
        + rb"|(?P<equals>=)[\w%.~*+/|!-]++"
        + rb"|(%3D)(?:[^%&#\"'\s<>\\]|%(?!26))+"
        + rb"|((?:\\*+\"|'|&quot;)?\s*:\s*)%s)" % _NUMBER,
        re.DOTALL,
    )
    return _where(mark.encode(), lambda document: pattern.sub(_emptied, document))


def _emptied(found: re.Match[bytes]) -> bytes:
    """What stands around a text, or a zero for a number."""
    *around, number = found.groups()
    if found["equals"] and not _is_parameter(found):
        return found[0]
    kept = b"".join(part for part in around if part is not None)
    return kept if number is None else kept + number + b"0"


def _is_parameter(found: re.Match[bytes]) -> bool:
    """Whether the name begins a parameter; else it is the page's own script that assigns."""
    before = found.string[max(0, found.start() - 32) : found.start()]
    return before.rstrip(_WORD)[-1:] in (b"?", b"&", b";", b"%")


def _text(mark: bytes, pattern: bytes, replacement: bytes) -> Rule:
    compiled = re.compile(pattern, re.DOTALL)
    return _where(mark, lambda document: compiled.sub(replacement, document))


def _where(mark: bytes, rule: Rule) -> Rule:
    """The rule, asked only where its mark stands: a search for bytes costs next to nothing."""
    return lambda document: rule(document) if mark in document else document


def _object(mark: bytes, *, keep: tuple[str, ...] = ()) -> Rule:
    """Empties the texts and numbers in every object that follows `mark`; yes and no remain."""
    kept = b"|".join(name.encode() for name in (*keep, r"\$ref"))
    text = re.compile(rb'("(?!(?:%s)")[^"\\]*+"\s*:\s*)%s' % (kept, _QUOTED), re.DOTALL)
    number = re.compile(rb'("(?!(?:%s)")[^"\\]*+"\s*:\s*)%s' % (kept, _NUMBER))
    listed = re.compile(rb"([\[,]\s*)%s(?=\s*[,\]])" % _QUOTED, re.DOTALL)

    def empty(document: bytes) -> bytes:
        pieces, taken = [], 0
        for start, end in _objects(document, mark):
            inside = text.sub(rb'\1""', document[start:end])
            inside = listed.sub(rb'\1""', number.sub(rb"\g<1>0", inside))
            pieces += [document[taken:start], inside]
            taken = end
        return b"".join([*pieces, document[taken:]])

    return _where(mark, empty)


def _objects(document: bytes, mark: bytes) -> Iterator[tuple[int, int]]:
    """Where the objects are that follow a mark; one that never closes ends with the document."""
    found = document.find(mark)
    while found >= 0:
        start = found + len(mark) - 1
        end = _end(document, start)
        yield start, end
        found = document.find(mark, end)


def _end(document: bytes, start: int) -> int:
    depth, position = 0, start
    while step := _IN_OBJECT.match(document, position):
        position = step.end()
        last = document[position - 1 : position]
        depth += (last == b"{") - (last == b"}")
        if depth <= 0:
            return position
    return len(document)


def _rules(body: bytes) -> tuple[Rule, ...]:
    double = body.replace(b"X", b'"')
    globals_ = rb"(FE_GLOBALS\s*=\s*\{[^}]{0,2000}?\bloginId\s*:\s*)(?:\"%s\")" % double
    return (
        _object(b'"buyerModel":{'),
        _object(b'"parametersMap":{', keep=OURS),
        *(_named(mark, name, body) for mark, name in NAMES),
        _text(b"FE_GLOBALS", globals_, rb"\1null"),
        _text(b"timestamp:", rb"(timestamp\s*:\s*new Date\()\d++", rb"\g<1>0"),
        _text(b'"exparams"', rb'("exparams"\s*,\s*")[^"]*+', rb"\1"),
        # the signature of a gateway call; elsewhere `sign` may belong to a file that is to be had
        _text(b"jsv=", rb"(jsv=[^\"'\s<>]{0,2000}?&sign=)[0-9a-fA-F]++", rb"\1"),
    )


_UTF8, _GBK = _rules(_PLAIN), _rules(_PAIRED)
