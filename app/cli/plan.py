"""`pwsync plan`: what a sync would ask for, what is left to spend, when it would be done.

Takes what `sync` takes, asks nobody, and writes nothing down.
"""

import json
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from app.cli.inputs import Category, First, Inputs, Keyword, Refs, Shop, read_wanted
from app.cli.sync import As, IgnoreRobots, flags
from app.cli.working import Contexts, Mode, Replica
from app.services.wanted import Wanted

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.cli.foretold import Pages, Plan
    from app.pace.forecast import Stint
    from app.pace.values import Pace
    from app.refs import OfferRef
    from app.settings import Settings


def plan(
    refs: Refs = None,
    inputs: Inputs = None,
    keyword: Keyword = None,
    shop: Shop = None,
    category: Category = None,
    first: First = None,
    profile: As = None,
    ignore_robots: IgnoreRobots = None,
    replica: Replica = None,
    contexts: Contexts = None,
    mode: Mode = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> None:
    """Say what a sync would cost and when it would be done: same inputs, asks nobody.

    Counts on nobody else asking meanwhile, and on the site not minding.
    """
    from rich.console import Console

    from app.cli.foretold import as_document, drawn
    from app.settings import load
    from app.wiring import open_database

    wanted = read_wanted(refs, inputs, keyword=keyword, shop=shop, category=category, first=first)
    settings = load(flags(replica, contexts, mode, profile))
    engine = open_database(settings)
    try:
        found = _plan(settings, engine, wanted, heeds_robots=ignore_robots is None)
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps(as_document(found), ensure_ascii=False))
    else:
        Console().print(drawn(found))


def _plan(settings: "Settings", engine: "Engine", wanted: Wanted, *, heeds_robots: bool) -> "Plan":
    from app.cli.foretold import Plan
    from app.pace.forecast import forecast
    from app.wiring import manners_of

    manners = manners_of(settings)
    profile = manners.profile(settings.site.profile)
    standing = manners.gate(engine, profile).standing()
    pages = _pages(engine, wanted, heeds_robots=heeds_robots and manners.robots)
    return Plan(
        wanted=wanted,
        pages=pages,
        profile=profile,
        pace=manners.pace,
        standing=standing,
        forecast=forecast(_stints(pages, manners.pace), standing, manners.pace),
        mode=settings.browser.mode,
        is_replica=settings.site.replica is not None,
    )


# What is asked for


def _pages(engine: "Engine", wanted: Wanted, *, heeds_robots: bool) -> "Pages":
    from app.cli.foretold import Pages
    from app.lists import request_for
    from app.refs import OfferRef

    if wanted.found_in is None:
        refs = wanted.intake.accepted if wanted.intake else ()
        return _known_pages(engine, refs, heeds_robots=heeds_robots)
    offers, lists = _listed(wanted)
    urls = (request_for(wanted.found_in, seed=0).url, OfferRef(offer_id="1").url)
    told = [_told_by_robots(engine, url) if heeds_robots else "" for url in urls]
    robots = sum(one is None for one in told)
    if told[0]:
        return Pages(offers=0, lists=0, robots=0, is_list=True, forbidden=1, rule=told[0])
    return Pages(offers=offers, lists=lists, robots=robots, is_list=True)


def _known_pages(engine: "Engine", refs: "tuple[OfferRef, ...]", *, heeds_robots: bool) -> "Pages":
    from app.cli.foretold import Pages
    from app.pace import robots

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


def _told_by_robots(engine: "Engine", url: str) -> str | None:
    """The rule that forbids the page, empty if none does; None if the file has yet to be had."""
    from app.pace import robots

    rules = robots.known(engine, urlsplit(url).netloc)
    if rules is None:
        return None
    verdict = rules.verdict(url)
    return verdict.rule if isinstance(verdict, robots.Disallowed) and not rules.closed else ""


def _listed(wanted: Wanted) -> tuple[int | None, int | None]:
    """Offers and pages of a list at most; None where only its first page tells."""
    from app.lists import SEARCH_MOST, SEARCH_PAGE, SHOP_PAGE, ListKind

    is_shop = wanted.kind == ListKind.SHOP
    most = None if is_shop else SEARCH_MOST
    offers = min((each for each in (most, wanted.first) if each is not None), default=None)
    size = SHOP_PAGE if is_shop else SEARCH_PAGE
    return offers, None if offers is None else -(-offers // size)


def _stints(pages: "Pages", pace: "Pace") -> "list[Stint]":
    """In what order; of a list that nobody knows only the first page is foretold."""
    from app.pace.forecast import Stint

    lists = pages.robots + (1 if pages.lists is None else pages.lists)
    return [
        Stint(pages=lists, gap=pace.gap_after("list")),
        Stint(pages=pages.offers or 0, gap=pace.gap_after("offer")),
    ]
