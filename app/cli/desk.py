"""From settings to what the server's doors work with."""

from dataclasses import replace
from typing import TYPE_CHECKING

from app.logins.watched import Logins
from app.noting import log_folder
from app.runs.owners import owner_name
from app.services.desk import Desk
from app.settings import Settings
from app.wiring import archive_folder, batches_of, launch_of, manners_of, shelf_of

if TYPE_CHECKING:
    from redis import Redis
    from sqlalchemy import Engine


def desk_of(settings: Settings, engine: "Engine", connection: "Redis | None") -> Desk:
    """Raises what a wrong setting of a profile or batch raises."""
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
        logins=Logins(replace(launch_of(settings), headless=True), owner_name()),
    )
