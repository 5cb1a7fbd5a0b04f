"""Points in time as people type them on a command line: a date, a time, or how long ago."""

from datetime import UTC, datetime, timedelta

from app.cli.errors import UsageError
from app.cli.working import UNITS, seconds_of


def moment(text: str) -> datetime:
    """`2026-11-05`, `2026-11-05T10:30`, or `90s`, `30m`, `2h`, `7d` ago. Raises UsageError.

    A date or time without a zone is of this machine's.
    """
    if text[-1:] in UNITS and text[:1].isdigit() and "-" not in text:
        return datetime.now(UTC) - timedelta(seconds=seconds_of(text) or 0)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{text} is no time; write 2026-11-05, 2026-11-05T10:30, or 2h or 7d for that long ago"
        ) from None
