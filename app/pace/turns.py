"""Handing out turns to ask for a page, from the books that all workers share.

One transaction books a turn for profile, address and day together, so that budgets are exact over
any number of processes. Both rows of `turn` are locked first, in the order of their keys; whoever
holds them may write the `spending` of their subjects. If the database does not answer, that error
goes up and no page is asked for.
"""

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from app import models
from app.models import table
from app.pace.quiet import DAY
from app.pace.values import Account, Closed, Kind, Pace, Standing, Turn, Wait, next_turn
from app.store.clock import now
from app.store.engine import consult, transact
from app.store.text import keyable, storable
from app.store.upsert import upsert

TURN, SPENDING = table(models.Turn), table(models.Spending)
PROFILE = table(models.ProfileRow)

AHEAD_SECONDS = 5.0
"""Turns further ahead are not handed out yet: who waits for long may die, or be stopped, before."""
LATE_SECONDS = 5.0
"""A turn that was slept through for longer is taken anew: others may be asking at this moment."""
LONGEST_PAUSE = DAY
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_REASON = 1000


class Gate:
    """Hands out the turns of one profile behind one address; of every process the same."""

    def __init__(
        self,
        engine: Engine,
        pace: Pace,
        *,
        profile: str,
        per_day: int | None,
        egress: str,
        chance: random.Random | None = None,
    ) -> None:
        self._engine = engine
        self._pace = pace
        self._profile = profile
        self._subjects = (keyable(f"profile:{profile}"), keyable(f"egress:{egress}"))
        # keys of a replica begin with its realm, which says nothing to a person
        self._names = (f"profile {_bare(profile)}", f"address {_bare(egress)}")
        self._limits = (per_day, pace.egress_per_day)
        self._chance = chance or random.Random()  # noqa: S311 - jitter, not a secret
        self._least = 0.0

    @property
    def is_free(self) -> bool:
        """Whether nothing is rationed: then no turn is booked, only rests and pauses count."""
        return self._pace.is_free and self._limits == (None, None)

    def heed(self, delay: float | None) -> None:
        """Keep at least the gap that robots.txt asks for (Crawl-delay), in this process."""
        self._least = max(self._least, delay or 0.0)

    def standing(self) -> Standing:
        """How it stands now; books nothing. Raises DatabaseUnavailable."""
        return consult(self._engine, lambda conn: self._standing(conn, _rows(conn, self._subjects)))

    def book(self, kind: Kind) -> Turn | Wait | Closed:
        """The next turn, spent with this; or why there is none. Raises DatabaseUnavailable."""
        if self.is_free:
            return self._unbooked()
        return transact(self._engine, lambda conn: self._book(conn, kind))

    def stands(self, turn: Turn) -> bool:
        """Whether a turn that was waited for may still be used; if not, it is to be given back.

        Not when the profile was sent to rest meanwhile, the site asked for a pause, quiet hours
        began, or it was slept through. Raises DatabaseUnavailable.
        """
        found = self.standing()
        if found.rest or (found.pause and found.pause.until and found.pause.until > turn.at):
            return False
        if self._pace.quiet and self._pace.quiet.holds(found.now, self._pace.zone):
            return False
        return found.now - turn.at <= timedelta(seconds=LATE_SECONDS)

    def rest(self) -> Closed | None:
        """The profile's rest, if it is resting now or retired. Raises DatabaseUnavailable."""
        return consult(self._engine, lambda conn: _rest(conn, self._profile, _present(conn)))

    def give_back(self, turn: Turn) -> None:
        """No page was asked for with it. Raises DatabaseUnavailable."""
        if not self.is_free:
            transact(self._engine, lambda conn: self._return(conn, turn))

    def put_off(self, seconds: float, why: str) -> None:
        """The site wants to be left alone: nobody of this profile or address asks before.

        A pause that lasts longer already stays as it is. Raises DatabaseUnavailable.
        """
        pause = min(timedelta(seconds=max(0.0, seconds)), LONGEST_PAUSE)
        reason = storable(why, LONGEST_REASON)

        def work(conn: Connection) -> None:
            rows = self._locked(conn)
            until = _present(conn) + pause
            for subject in sorted(rows):
                known = rows[subject]["closed_until"]
                if known is None or known < until:
                    told = {"closed_until": until, "reason": reason}
                    conn.execute(update(TURN).where(TURN.c.subject == subject).values(told))

        transact(self._engine, work)

    def _unbooked(self) -> Turn | Wait | Closed:
        found = self.standing()
        at = next_turn(found, self._pace)
        if isinstance(at, Closed):
            return at
        if at > found.now:
            return Wait(seconds=_seconds(at - found.now))
        return Turn(seconds=0.0, at=at, next_at=at)

    def _book(self, conn: Connection, kind: Kind) -> Turn | Wait | Closed:
        found = self._standing(conn, self._locked(conn))
        at = next_turn(found, self._pace)
        if isinstance(at, Closed):
            return at
        away = _seconds(at - found.now)
        if away > AHEAD_SECONDS:
            return Wait(seconds=away - AHEAD_SECONDS)
        gap = self._chance.uniform(*self._pace.gap_after(kind, self._least))
        turn = Turn(seconds=away, at=at, next_at=at + timedelta(seconds=gap))
        later = update(TURN).where(TURN.c.subject.in_(self._subjects))
        conn.execute(later.values(next_at=turn.next_at))
        self._spend(conn, found, turn, 1)
        return turn

    def _return(self, conn: Connection, turn: Turn) -> None:
        found = self._standing(conn, self._locked(conn), since=turn.at)
        self._spend(conn, found, turn, -1)
        # only who booked last gives its time back, too: behind it others queue already
        last = (TURN.c.subject.in_(self._subjects), TURN.c.next_at == turn.next_at)
        conn.execute(update(TURN).where(*last).values(next_at=turn.at))

    def _spend(self, conn: Connection, found: Standing, turn: Turn, pages: int) -> None:
        day = self._pace.day(turn.at)
        spent = zip(self._subjects, found.accounts, strict=True)
        rows = [
            {"subject": subject, "day": day, "pages": max(0, each.spent.get(day, 0) + pages)}
            for subject, each in spent
        ]
        upsert(conn, SPENDING, sorted(rows, key=lambda row: str(row["subject"])))

    def _locked(self, conn: Connection) -> "Rows":
        """Both rows of `turn`, made where they are missing, held until the transaction ends."""
        rows = _rows(conn, self._subjects, lock=True)
        missing = [{"subject": each, "next_at": LONG_AGO} for each in sorted(self._subjects)]
        if len(rows) == len(missing):
            return rows
        ignoring = insert(TURN).prefix_with("IGNORE", dialect="mysql")
        conn.execute(ignoring.prefix_with("OR IGNORE", dialect="sqlite"), missing)
        return _rows(conn, self._subjects, lock=True)

    def _standing(self, conn: Connection, turns: "Rows", since: datetime | None = None) -> Standing:
        present = _present(conn)  # only now: it may have taken a while to get the locks
        pauses = [_pause(row) for row in turns.values()]
        return Standing(
            now=present,
            next_at=max((row["next_at"] for row in turns.values()), default=LONG_AGO),
            rest=_rest(conn, self._profile, present),
            pause=max(
                (each for each in pauses if each and each.until and each.until > present),
                key=lambda each: each.until or LONG_AGO,
                default=None,
            ),
            accounts=self._accounts(conn, min(present, since or present)),
        )

    def _accounts(self, conn: Connection, since: datetime) -> tuple[Account, ...]:
        wanted = (SPENDING.c.subject.in_(self._subjects), SPENDING.c.day >= self._pace.day(since))
        found = conn.execute(select(SPENDING).where(*wanted)).mappings().all()
        return tuple(
            Account(
                of=name,
                per_day=per_day,
                spent={row["day"]: row["pages"] for row in found if row["subject"] == subject},
            )
            for subject, name, per_day in zip(
                self._subjects, self._names, self._limits, strict=True
            )
        )


