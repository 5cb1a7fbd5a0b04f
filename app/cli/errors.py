"""From an exception to one sentence and an exit code: a table, in the order of the rows."""

from app.cli import exits

TABLE = (
    ("app.settings", "SettingsError", exits.USAGE),
    ("app.refs", "RefError", exits.USAGE),
    ("app.cli.errors", "UsageError", exits.USAGE),
    ("app.runs.states", "RunUnknown", exits.USAGE),
    ("app.runs.states", "RunClosed", exits.USAGE),
    ("app.runs.history", "HistoryUnreadable", exits.USAGE),
    ("app.store.engine", "StoreError", exits.UNAVAILABLE),
    ("browsers.errors", "EngineMissing", exits.UNAVAILABLE),
    ("app.jobs.doorbell", "RedisUnavailable", exits.UNAVAILABLE),
    ("app.replica.serve", "ReplicaError", exits.UNAVAILABLE),
    ("app.supervision", "SupervisionFailed", exits.UNAVAILABLE),
    ("app.cli.own_redis", "RedisMissing", exits.UNAVAILABLE),
    ("app.cli.own_redis", "RedisHeld", exits.HELD),
)
"""(module, class, exit code) by name, so that explaining an error imports nothing."""


class UsageError(Exception):
    """What was typed cannot be done; the message says why and what to type instead."""


def explain(error: BaseException) -> tuple[str, int]:
    """One line for a person and the exit code."""
    names = {(cls.__module__, cls.__name__) for cls in type(error).__mro__}
    for module, name, code in TABLE:
        if (module, name) in names:
            return str(error), code
    return f"unexpected {type(error).__name__}: {error} (-vv shows where)", exits.UNEXPECTED
