"""What names an offer: parsing ids, every URL form of the site and lists of them.

Nothing typed or pasted is ever loaded: an id is taken out of it and the canonical URL built anew.
So the host rule is strict and everything unknown is refused with a sentence a person can act on.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

_ID = re.compile(r"[1-9][0-9]{5,17}")
_TAGGED_ID = re.compile(r"abb-([1-9][0-9]{5,17})", re.IGNORECASE)
_LONGEST = 4000
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029]")
_URL = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?//(?P<host>[A-Za-z0-9.-]+)(?P<port>:[0-9]*)?"
    r"(?P<path>/[!-~]*?)?(?:\?(?P<query>[^#]*))?(?:#.*)?"
)
_SCHEMED = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//|(?:file|data|javascript|ftp|about|blob):", re.IGNORECASE
)
_PLAIN = re.compile(r"[!-~]+")
_BARE_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:[:/?].*)?")
_EMBEDDED = re.compile(r"https?://[!-;=?-~]+", re.IGNORECASE)
_QUERY_ID = re.compile(r"(?:^|&)offerId=([^&]*)")
_OFFER_PATH = re.compile(r"//?offer/([1-9][0-9]{5,17})(?:\.html?)?/?")
_BLOCK_PATH = re.compile(r"//?offer/([0-9]{6,18})\.html?/.*_____tmd_____.*|.*/_____tmd_____/.*")
_PORTS = {"http": ("", ":", ":80"), "https": ("", ":", ":443")}

_QUERY_FORMS = {
    "detail.1688.com": re.compile(r"/offer/page/detail\.html?|/page/index\.html?"),
    "detail.m.1688.com": re.compile(r"/page/index\.html?"),
    "m.1688.com": re.compile(r"/offer/detail\.html?|/page/index\.html?"),
}
"""Pages that name their offer in `offerId=` only."""

_FOREIGN_FORMS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = tuple(
    (re.compile(host), re.compile(path))
    for host, path in (
        (r"detail\.china\.alibaba\.com", r"/(?:[a-z/]+/)?([1-9][0-9]{5,17})\.html?"),
        (r"(?:www\.)?cssbuy\.com", r"/item-1688-([1-9][0-9]{5,17})\.html?"),
        (r"(?:www\.)?hubbuycn\.com", r"(?:/[a-z]+)?/product/item/1688/([1-9][0-9]{5,17})/?"),
        (r"(?:www\.)?pandamall\.[a-z]{2,8}", r"(?:/[a-z]+)?/1688/detail/([1-9][0-9]{5,17})/?"),
    )
)
"""Addresses outside the site that carry an offer's id: host, path."""

_INSTEAD = "give the offer's own address, https://detail.1688.com/offer/<id>.html, or its id"

_NOT_OFFERS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(host), why)
    for host, why in (
        (
            r"qr\.1688\.com",
            "is a short link that names no offer; open it in a browser and copy where it ends",
        ),
        (
            r"(?:dj|detailp4p)\.1688\.com",
            "is an advertiser's link: its number is no offer id, and loading it costs somebody; "
            + _INSTEAD,
        ),
        (
            r"(?:m|e|s)\.tb\.cn|.*\.?(?:taobao|tmall)\.com",
            "belongs to Taobao, whose numbers are not 1688 offer ids; " + _INSTEAD,
        ),
        (r"s\.1688\.com", "is a search page, not an offer; use --keyword or --category for it"),
        (
            r"(?:login|passport|sec)\.1688\.com",
            "is a login or verification page, not an offer; " + _INSTEAD,
        ),
        (
            r"winport\.m\.1688\.com|shop[a-z0-9]+\.1688\.com",
            "is a shop, not an offer; use --shop for it",
        ),
    )
)
"""Hosts people paste that are no offers: what they are and what to do instead."""


