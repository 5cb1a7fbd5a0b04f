"""Where this installation keeps what it has: its database and its folders.

Apart from `wiring`, so that a command which only reads the database loads no browser.
"""

from pathlib import Path

from sqlalchemy import Engine

from app.images.files import Shelf
from app.profiles.jar import Jar
from app.settings import Settings
from app.store.engine import open_engine
from app.store.schema import migrate

CONNECTIONS = 7
"""As many as threads that keep books (2), those that fetch pictures (2), and 3 who look."""


def open_database(settings: Settings) -> Engine:
    """The database in force, brought to the newest schema. Raises DatabaseUnavailable."""
    engine = open_engine(settings.database, pool_size=CONNECTIONS)
    migrate(engine)
    return engine


def archive_folder(settings: Settings) -> Path:
    """Where documents are kept."""
    return settings.data_dir / "archive"


def shelf_of(settings: Settings) -> Shelf:
    """Where pictures are kept."""
    return Shelf(folder=settings.data_dir / "images")


def jar_of(settings: Settings) -> Jar:
    """Where cookies are kept; a replica's apart from the real site's."""
    folder = "profiles" if settings.site.replica is None else "replica-profiles"
    return Jar(settings.data_dir / folder)


def log_folder(settings: Settings) -> Path:
    """Where programs note what they do."""
    return settings.log.folder or settings.data_dir / "logs"
