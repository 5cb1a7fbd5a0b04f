"""What the doors of the server work with, as one value: no settings, nothing that asks a page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redis import Redis
from sqlalchemy import Engine

from app.export.orders import Orders
from app.images.files import Shelf
from app.logins.watched import Logins
from app.runtime import Manners

if TYPE_CHECKING:
    from app.schedule.sources import Batch


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The database, Redis and folders that an answer is made from."""

    engine: Engine
    redis: Redis | None
    """None where no redis_url is set: runs can be opened here and wait for `pwsync resume`."""
    folder: Path
    """The data folder."""
    archive: Path
    shelf: Shelf
    manners: Manners
    """Pace, profiles and cookies in force: what a plan is reckoned with."""
    mode: str
    attempts: int
    options: Mapping[str, Any] = field(default_factory=dict)
    """Options of every run that is opened here."""
    batches: "tuple[Batch, ...]" = ()
    logins: Logins | None = None
    """Logins that are shown to people; None where no browser may be opened."""
    orders: Orders | None = None
    """Exports that are made here; None where none are."""
    configure: Callable[[], Mapping[str, str]] = dict
    """The settings in force as they may be shown, by dotted name."""
    log_folder: Path | None = None
    """Where programs note what they do; `logs` in the data folder without it."""

    @property
    def logs(self) -> Path:
        """The folder of the logs."""
        return self.log_folder or self.folder / "logs"