class RefError(ValueError):
    """A text that names no offer. The message says what, why, and what to type instead."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class OfferRef:
    """The name of one offer."""

    offer_id: str
    """6 to 18 ASCII digits without a leading zero."""

    @property
    def url(self) -> str:
        """The canonical address, built from the id alone."""
        return f"https://detail.1688.com/offer/{self.offer_id}.html"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an id, an offer URL of any known form, or a share text that holds one.

        Raises RefError for everything else.
        """
        cleaned = text.strip().strip("\ufeff").strip()
        _refuse_tricks(cleaned)
        return cls(offer_id=_bare_id(cleaned) or _id_in_url(cleaned) or _id_in_share_text(cleaned))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A line that names no offer, with its number in the file (from 1)."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """What a list of refs brought. `lines == len(accepted) + len(duplicates) + len(rejected)`."""

    accepted: tuple[OfferRef, ...] = ()
    """Each offer once, in the order of the list."""
    duplicates: tuple[OfferRef, ...] = ()
    """Every further mention of an accepted one."""
    rejected: tuple[Rejected, ...] = ()

    @property
    def lines(self) -> int:
        """Lines that were read; blank ones and comments are none."""
        return len(self.accepted) + len(self.duplicates) + len(self.rejected)


def read_refs(lines: Iterable[str]) -> Intake:
    """Read a list, one ref a line, or CSV with the ref in its first column. Never raises."""
    accepted: dict[OfferRef, None] = {}
    duplicates: list[OfferRef] = []
    rejected: list[Rejected] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip().strip("\ufeff").strip()
        if not text or text.startswith("#"):
            continue
        try:
            ref = _parse_line(text)
        except RefError as error:
            rejected.append(Rejected(line=number, text=text, reason=str(error)))
            continue
        if ref in accepted:
            duplicates.append(ref)
        accepted[ref] = None
    return Intake(accepted=tuple(accepted), duplicates=tuple(duplicates), rejected=tuple(rejected))


def lines_of(content: bytes) -> list[str]:
    """The lines of a file: UTF-8, or GB18030 as a Chinese Excel writes CSV.

    Raises UnicodeDecodeError.
    """
    try:
        return content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return content.decode("gb18030").splitlines()


def _parse_line(text: str) -> OfferRef:
    cell = _first_cell(text)
    if cell and cell != text:
        try:
            return OfferRef.parse(cell)
        except RefError:
            pass  # a share text has commas, too
    return OfferRef.parse(text)


def _first_cell(text: str) -> str:
    delimiter = next((mark for mark in "\t;," if mark in text), None)
    if delimiter is None:
        return text
    try:
        row = next(csv.reader([text], delimiter=delimiter), [""])
    except csv.Error:
        return ""
    return row[0].strip() if row else ""


def _refuse_tricks(text: str) -> None:
    if not text:
        raise RefError(f"an empty text names no offer; {_INSTEAD}")
    if len(text) > _LONGEST:
        raise RefError(f"{shown(text)} is longer than {_LONGEST} characters; {_INSTEAD}")
    if _FORBIDDEN.search(text):
        raise RefError(f"{shown(text)} holds a backslash or control character; {_INSTEAD}")


def _bare_id(text: str) -> str | None:
    if _ID.fullmatch(text):
        return text
    tagged = _TAGGED_ID.fullmatch(text)
    if tagged:
        return tagged[1]
    if text.isdecimal():
        raise RefError(
            f"{shown(text)} is no offer id: ids have 6 to 18 digits 0-9 and do not begin with 0"
        )
    return None


def _id_in_url(text: str) -> str | None:
    """The id, or None if the text as a whole is no URL."""
    if _SCHEMED.match(text):
        candidate = text
    elif _BARE_HOST.fullmatch(text):
        candidate = f"https://{text}"
    else:
        return None
    if _EMBEDDED.match(text) and not _PLAIN.fullmatch(text):
        return None  # a URL followed by words is a share text
    return _id_of_url(candidate, text)


def _id_of_url(candidate: str, shown_as: str) -> str:
    address = read_address(candidate)
    if address is None:
        raise RefError(
            f"{shown(shown_as)} is not a plain http(s) address of a known form; {_INSTEAD}"
        )
    offer_id = _id_at(address.host, address.path, address.query)
    if offer_id is None:
        raise RefError(f"{shown(shown_as)} {_why_not(address.host, address.path)}")
    return offer_id


def _id_at(host: str, path: str, query: str) -> str | None:
    for foreign, form in _FOREIGN_FORMS:
        if foreign.fullmatch(host):
            named = form.fullmatch(path)
            return named[1] if named else None
    if not _is_site(host) or any(no.fullmatch(host) for no, _ in _NOT_OFFERS):
        return None
    in_path = _OFFER_PATH.fullmatch(path)
    if in_path:
        return in_path[1]
    by_query = _QUERY_FORMS.get(host)
    if by_query and by_query.fullmatch(path):
        named_ids = set(_QUERY_ID.findall(query))
        only = named_ids.pop() if len(named_ids) == 1 else ""
        return only if _ID.fullmatch(only) else None
    return None


def _is_site(host: str) -> bool:
    return re.fullmatch(r"(?:[a-z0-9-]+\.)+1688\.com", host) is not None


def _why_not(host: str, path: str) -> str:
    for no, why in _NOT_OFFERS:
        if no.fullmatch(host):
            return why
    if not _is_site(host):
        return f"is not on 1688.com; {_INSTEAD}"
    if _BLOCK_PATH.fullmatch(path):
        return f"is the address of a block page, not of an offer; {_INSTEAD}"
    if path.startswith("/winport/") or "offerlist" in path:
        return "is a shop, not an offer; use --shop for it"
    return f"names no offer; {_INSTEAD}"


def _id_in_share_text(text: str) -> str:
    """The one offer that a pasted text's links name."""
    ids: dict[str, None] = {}
    reasons: list[str] = []
    for link in _EMBEDDED.findall(text):
        try:
            ids[_id_of_url(link.rstrip(".,;:!)]}'\""), link)] = None
        except RefError as error:
            reasons.append(str(error))
    if len(ids) == 1:
        return next(iter(ids))
    if ids:
        raise RefError(f"{shown(text)} names {len(ids)} offers; give one a line")
    raise RefError(
        reasons[0] if reasons else f"{shown(text)} is no offer id or address; {_INSTEAD}"
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A plain http(s) address on its scheme's own port, without userinfo or tricks."""

    host: str
    """Lower-case."""
    path: str
    """Printable ASCII; `/` where none was given."""
    query: str


def read_address(text: str) -> Address | None:
    """The parts of an address with or without its scheme (`//host/…`, `host/…`), else None."""
    if not _SCHEMED.match(text):
        text = f"https://{text}" if _BARE_HOST.fullmatch(text) else ""
    found = None if _FORBIDDEN.search(text) else _URL.fullmatch(text)
    scheme = (found["scheme"] or "https").lower() if found else ""
    if not found or scheme not in _PORTS or (found["port"] or "") not in _PORTS[scheme]:
        return None
    return Address(
        host=found["host"].lower(), path=found["path"] or "/", query=found["query"] or ""
    )


def shown(text: str) -> str:
    """The text as it may stand in a message: short, quoted, harmless."""
    short = text if len(text) <= 100 else text[:97] + "..."  # noqa: PLR2004 - one line of a terminal
    return f"'{plain(short)}'"


def plain(text: str) -> str:
    """Text of a page or a person as a terminal may show it: what does not print is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def read_offer(text: str) -> OfferRef:
    """`OfferRef.parse` as a function, for settings. Raises RefError."""
    return OfferRef.parse(text)
