"""How the profiles fare at the site, and what is left of the day's pages."""

from collections.abc import Iterator, Sequence

from app.pace import budgets
from app.profiles import rows
from app.profiles.health import Health, State
from app.profiles.values import GUEST, Profile
from app.services.desk import Desk
from app.services.metrics.sample import Sample


def of_guests(desk: Desk) -> Iterator[Sample]:
    """Profiles by name, those of the desk's realm. Raises DatabaseUnavailable."""
    manners = desk.manners
    known = {health.name: health for health in rows.listing(desk.engine)}
    names = {GUEST, *manners.profiles, *manners.jar.names()}
    here = [manners.profile(name) for name in sorted(names)]
    for profile in here:
        yield from _health(profile.name, known.get(manners.row(profile)))
    yield from _budgets(desk, here)


def _health(name: str, found: Health | None) -> Iterator[Sample]:
    health = found or Health(name=name)
    labels = (("profile", name),)
    what = "1 while the profile may ask, 0 while it rests or waits for a person."
    value = int(health.state is State.WELL)
    yield Sample(name="pwsync_profile_well", help=what, value=value, labels=labels)
    what = "Health of a profile: 1 is well, 0 is spent."
    yield Sample(name="pwsync_profile_score", help=what, value=health.score, labels=labels)
    what = "Pages that the site showed a profile."
    yield Sample(name="pwsync_profile_pages_total", help=what, value=health.pages, labels=labels)
    what = "Times that the site refused a profile."
    yield Sample(name="pwsync_profile_blocks_total", help=what, value=health.blocks, labels=labels)


def _budgets(desk: Desk, here: Sequence[Profile]) -> Iterator[Sample]:
    """Pages of today of each profile and address, and how many are left where they are rationed."""
    pace, realm = desk.manners.pace, desk.manners.realm
    limits = {f"profile:{realm}{one.name}": one.per_day or pace.per_day for one in here}
    limits |= {f"egress:{realm}{one.egress}": pace.egress_per_day for one in here}
    for subject, account in budgets.today(desk.engine, pace, limits).items():
        kind, _, name = subject.partition(":")
        labels = (("of", kind), ("name", name.removeprefix(realm)))
        (day, spent), *_ = account.spent.items()
        what = "Pages asked for today, by profile and by address."
        yield Sample(name="pwsync_pages_today", help=what, value=spent, labels=labels)
        left = account.left(day)
        if left is not None:
            what = "Pages that are left of today's budget; not told where there is none."
            yield Sample(name="pwsync_budget_left", help=what, value=left, labels=labels)
