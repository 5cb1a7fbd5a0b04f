"""From an exception to the settlement of the item it happened to: a table, walked top down.

The classes themselves carry the details (`reason`, `charged`, `permanent`, `rule`). An error that
is not the item's matter (no engine, no database, pool closed) settles nothing: it goes up to the
door.
"""

import logging
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from app.archive.values import ArchiveUnwritable
from app.extract import base as extract
from app.pace.values import GateClosed
from app.runs.outcomes import Blocked, Failed, Gone, Invalid, Retry, Settlement, Unreadable
from app.store.engine import StoreError, ValueRefused
from browsers import errors as browsers

PAUSES = (2.0, 8.0, 30.0)
"""Seconds before the second, third, … charged try."""
BUSY_PAUSE = 60.0
"""Seconds after a 429 or 5xx without Retry-After."""

_log = logging.getLogger(__name__)

Row = tuple[type[Exception], Callable[[Any, int], Settlement | None]]


def settlement_for(error: Exception, *, charges: int) -> Settlement | None:
    """What an error means for the item that was charged `charges` times before.

    None: not the item's matter; give it back and raise. A class without a row is a bug of ours,
    which fails this item with its name and leaves the others alone.
    """
    for kind, settle in TABLE:
        if isinstance(error, kind):
            return settle(error, charges)
    _log.error("a bug failed this item", exc_info=error)
    return Failed(reason=f"bug: {type(error).__name__}: {error}")


def _told(error: extract.ExtractError) -> str:
    where = " ".join(word for word in (error.rule, error.field) if word)
    return f"{error.type} {where}: {error}" if where else f"{error.type}: {error}"


def _pause(charges: int) -> float:
    return PAUSES[min(charges, len(PAUSES) - 1)]


def _page_went_wrong(error: browsers.RenderError, charges: int) -> Settlement:
    if error.permanent:
        return Failed(reason=f"{error.reason}: {error}")
    return Retry(
        reason=f"{error.reason}: {error}",
        charged=error.charged,
        seconds=error.retry_after or _pause(charges),
    )


def _busy(error: browsers.RenderError, _: int) -> Settlement:
    seconds = error.retry_after or BUSY_PAUSE
    return Retry(reason=f"{error.reason}: {error}", charged=False, seconds=seconds)


TABLE: tuple[Row, ...] = (
    (extract.Blocked, lambda error, _: Blocked(reason=error.rule)),
    (extract.Gone, lambda error, _: Gone(reason=error.rule)),
    (extract.Truncated, lambda error, n: Retry(reason=_told(error), seconds=_pause(n))),
    (extract.Invalid, lambda error, _: Invalid(reason=_told(error))),
    (extract.ExtractError, lambda error, _: Unreadable(reason=_told(error))),
    (ValidationError, lambda error, _: Invalid(reason=f"Invalid: {error.error_count()} rules")),
    (ValueRefused, lambda error, _: Invalid(reason=str(error))),
    (browsers.Busy, _busy),
    (browsers.ProxyFailed, _busy),
    (browsers.RenderError, _page_went_wrong),
    (browsers.Refused, lambda error, _: Failed(reason=f"refused: {error}")),
    (browsers.BrowserError, lambda *_: None),
    (GateClosed, lambda *_: None),
    (StoreError, lambda *_: None),
    (ArchiveUnwritable, lambda *_: None),
)
