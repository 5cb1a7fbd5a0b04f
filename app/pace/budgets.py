"""What is left of the day's pages, for many profiles and addresses at once; books nothing."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from app import models
from app.models import table
from app.pace.values import Account, Pace
from app.store.clock import now
from app.store.engine import consult
from app.store.text import keyable

SPENDING = table(models.Spending)


def today(engine: Engine, pace: Pace, limits: Mapping[str, int | None]) -> dict[str, Account]:
    """The accounts of subjects (`profile:NAME`, `egress:NAME`), each with its pages a day.

    Raises DatabaseUnavailable.
    """

    def work(conn: Connection) -> dict[str, Account]:
        present: datetime = conn.execute(select(now())).scalar_one()
        day = pace.day(present)
        keys = {keyable(subject): subject for subject in limits}
        wanted = (SPENDING.c.subject.in_(sorted(keys)), SPENDING.c.day == day)
        query = select(SPENDING.c.subject, SPENDING.c.pages).where(*wanted)
        spent = {keys[key]: pages for key, pages in conn.execute(query)}
        return {
            subject: Account(of=subject, per_day=most, spent={day: spent.get(subject, 0)})
            for subject, most in limits.items()
        }

    return consult(engine, work)
