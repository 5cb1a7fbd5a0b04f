"""From settings to what the server's doors work with."""

import ipaddress
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from app.access.tokens import TokenFile
from app.export.orders import Orders
from app.logins.watched import Logins
from app.places import archive_folder, log_folder, shelf_of
from app.runs.owners import owner_name
from app.services.checkup.findings import Means
from app.services.desk import Desk
from app.settings import Settings
from app.timetable import batches_of
from app.wiring import launch_of, manners_of

if TYPE_CHECKING:
    from redis import Redis
    from sqlalchemy import Engine


def desk_of(settings: Settings, engine: "Engine", connection: "Redis | None") -> Desk:
    """Raises what a wrong setting of a profile or batch raises."""
    owner = owner_name()
    return Desk(
        engine=engine,
        redis=connection,
        folder=settings.data_dir,
        archive=archive_folder(settings),
        shelf=shelf_of(settings),
        manners=manners_of(settings),
        mode=str(settings.browser.mode),
        attempts=settings.run.attempts,
        options={
            "replica": settings.site.replica is not None,
            "profile": settings.site.profile,
        },
        batches=batches_of(settings),
        log_folder=log_folder(settings),
        logins=Logins(replace(launch_of(settings), headless=True), owner),
        orders=Orders(settings.data_dir / "exports", owner),
    )


def means_of(settings: Settings, desk: Desk) -> Means:
    """What a checkup looks at."""
    return Means(
        desk=desk,
        launch=launch_of(settings),
        contexts=settings.browser.contexts,
        host=settings.api.host,
        is_reachable=not is_loopback(settings.api.host),
        tokens=_counter(settings),
    )


def _counter(settings: Settings) -> Callable[[], int]:
    given = 1 if settings.api.token else 0
    return lambda: given + len(TokenFile(settings.data_dir).tokens())


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
