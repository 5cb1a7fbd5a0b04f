"""`pwsync plan`: what a sync would ask for, what is left to spend, when it would be done.

Takes what `sync` takes, asks nobody, and writes nothing down.
"""

import json
from typing import Annotated

import typer

from app.cli.inputs import Category, First, Inputs, Keyword, Refs, Shop, SkipSeen, read_wanted
from app.cli.sync import As, IgnoreRobots, flags
from app.cli.working import Contexts, Mode, Replica


def plan(
    refs: Refs = None,
    inputs: Inputs = None,
    keyword: Keyword = None,
    shop: Shop = None,
    category: Category = None,
    first: First = None,
    skip_seen: SkipSeen = None,
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

    from app.cli.foretold import drawn
    from app.places import open_database
    from app.services.planning import as_document
    from app.services.planning import plan as foretell
    from app.settings import load
    from app.wiring import manners_of

    wanted = read_wanted(
        refs,
        inputs,
        keyword=keyword,
        shop=shop,
        category=category,
        first=first,
        skip_seen=skip_seen,
    )
    settings = load(flags(replica, contexts, mode, profile))
    engine = open_database(settings)
    try:
        found = foretell(
            engine,
            manners_of(settings),
            wanted,
            profile=settings.site.profile,
            mode=settings.browser.mode,
            heeds_robots=ignore_robots is None,
        )
    finally:
        engine.dispose()
    if as_json:
        typer.echo(json.dumps(as_document(found), ensure_ascii=False))
    else:
        Console().print(drawn(found))
