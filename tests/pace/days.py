"""Small tools for tests of the pace: any hour of the day, by a zone that shows it; time passing."""

from datetime import UTC, datetime, time, timedelta, timezone

from sqlalchemy import Engine, select, text

from app import models
from app.models import table
from app.pace.turns import Gate
from app.pace.values import Pace
from app.store.clock import now
from app.store.engine import consult, transact
from tests.runs.books import LATER

TURN, SPENDING, PROFILE = (
    table(each) for each in (models.Turn, models.Spending, models.ProfileRow)
)
MOVED = {"turn": ("next_at", "closed_until"), "profile": ("rest_until",)}


def pace(**changes) -> Pace:
    """A pace of nothing but what is named."""
    free = {"gap": (0.0, 0.0), "list_gap": (0.0, 0.0), "per_day": None, "egress_per_day": None}
    return Pace(**free | {"quiet": None, "zone": UTC, "floor": 0.0} | changes)


def gate(engine: Engine, of: Pace, *, profile: str = "anna", egress: str = "direct") -> Gate:
    return Gate(engine, of, profile=profile, per_day=of.per_day, egress=egress)


def clock(engine: Engine) -> datetime:
    return consult(engine, lambda conn: conn.execute(select(now())).scalar_one())


def showing(engine: Engine, wall: time) -> timezone:
    """A zone whose clocks show `wall` at this moment."""
    present = clock(engine)
    shown = datetime.combine(present.date(), wall, UTC)
    return timezone(shown - present)


def pass_time(engine: Engine, seconds: float) -> None:
    """Let whatever is due be `seconds` nearer, as if the clock had gone on."""

    def work(conn) -> None:
        moved = LATER[engine.dialect.name]
        for name, columns in MOVED.items():
            sets = ", ".join(f"{each} = {moved.format(each)}" for each in columns)
            conn.execute(text(f"UPDATE {name} SET {sets}"), {"seconds": seconds})

    transact(engine, work)


def spent(engine: Engine) -> dict[tuple[str, str], int]:
    """Pages by subject and day."""
    rows = consult(engine, lambda conn: conn.execute(select(SPENDING)).all())
    return {(row.subject, row.day.isoformat()): row.pages for row in rows}


def totals(engine: Engine) -> dict[str, int]:
    """Pages by subject over all days."""
    found: dict[str, int] = {}
    for (subject, _), pages in spent(engine).items():
        found[subject] = found.get(subject, 0) + pages
    return found


def spend(engine: Engine, subject: str, day, pages: int) -> None:
    row = {"subject": subject, "day": day, "pages": pages}
    transact(engine, lambda conn: conn.execute(SPENDING.insert(), row))


def put_profile(engine: Engine, name: str, state: str, seconds: float | None, reason: str) -> None:
    """The row of a profile that rests for so many seconds more, or is retired."""
    present = clock(engine)
    row = {
        "name": name,
        "state": state,
        "level": 1,
        "score": 0.5,
        "good": 0,
        "pages": 9,
        "blocks": 1,
        "rest_until": None if seconds is None else present + timedelta(seconds=seconds),
        "reason": reason,
        "created_at": present,
    }
    transact(engine, lambda conn: conn.execute(PROFILE.insert(), row))
