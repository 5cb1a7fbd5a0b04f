"""What a run would come to, found out without asking anybody and without writing anything down.

Counts on nobody else asking meanwhile, and on the site not minding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine

from app.lists import SEARCH_MOST, SEARCH_PAGE, SHOP_PAGE, ListKind, request_for
from app.pace import robots
from app.pace.forecast import Forecast, Stint, forecast
from app.pace.values import Account, Pace, Standing
from app.profiles.values import Profile
from app.refs import OfferRef
from app.runtime import Manners
from app.services import known
from app.services.known import Known
from app.services.wanted import Wanted


@dataclass(frozen=True, kw_only=True, slots=True)
class Pages:
    """The pages that a run asks for, each a turn of its own."""

    offers: int | None
    """None: only the list's first page tells."""
    lists: int | None
    robots: int
    """Hosts whose robots.txt is not known, or too old."""
    is_list: bool = False
    """Whether they are a list's, which may turn out to be shorter."""
    forbidden: int = 0
    """Offers, or lists, that robots.txt keeps us from."""
    rule: str | None = None
    """The line of robots.txt that does."""

    @property
    def total(self) -> int | None:
        if self.offers is None or self.lists is None:
            return None
        return self.offers + self.lists + self.robots


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All that is told about a run that nobody began."""

    wanted: Wanted
    known: Known
    pages: Pages
    profile: Profile
    pace: Pace
    standing: Standing
    forecast: Forecast
    mode: str
    is_replica: bool


def plan(
    engine: Engine,
    manners: Manners,
    wanted: Wanted,
    *,
    profile: str,
    mode: str,
    heeds_robots: bool = True,
) -> Plan:
    """What a run as the profile would cost, begun now.

    Raises ProfileUnknown, DatabaseUnavailable.
    """
    who = manners.profile(profile)
    standing = manners.gate(engine, who).standing()
    seen = known.look(engine, wanted)
    heeds = heeds_robots and manners.robots
    pages = _pages(engine, wanted, seen, heeds_robots=heeds)
    return Plan(
        wanted=wanted,
        known=seen,
        pages=pages,
        profile=who,
        pace=manners.pace,
        standing=standing,
        forecast=forecast(_stints(pages, manners.pace), standing, manners.pace),
        mode=mode,
        is_replica=bool(manners.realm),
    )


# What is asked for


def _pages(engine: Engine, wanted: Wanted, seen: Known, *, heeds_robots: bool) -> Pages:
    if wanted.found_in is None:
        accepted = wanted.intake.accepted if wanted.intake else ()
        refs = [ref for ref in accepted if ref.offer_id not in seen.skipped]
        return _known_pages(engine, refs, heeds_robots=heeds_robots)
    offers, lists = _listed(wanted)
    urls = (request_for(wanted.found_in, seed=0).url, OfferRef(offer_id="1").url)
    told = [_told_by_robots(engine, url) if heeds_robots else "" for url in urls]
    unknown = sum(one is None for one in told)
    if told[0]:
        return Pages(offers=0, lists=0, robots=0, is_list=True, forbidden=1, rule=told[0])
    return Pages(offers=offers, lists=lists, robots=unknown, is_list=True)


def _known_pages(engine: Engine, refs: Sequence[OfferRef], *, heeds_robots: bool) -> Pages:
    if not refs:
        return Pages(offers=0, lists=0, robots=0)
    host = urlsplit(refs[0].url).netloc
    rules = robots.known(engine, host) if heeds_robots else None
    verdicts = [rules.verdict(ref.url) for ref in refs] if rules and not rules.closed else []
    against = [one.rule for one in verdicts if isinstance(one, robots.Disallowed)]
    return Pages(
        offers=len(refs) - len(against),
        lists=0,
        robots=int(heeds_robots and rules is None),
        forbidden=len(against),
        rule=next(iter(against), None),
    )


def _told_by_robots(engine: Engine, url: str) -> str | None:
    """The rule that forbids the page, empty if none does; None if the file has yet to be had."""
    rules = robots.known(engine, urlsplit(url).netloc)
    if rules is None:
        return None
    verdict = rules.verdict(url)
    return verdict.rule if isinstance(verdict, robots.Disallowed) and not rules.closed else ""


def _listed(wanted: Wanted) -> tuple[int | None, int | None]:
    """Offers and pages of a list at most; None where only its first page tells."""
    is_shop = wanted.kind == ListKind.SHOP
    most = None if is_shop else SEARCH_MOST
    offers = min((each for each in (most, wanted.first) if each is not None), default=None)
    size = SHOP_PAGE if is_shop else SEARCH_PAGE
    return offers, None if offers is None else -(-offers // size)


def _stints(pages: Pages, pace: Pace) -> list[Stint]:
    """In what order; of a list that nobody knows only the first page is foretold."""
    lists = pages.robots + (1 if pages.lists is None else pages.lists)
    return [
        Stint(pages=lists, gap=pace.gap_after("list")),
        Stint(pages=pages.offers or 0, gap=pace.gap_after("offer")),
    ]


# As JSON


def as_document(found: Plan) -> dict[str, Any]:
    """The plan for programs; times carry a zone, null is not known or without end."""
    intake, pages, pace, when = found.wanted.intake, found.pages, found.pace, found.forecast
    profile, address = found.standing.accounts
    today = pace.day(found.standing.now)
    return {
        "what": found.wanted.label,
        "kind": str(found.wanted.kind),
        "lines": intake and {
            "read": len(intake.accepted) + len(intake.duplicates) + len(intake.rejected),
            "accepted": len(intake.accepted),
            "duplicate": len(intake.duplicates),
            "rejected": len(intake.rejected),
        },
        "known": {"stored": found.known.stored, "skipped": len(found.known.skipped)},
        "pages": {
            "offers": pages.offers,
            "lists": pages.lists,
            "robots": pages.robots,
            "total": pages.total,
            "at_most": pages.is_list,
        },
        "forbidden": {"count": pages.forbidden, "rule": pages.rule},
        "replica": found.is_replica,
        "mode": found.mode,
        "profile": found.profile.name,
        "address": found.profile.egress,
        "gap_seconds": pace.gap_after("offer"),
        "list_gap_seconds": pace.gap_after("list"),
        "budget": {
            "tz": str(pace.zone),
            "profile": _account(profile, today),
            "address": _account(address, today),
            "left_today": when.left_today,
        },
        "quiet_hours": pace.quiet and str(pace.quiet),
        "closed": when.closed and {"until": _iso(when.closed.until), "why": when.closed.why},
        "begins_at": _iso(when.begins),
        "ends_at": _iso(when.ends) if pages.total else None,
        "days": when.days,
    }  # fmt: skip


def _account(one: Account, today: date) -> dict[str, int | None]:
    return {"per_day": one.per_day, "spent": one.spent.get(today, 0), "left": one.left(today)}


def _iso(at: datetime | None) -> str | None:
    return at.astimezone().isoformat(timespec="seconds") if at else None
