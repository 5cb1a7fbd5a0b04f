"""From declared batches to such as can be fired: when they are, and how their runs are opened."""

from pathlib import Path

from app.lists import list_of
from app.schedule import batches, sources
from app.schedule.ticker import RunOpener
from app.sections import Batch as DeclaredBatch
from app.settings import Settings, config_path


def batches_of(settings: Settings) -> tuple[sources.Batch, ...]:
    """The declared batches. A relative file lies beside the configuration file that names it."""
    found = config_path()
    folder = found.parent if found else Path()
    return tuple(_batch(one, folder.absolute()) for one in settings.batch)


def _batch(declared: DeclaredBatch, folder: Path) -> sources.Batch:
    return sources.Batch(
        name=declared.name,
        timetable=batches.Timetable(cron=declared.cron, zone=batches.read_zone(declared.tz)),
        catchup=batches.read_duration(declared.catchup),
        source=_source(declared, folder),
        limit=declared.limit,
        profile=declared.profile,
        ignore_robots=declared.ignore_robots,
    )


def _source(declared: DeclaredBatch, folder: Path) -> sources.Source:
    if declared.file is not None:
        return sources.RefFile(path=folder / declared.file.expanduser())
    if listed := list_of(declared.keyword, declared.shop, declared.category):
        return sources.ListedOffers(ref=listed)
    return sources.StaleOffers(older=batches.read_duration(declared.stale or "0"))


def opener_of(settings: Settings) -> RunOpener:
    """How the runs of batches are opened."""
    options = {
        "replica": settings.site.replica is not None,
        "profile": settings.site.profile,
    }
    return RunOpener(attempts=settings.run.attempts, options=options)
