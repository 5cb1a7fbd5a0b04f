"""What the database and the disk of this machine have to say."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, text

from app.services.metrics.sample import Sample

SIZES = {
    "sqlite": ("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
    "mysql": (
        "SELECT SUM(data_length + index_length) FROM information_schema.tables "
        "WHERE table_schema = DATABASE()"
    ),
}
"""How large the database is, by its dialect; MySQL tells from statistics that it keeps."""


def of_database(conn: Connection) -> Iterator[Sample]:
    """How fast a question is answered that needs no table, and how large the tables are."""
    began = time.perf_counter()
    conn.execute(text("SELECT 1"))
    took = time.perf_counter() - began
    what = "Seconds that the database needs to answer the smallest question."
    yield Sample(name="pwsync_database_seconds", help=what, value=took)
    size = conn.scalar(text(SIZES[conn.dialect.name])) or 0
    what = "Bytes of the database, its indexes among them."
    yield Sample(name="pwsync_database_bytes", help=what, value=float(size))


def of_disk(folder: Path) -> Iterator[Sample]:
    """Room on the disk that the data folder is on; nothing while there is no such folder."""
    if not folder.is_dir():
        return
    found = shutil.disk_usage(folder)
    what = "Bytes that are free on the disk of the data folder."
    yield Sample(name="pwsync_disk_free_bytes", help=what, value=found.free)
    what = "Bytes of the disk of the data folder."
    yield Sample(name="pwsync_disk_bytes", help=what, value=found.total)
