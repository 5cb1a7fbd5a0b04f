"""Taking a MySQL connection from the pool and giving it back without asking the server each time.

A round trip costs as much as a short statement. A connection that was used a moment ago is not
asked whether it is alive; one whose transaction was just committed is not told to roll back.
"""

import time
from typing import Any

from pymysql.err import Error
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import PoolResetState

IDLE_SECONDS = 1.0
"""A connection that lay so long is asked first: the server may have been restarted meanwhile."""
_GIVEN_BACK, _COMMITTED = "pwsync_given_back", "pwsync_committed"


def reuse(engine: Engine) -> None:
    """Watch the connections of an engine whose own ping and rollback on return are off."""
    event.listen(engine, "checkout", _ask_if_idle)
    event.listen(engine, "checkin", _note_time)
    event.listen(engine, "reset", _end_what_is_open)


def committed(conn: Connection) -> None:
    """Say of a connection that is about to be given back that it has nothing open."""
    conn.info[_COMMITTED] = True


def _ask_if_idle(connection: Any, record: Any, _: object) -> None:
    given_back = record.info.get(_GIVEN_BACK)
    if given_back is None or time.monotonic() - given_back < IDLE_SECONDS:
        return  # new, or just used
    try:
        connection.ping(reconnect=False)
    except (Error, OSError) as error:
        raise InvalidatePoolError("the connection is gone") from error  # the pool makes another


def _note_time(_: object, record: Any) -> None:
    record.info[_GIVEN_BACK] = time.monotonic()


def _end_what_is_open(connection: Any, record: Any, state: PoolResetState) -> None:
    if not (record.info.pop(_COMMITTED, False) or state.transaction_was_reset):
        connection.rollback()
