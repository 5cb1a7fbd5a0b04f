"""From an exception to one sentence and an exit code: a table, in the order of the rows."""

from typing import TYPE_CHECKING

from app.cli import exits

if TYPE_CHECKING:
    from app.runs.states import Run

TABLE = (
    ("app.settings", "SettingsError", exits.USAGE),
    ("app.refs", "RefError", exits.USAGE),
    ("app.lists", "ListRefError", exits.USAGE),
    ("app.filters.values", "FilterError", exits.USAGE),
    ("app.export.work", "ExportTorn", exits.UNBALANCED),
    ("app.export.values", "ExportError", exits.USAGE),
    ("app.cli.errors", "UsageError", exits.USAGE),
    ("app.soak.place", "PlaceTaken", exits.USAGE),
    ("app.groups.review", "PairUnknown", exits.USAGE),
    ("app.cli.errors", "Drifted", exits.DRIFT),
    ("app.quality.releasing", "CaseUnknown", exits.USAGE),
    ("app.quality.golden", "GoldenError", exits.USAGE),
    ("app.history.past", "VersionUnknown", exits.USAGE),
    ("app.history.movements", "SupplierUnknown", exits.USAGE),
    ("app.runs.states", "RunUnknown", exits.USAGE),
    ("app.runs.states", "RunClosed", exits.USAGE),
    ("app.runs.history", "HistoryUnreadable", exits.USAGE),
    ("app.profiles.values", "ProfileHeld", exits.HELD),
    ("app.profiles.jar", "NotLoggedIn", exits.LOGIN_NEEDED),
    ("app.profiles.values", "ProfileError", exits.USAGE),
    ("app.store.engine", "StoreError", exits.UNAVAILABLE),
    ("app.archive.checking", "BadShare", exits.USAGE),
    ("app.archive.values", "ArchiveUnwritable", exits.LIMIT),
    ("app.images.files", "ShelfFailed", exits.LIMIT),
    ("browsers.errors", "EngineMissing", exits.UNAVAILABLE),
    ("browsers.errors", "RenderError", exits.UNAVAILABLE),
    ("browsers.login", "LoginFailed", exits.LOGIN_NEEDED),
    ("browsers.login", "LoginBlocked", exits.PARKED),
    ("app.jobs.doorbell", "RedisUnavailable", exits.UNAVAILABLE),
    ("app.replica.serve", "ReplicaError", exits.UNAVAILABLE),
    ("app.supervision", "SupervisionFailed", exits.UNAVAILABLE),
    ("app.cli.own_redis", "RedisMissing", exits.UNAVAILABLE),
    ("app.cli.own_redis", "RedisHeld", exits.HELD),
)
"""(module, class, exit code) by name, so that explaining an error imports nothing."""


class Parked(Exception):
    """A run with this input waits for a person; typing it again does not un-park it."""

    def __init__(self, message: str, run: "Run") -> None:
        super().__init__(message)
        login = (run.reason or "").startswith("login")
        self.code = exits.LOGIN_NEEDED if login else exits.PARKED


class Drifted(Exception):
    """Pages are not read as before; typing the command again does not make them."""


class UsageError(Exception):
    """What was typed cannot be done; the message says why and what to type instead."""


def explain(error: BaseException) -> tuple[str, int]:
    """One line for a person and the exit code."""
    if isinstance(error, Parked):
        return str(error), error.code
    names = {(cls.__module__, cls.__name__) for cls in type(error).__mro__}
    for module, name, code in TABLE:
        if (module, name) in names:
            return str(error), code
    return f"unexpected {type(error).__name__}: {error} (-vv shows where)", exits.UNEXPECTED
