"""Parked runs: why they wait and for how long, and who lets them go on.

A run goes on by itself when its time has come (`wake`), when its profile is well again
(`release`: a login, a person's word), or when a person resumes it (`states.resume`).
"""

from datetime import datetime

from sqlalchemy import Connection, Engine, select

from app import models
from app.models import table
from app.runs.outcomes import RunState
from app.runs.states import Run, go_on, move
from app.store.clock import now
from app.store.engine import consult, transact

RUN = table(models.Run)


def park(engine: Engine, run_id: int, reason: str, until: datetime | None = None) -> Run:
    """Hand out no more items until `until`, or until a person resumes; a paused run stays paused.

    Raises RunUnknown, RunClosed, DatabaseUnavailable.
    """

    def work(conn: Connection) -> Run:
        return move(conn, run_id, RunState.PARKED, reason, parked_until=until)

    return transact(engine, work)


def wake(engine: Engine) -> list[int]:
    """Let the runs go on whose time has come; their ids. Cheap while there are none."""
    due = (RUN.c.state == str(RunState.PARKED), RUN.c.parked_until <= now())
    found = select(RUN.c.id).where(*due).order_by(RUN.c.id)
    if not consult(engine, lambda conn: list(conn.scalars(found))):
        return []

    def work(conn: Connection) -> list[int]:
        woken = list(conn.scalars(found.with_for_update()))
        return [go_on(conn, run_id).id for run_id in woken]

    return transact(engine, work)


def release(engine: Engine, profile: str, *, replica: bool) -> list[int]:
    """Let the parked runs of a profile go on, since nothing holds it back any more; their ids.

    One that is held back by something else (a budget, quiet hours) parks again at its next turn.
    """

    def work(conn: Connection) -> list[int]:
        parked = select(RUN.c.id, RUN.c.options).where(RUN.c.state == str(RunState.PARKED))
        rows = conn.execute(parked.order_by(RUN.c.id).with_for_update()).all()
        wanted = {"profile": profile, "replica": replica}
        defaults = {"profile": "guest", "replica": False}
        own = [row.id for row in rows if wanted.items() <= (defaults | _told(row.options)).items()]
        return [go_on(conn, run_id).id for run_id in own]

    return transact(engine, work)


def _told(options: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}
