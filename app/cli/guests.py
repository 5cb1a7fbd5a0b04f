"""What is known of the profiles, and how it is told: without their secrets, in few words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from app.profiles.health import Health
    from app.profiles.values import Profile
    from app.runtime import Manners
    from app.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What the commands look things up in."""

    settings: "Settings"
    manners: "Manners"
    engine: "Engine"

    @classmethod
    def opened(cls, replica: str | None) -> Self:
        """By the settings in force. Raises SettingsError, DatabaseUnavailable, ProxyRefused."""
        from app.places import open_database
        from app.settings import load
        from app.wiring import manners_of

        settings = load({"site": {"replica": replica}})
        return cls(settings=settings, manners=manners_of(settings), engine=open_database(settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    def names(self) -> list[str]:
        from app.services import profiles

        return profiles.names(self.manners)

    def health(self, who: "Profile") -> "Health":
        from app.profiles import rows

        return rows.read(self.engine, self.manners.row(who))

    def told(self, name: str) -> dict[str, Any]:
        """Everything that may be shown of a profile, without its secrets."""
        from app.services import profiles

        found = profiles.told(self.engine, self.manners, name)
        who, health = found.who, found.health
        return {
            "name": name,
            "kind": "account" if who.keeps_cookies else "nobody",
            "state": str(health.state),
            "rest_until": _iso(health.rest_until),
            "reason": health.reason,
            "health": round(health.score, 2),
            "blocks": health.blocks,
            "pages": health.pages,
            "pages_today": found.pages_today,
            "per_day": found.per_day,
            "logged_in_as": health.logged_in_as,
            "logged_in_at": _iso(health.logged_in_at),
            "has_cookies": found.cookies_at is not None,
            "in_use_by": found.in_use_by,
            "egress": who.egress,
            "proxy": who.proxy.server if who.proxy else None,
        }

    def loss(self, who: "Profile") -> str:
        """What would be gone, counted."""
        from app.runs.states import find_unfinished

        health = self.health(who)
        has = "its cookies" if who.name in self.manners.jar.names() else "no cookies"
        waiting = [
            run.id
            for run in find_unfinished(self.engine)
            if run.options.get("profile") == who.name
            and bool(run.options.get("replica")) == bool(self.manners.realm)
        ]
        told = f"profile {who.name!r} with {has} and the memory of {health.pages:,} pages"
        runs = ", ".join(map(str, waiting))
        return f"{told}, which unfinished runs need ({runs})" if waiting else told


def _iso(at: "datetime | None") -> str | None:
    return at.isoformat() if at else None


def state(one: dict[str, Any]) -> str:
    if one["in_use_by"]:
        return f"in use by {one['in_use_by']}"
    until = f" until {_clock(one['rest_until'])}" if one["rest_until"] else ""
    why = f" ({one['reason']})" if one["reason"] else ""
    return f"{one['state']}{until}{why}"


def pages(one: dict[str, Any]) -> str:
    most = f" of {one['per_day']:,}" if one["per_day"] else ""
    return f"{one['pages_today']:,}{most}"


def login(one: dict[str, Any]) -> str:
    if one["kind"] == "nobody":
        return "nobody"
    if not one["has_cookies"]:
        return "nobody yet: pwsync login"
    since = f", {_clock(one['logged_in_at'])}" if one["logged_in_at"] else ""
    return f"{one['logged_in_as'] or 'somebody'}{since}"


def _clock(text: str) -> str:
    from datetime import datetime

    return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"
