"""Profiles as the command and the server's doors show them: health, budget, login, who waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Engine, select

from app import models
from app.models import table
from app.pace.values import Standing
from app.profiles import rows
from app.profiles.health import LOGIN, Health, State
from app.profiles.values import GUEST, Profile
from app.runs import parking, states
from app.runs.outcomes import Ending, RunState
from app.runs.states import Run
from app.runtime import Manners
from app.services.desk import Desk
from app.store.engine import reading

ATTEMPT = table(models.Attempt)
LOOKED_AT = 10
"""Runs of a profile, the latest ones, in which its last block is looked for."""


class Word(StrEnum):
    """How a profile stands, in one word."""

    WELL = "well"
    RESTING = "resting"
    """After a block, for a while; then it goes on by itself."""
    PARKED = "parked"
    """Blocked too often: waits until a person says that the site may be asked again."""
    NEEDS_LOGIN = "needs_login"
    """Nobody is logged in, or not any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Everything that may be shown of a profile: none of its secrets."""

    who: Profile
    health: Health
    standing: Standing
    pages_today: int
    left_today: int | None
    """Pages that its own budget and that of its address leave; None is without end."""
    cookies_at: datetime | None
    """When its cookies were written; None while it has none."""

    @property
    def name(self) -> str:
        return self.who.name

    @property
    def per_day(self) -> int | None:
        return self.standing.accounts[0].per_day

    @property
    def in_use_by(self) -> str | None:
        return self.health.holder_at(self.standing.now)

    @property
    def word(self) -> Word:
        """Its state; what a person can do about it comes first."""
        is_retired = self.health.state is State.RETIRED
        asked_for_login = is_retired and (self.health.reason or "").startswith(LOGIN)
        if self.who.keeps_cookies and (self.cookies_at is None or asked_for_login):
            return Word.NEEDS_LOGIN
        if is_retired:
            return Word.PARKED
        return Word.RESTING if self.health.state is State.RESTING else Word.WELL


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A page that the site refused to a profile."""

    run_id: int
    at: datetime
    reason: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Profiled:
    """A profile and what hangs on it."""

    told: Told
    waiting: Sequence[Run]
    """Parked runs, oldest first."""
    last_block: Block | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldUp:
    """Parked runs of a profile."""

    name: str
    runs: Sequence[Run]
    """Oldest first, one at least."""

    @property
    def is_account(self) -> bool:
        """Whether somebody can log in as it."""
        return self.name != GUEST

    @property
    def reason(self) -> str | None:
        return self.runs[-1].reason

    @property
    def until(self) -> datetime | None:
        """When they go on by themselves; None if one of them waits for a person."""
        ends = [run.parked_until for run in self.runs]
        known = [end for end in ends if end is not None]
        return max(known) if len(known) == len(ends) else None

    @property
    def wants_login(self) -> bool:
        """Whether the site asked for a login that a person can give."""
        asked = any((run.reason or "").startswith(LOGIN) for run in self.runs)
        return asked and self.is_account


def names(manners: Manners) -> list[str]:
    """All profiles there are, `guest` first."""
    return [GUEST, *sorted({*manners.profiles, *manners.jar.names()} - {GUEST})]


def told(engine: Engine, manners: Manners, name: str) -> Told:
    """How a profile stands. Raises ProfileUnknown."""
    who = manners.profile(name)
    standing = manners.gate(engine, who).standing()
    today = manners.pace.day(standing.now)
    return Told(
        who=who,
        health=rows.read(engine, manners.row(who)),
        standing=standing,
        pages_today=standing.accounts[0].spent.get(today, 0),
        left_today=standing.left(today),
        cookies_at=manners.jar.written_at(name) if who.keeps_cookies else None,
    )


def listed(desk: Desk) -> list[Profiled]:
    """All profiles, `guest` first."""
    parked = waiting(desk)
    return [_profiled(desk, name, parked) for name in names(desk.manners)]


def one(desk: Desk, name: str) -> Profiled:
    """One profile. Raises ProfileUnknown."""
    return _profiled(desk, name, waiting(desk))


def _profiled(desk: Desk, name: str, parked: Sequence[Run]) -> Profiled:
    found = told(desk.engine, desk.manners, name)
    return Profiled(
        told=found,
        waiting=[run for run in parked if profile_of(run) == name],
        last_block=last_block(desk, name) if found.health.blocks else None,
    )


def waiting(desk: Desk) -> list[Run]:
    """Parked runs of the site that is asked here, oldest first."""
    found = states.find_unfinished(desk.engine)
    return [run for run in found if run.state is RunState.PARKED and is_here(desk.manners, run)]


def held_up(desk: Desk) -> list[HeldUp]:
    """What waits, by profile; those that need a person come first."""
    found: dict[str, list[Run]] = {}
    for run in waiting(desk):
        found.setdefault(profile_of(run), []).append(run)
    held = [HeldUp(name=name, runs=runs) for name, runs in sorted(found.items())]
    return sorted(held, key=lambda one: (not one.wants_login, one.until is not None))


def held_up_run(run: Run) -> HeldUp | None:
    """The same of one run; None if it is not parked."""
    if run.state is not RunState.PARKED:
        return None
    return HeldUp(name=profile_of(run), runs=[run])


def profile_of(run: Run) -> str:
    """The name of the profile that a run asks as."""
    return str(run.options.get("profile") or GUEST)


def is_here(manners: Manners, run: Run) -> bool:
    """Whether a run is of the site that is asked here: the real one, or a local one."""
    return bool(run.options.get("replica")) == bool(manners.realm)


def last_block(desk: Desk, name: str) -> Block | None:
    """The latest page that was refused in the latest runs of a profile."""
    runs = [
        run.id
        for run in states.recent_runs(desk.engine, 10 * LOOKED_AT)
        if profile_of(run) == name and is_here(desk.manners, run)
    ][:LOOKED_AT]
    refused = (ATTEMPT.c.run_id.in_(runs), ATTEMPT.c.ending == str(Ending.WAITED))
    query = select(ATTEMPT.c.run_id, ATTEMPT.c.ended_at, ATTEMPT.c.reason).where(*refused)
    with reading(desk.engine) as conn:
        row = conn.execute(query.order_by(ATTEMPT.c.ended_at.desc()).limit(1)).first()
    return row and Block(run_id=row.run_id, at=row.ended_at, reason=row.reason)


def end_rest(engine: Engine, manners: Manners, run: Run) -> list[int]:
    """A person says that the site may be asked again: the run's profile rests no longer.

    The other runs that were parked with it go on, too; their ids. Raises ProfileUnknown.
    """
    profile = manners.profile(profile_of(run))
    rows.revive(engine, manners.row(profile))
    return parking.release(engine, profile.name, replica=bool(manners.realm))
