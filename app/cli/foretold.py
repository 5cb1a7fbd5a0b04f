"""What a sync would come to, on a screen; found out in `app.services.planning`."""

from datetime import datetime, timedelta

from rich.console import Group
from rich.table import Table
from rich.text import Text

from app.monitor.words import foreign
from app.pace.values import Pace
from app.services.planning import Pages, Plan
from app.services.wanted import Wanted


def drawn(found: Plan) -> Group:
    """One fact a line; what is out of the ordinary in colour."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bright_black", no_wrap=True)
    table.add_column(overflow="fold")
    for name, told, style in _lines(found):
        table.add_row(f"  {name}", foreign(told, 400, style=style, wrap=True))
    place = "a local 1688" if found.is_replica else "1688.com"
    head = Text.assemble(
        ("plan", "bold"), "  ", foreign(found.wanted.label, 80, "bold"),
        (f"  as {found.profile.name} from {found.profile.egress}, at {place}", "bright_black"),
    )  # fmt: skip
    return Group(head, table)


def _lines(found: Plan) -> list[tuple[str, str, str]]:
    """(name, what is told, style) of the facts there are."""
    when, pages = found.forecast, found.pages
    lines = [
        ("lines", _lines_told(found.wanted), ""),
        ("known", _known_told(found), ""),
        ("pages", _pages_told(pages, found.mode), ""),
        ("robots", _robots_told(pages), "magenta"),
        ("pace", _pace_told(found.pace), ""),
        ("budget", _budget_told(found), "yellow" if when.left_today == 0 else ""),
        ("quiet", f"{found.pace.quiet} ({found.pace.zone})" if found.pace.quiet else "", ""),
        ("closed", when.closed.why if when.closed else "", "magenta"),
        ("begins", _begins_told(found), ""),
        ("done", _done_told(found), "bold"),
    ]
    return [line for line in lines if line[1]]


def _lines_told(wanted: Wanted) -> str:
    intake = wanted.intake
    if intake is None:
        return ""
    parts = {
        "accepted": intake.accepted,
        "duplicate": intake.duplicates,
        "rejected": intake.rejected,
    }
    told = [f"{len(each):,} {word}" for word, each in parts.items() if each or word == "accepted"]
    read = sum(map(len, parts.values()))
    return f"{read:,} read: {', '.join(told)}" if len(told) > 1 else ""


def _known_told(found: Plan) -> str:
    stored, skipped = found.known.stored, len(found.known.skipped)
    if not stored:
        return ""
    return f"{stored:,} stored already" + (f", {skipped:,} skipped" if skipped else "")


def _pages_told(pages: Pages, mode: str) -> str:
    more = "; lean pages without state are loaded twice" if mode == "mixed" else ""
    if pages.total is None:
        return "the list's first page tells how many: a page for 30 offers, and one for each offer"
    kinds = {"offer": pages.offers, "list page": pages.lists, "robots.txt": pages.robots}
    parts = [
        f"{number:,} {word}{'s' if number != 1 and word != 'robots.txt' else ''}"
        for word, number in kinds.items()
        if number
    ]
    of = f": {' + '.join(parts)}" if len(parts) > 1 else ""
    return f"{'at most ' if pages.is_list else ''}{pages.total:,}{of}{more}"


def _robots_told(pages: Pages) -> str:
    if not pages.rule:
        return ""
    what = f"{pages.forbidden:,} offer{'' if pages.forbidden == 1 else 's'}"
    what = "the list" if pages.is_list else what
    return f"forbids {what}: {pages.rule} (--ignore-robots REASON leaves it aside)"


def _pace_told(pace: Pace) -> str:
    if pace.is_free:
        return "as fast as pages load"
    offer, listed = (
        "–".join(f"{each:g}" for each in pace.gap_after(kind)) for kind in ("offer", "list")
    )
    return f"{offer} s after an offer, {listed} s after a list's page"


def _budget_told(found: Plan) -> str:
    today = found.pace.day(found.standing.now)
    told = [
        f"{each.left(today):,} of {each.per_day:,} left today for {each.of}"
        for each in found.standing.accounts
        if each.per_day is not None
    ]
    return ", ".join(told)


def _begins_told(found: Plan) -> str:
    when, now = found.forecast, found.standing.now
    if when.begins is None:
        return "never, without you: `pwsync profile list` says what to do" if when.closed else ""
    return "now" if when.begins <= now else _in(when.begins, now)


def _done_told(found: Plan) -> str:
    when, now = found.forecast, found.standing.now
    if when.begins is None or found.pages.total is None or found.pace.is_free:
        return ""
    if when.ends is None:
        return "not within ten years: allow more pages a day"
    on = f", over {when.days:,} days" if when.days > 1 else ""
    return f"{_in(when.ends, now)}{on}, at the earliest"


def _in(at: datetime, now: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M} (in {_lasting(at - now)})"


def _lasting(length: timedelta) -> str:
    """`40 s`, `12 min`, `6 h 40 min`, `3 days 4 h`."""
    seconds = max(0, round(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days:,} day{'' if days == 1 else 's'} {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds} s"
