"""Alerts in the transaction of the offer they are about: what was crossed, and what is to be told.

The offer's row is locked by whoever stores it, so that two workers never cross one line twice; a
killed one has crossed nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from app import models
from app.alerts.rules import Alert, News, message, of_view
from app.items import OfferItem
from app.models import table
from app.store.changes import Observation
from app.store.clock import now
from app.store.offers import OFFER, Saved

RUN = table(models.Run)
STATE, FIRING = table(models.AlertState), table(models.AlertFiring)
QUEUED, SENT, FAILED, UNSENT = "queued", "sent", "failed", "unsent"
SUPPLIER_NAMES = ("member_id", "login_id", "company_name")


def watch(
    conn: Connection,
    alerts: Sequence[Alert],
    item: OfferItem | None,
    saved: Saved,
    seen: Observation,
) -> int:
    """Write what the alerts make of a page that was stored; how many have fired.

    `item` is None of an offer that is gone.
    """
    named = [one for one in alerts if one.offers is None or saved.offer_id in one.offers]
    if not named:
        return 0
    news = News(item=item, differences=of_view(saved.differences, seen.view))
    told = [(one, said) for one in named if (said := one.condition.told(news)) is not None]
    look = _Look(conn=conn, saved=saved, seen=seen)
    return sum(look.fire(one, said) for one, said in told if look.is_watched(one))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """One look of one buyer at one offer, within a transaction."""

    conn: Connection
    saved: Saved
    seen: Observation

    def is_watched(self, alert: Alert) -> bool:
        """Whether the offer's supplier and the run are those that the alert is about."""
        if alert.supplier is not None:
            told = self._ask(select(OFFER.c.supplier).where(OFFER.c.offer_id == self._offer_id))
            if alert.supplier not in [told.get(name) for name in SUPPLIER_NAMES]:
                return False
        if alert.batch is not None:
            options = self._ask(select(RUN.c.options).where(RUN.c.id == self.seen.run_id))
            return bool(options.get("batch") == alert.batch)
        return True

    def fire(self, alert: Alert, told: str) -> bool:
        """Write a firing, unless the line was crossed before or is no longer."""
        if alert.condition.is_level and not self._crosses(alert, now_over=bool(told)):
            return False
        return bool(told) and self._write(alert, told)

    def _crosses(self, alert: Alert, *, now_over: bool) -> bool:
        own = [STATE.c[name] == value for name, value in self._key(alert).items()]
        was_over = self.conn.scalar(select(STATE.c.since).where(*own)) is not None
        if now_over and not was_over:
            self.conn.execute(insert(STATE), self._key(alert) | {"since": self.seen.observed_at})
        if was_over and not now_over:
            self.conn.execute(delete(STATE).where(*own))
        return now_over and not was_over

    def _write(self, alert: Alert, told: str) -> bool:
        once = self._key(alert) | {"version": self.saved.version}
        again = select(FIRING.c.id).where(
            *(FIRING.c[name] == value for name, value in once.items())
        )
        if self.conn.scalar(again.limit(1)) is not None:
            return False
        query = select(OFFER.c.title, OFFER.c.url).where(OFFER.c.offer_id == self._offer_id)
        title, url = self.conn.execute(query).one()
        text = message(alert, told, title=title, url=url)
        row = once | {"run_id": self.seen.run_id, "subject": text.subject, "body": text.body}
        for target in alert.targets or ("",):
            state = {"target": target, "state": QUEUED if target else UNSENT, "attempts": 0}
            times = {"fired_at": now(), "not_before": now()}
            self.conn.execute(insert(FIRING).values(row | state | times))
        return True

    def _key(self, alert: Alert) -> dict[str, Any]:
        own = {"alert": alert.name, "mark": alert.mark}
        return {**own, "offer_id": self._offer_id, "view": self.seen.view}

    @property
    def _offer_id(self) -> str:
        return self.saved.offer_id

    def _ask(self, query: Any) -> dict[str, Any]:
        found: dict[str, Any] | None = self.conn.scalar(query)
        return found or {}
