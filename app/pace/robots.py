"""robots.txt as RFC 9309 has it: what a status means, which lines are ours, what they forbid.

Files are kept in the ledger's database, so that a host is asked for its file once a day, whoever
visits it. Patterns are matched by protego; here it is only decided which lines it gets to see.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from http import HTTPStatus

from protego import Protego
from sqlalchemy import Connection, Engine, select

from app import models
from app.models import table
from app.pace.values import Closed
from app.store.clock import now
from app.store.engine import consult, transact
from app.store.text import keyable, storable
from app.store.upsert import upsert

ROBOTS = table(models.RobotsFile)

UNANSWERED = 599
"""Stands for the status of a file that was not answered, or by a block."""
TOKEN = "pwsync"  # noqa: S105 - a product token
AGAIN_SECONDS = 600.0
"""After which a file that could not be had is asked for again."""
FRESH = timedelta(hours=24)
LONGEST = 500 * 1024
"""Bytes that are read; RFC 9309 asks for at least as many."""
LONGEST_DELAY = 300.0
"""Seconds of a Crawl-delay that are honoured."""

LINE = re.compile(r"\s*([A-Za-z][A-Za-z -]{0,20}?)\s{0,9}:([^#]*)")
AGENT = re.compile(r"user-?\s?agent", re.IGNORECASE)
STANDS_ALONE = re.compile(r"sitemaps?|site-map|host", re.IGNORECASE)
"""Fields that belong to no group, and end none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """The page may be asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Disallowed:
    """The page may not be asked for; `rule` is the line that says so, for people."""

    rule: str


class Rules:
    """A host's robots.txt as last fetched, and what it means for us."""

    def __init__(self, *, host: str, status: int, body: str, fetched_at: datetime) -> None:
        self.host = host
        self.status = status
        self.fetched_at = fetched_at
        self._body = body

    @property
    def is_unreachable(self) -> bool:
        """Whether the file could not be had, so that nothing may be asked for.

        5xx; also 429, which says "not now" rather than "there is none", and 3xx that led nowhere.
        """
        missing = HTTPStatus.BAD_REQUEST <= self.status < HTTPStatus.INTERNAL_SERVER_ERROR
        is_busy = self.status == HTTPStatus.TOO_MANY_REQUESTS
        return is_busy or not (missing or self._is_there)

    @property
    def _is_there(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def stale_at(self) -> datetime:
        """When the file has to be fetched again."""
        lasting = timedelta(seconds=AGAIN_SECONDS) if self.is_unreachable else FRESH
        return self.fetched_at + lasting

    def is_stale(self, present: datetime) -> bool:
        """Whether the file has to be fetched again."""
        return present >= self.stale_at

    @property
    def closed(self) -> Closed | None:
        """Until when nothing may be asked for because the file could not be had."""
        if not self.is_unreachable:
            return None
        said = "no answer" if self.status == UNANSWERED else f"HTTP {self.status}"
        why = f"robots.txt of {self.host} cannot be had ({said}): asked again later"
        return Closed(until=self.stale_at, why=why)

    @property
    def crawl_delay(self) -> float | None:
        """Seconds between two pages that the file asks for, five minutes at most."""
        asked = self._parsed.crawl_delay(TOKEN)
        return None if asked is None else min(max(0.0, float(asked)), LONGEST_DELAY)

    def verdict(self, url: str) -> Allowed | Disallowed:
        """Whether a page of the host may be asked for."""
        if self.closed:
            return Disallowed(rule=self.closed.why)
        if self._parsed.can_fetch(url, TOKEN):
            return Allowed()
        return Disallowed(rule=self._forbidding(url))

    def _forbidding(self, url: str) -> str:
        """The longest line that forbids the page by itself: of several the longest counts."""
        by_length = sorted(self._lines, key=len, reverse=True)
        return next(line for line in by_length if not _protego([line]).can_fetch(url, TOKEN))

    @cached_property
    def _lines(self) -> list[str]:
        return our_lines(self._body) if self._is_there else []

    @cached_property
    def _parsed(self) -> Protego:
        return _protego(self._lines)


def our_lines(body: str) -> list[str]:
    """The lines of all groups that name `pwsync`, else of those for `*` (RFC 9309, 2.2.1).

    A group that names us and has no lines allows everything.
    """
    groups: dict[str, list[str]] = {}
    named: set[str] = set()
    in_rules = False
    for line in body.splitlines():
        found = LINE.match(line)
        if found is None or STANDS_ALONE.fullmatch(found[1]):
            continue
        if AGENT.fullmatch(found[1]):
            name = _token(found[2])
            named = ({name} if in_rules else named | {name}) & {TOKEN, "*"}
            groups |= {each: [] for each in named - groups.keys()}
        else:
            for each in named:
                groups[each].append(found[0].strip())
        in_rules = not AGENT.fullmatch(found[1])
    return groups.get(TOKEN, groups.get("*", []))


def _token(value: str) -> str:
    found = re.match(r"[a-z_-]+|\*", value.strip().lower())
    return found[0] if found else ""


def _protego(lines: list[str]) -> Protego:
    return Protego.parse("\n".join(["User-agent: *", *lines]))


def known(engine: Engine, host: str) -> Rules | None:
    """The host's file, if it need not be fetched (again) yet. Raises DatabaseUnavailable."""

    def work(conn: Connection) -> Rules | None:
        where = ROBOTS.c.host == keyable(host)
        row = conn.execute(select(ROBOTS, now().label("now")).where(where)).mappings().first()
        if row is None:
            return None
        rules = Rules(
            host=host, status=row["status"], body=row["body"], fetched_at=row["fetched_at"]
        )
        return None if rules.is_stale(row["now"]) else rules

    return consult(engine, work)


def learn(engine: Engine, host: str, status: int, body: bytes) -> Rules:
    """Keep a host's file as just fetched; what it means. Raises DatabaseUnavailable."""
    is_there = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    text = storable(body[:LONGEST].decode("utf-8-sig", "replace"), LONGEST) if is_there else ""

    def work(conn: Connection) -> Rules:
        rules = Rules(
            host=host, status=status, body=text, fetched_at=conn.execute(select(now())).scalar_one()
        )
        row = {
            "host": keyable(host),
            "status": status,
            "body": text,
            "fetched_at": rules.fetched_at,
        }
        upsert(conn, ROBOTS, [row])
        return rules

    return transact(engine, work)