Rows = dict[str, Mapping[Any, Any]]


def _rows(conn: Connection, subjects: tuple[str, ...], *, lock: bool = False) -> Rows:
    found: Rows = {}
    for subject in sorted(subjects):  # one after the other: everybody locks them in this order
        query = select(TURN).where(TURN.c.subject == subject)
        row = conn.execute(query.with_for_update() if lock else query).mappings().first()
        if row is not None:
            found[subject] = row
    return found


def _bare(key: str) -> str:
    return key.rpartition(":")[2]


def _present(conn: Connection) -> datetime:
    found: datetime = conn.execute(select(now())).scalar_one()
    return found


def _pause(row: Mapping[Any, Any]) -> Closed | None:
    until = row["closed_until"]
    return Closed(until=until, why=row["reason"] or "the site asked for a pause") if until else None


def _rest(conn: Connection, profile: str, present: datetime) -> Closed | None:
    row = conn.execute(select(PROFILE).where(PROFILE.c.name == profile)).mappings().first()
    if row is None or row["state"] == "well":
        return None
    until = None if row["state"] == "retired" else row["rest_until"]
    if until is not None and until <= present:
        return None
    # the reason first: what a run is parked for decides its exit code
    return Closed(until=until, why=f"{row['reason'] or 'no reason kept'} (profile {row['state']})")


def _seconds(length: timedelta) -> float:
    return max(0.0, length.total_seconds())
