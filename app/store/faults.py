"""What a database error means for us: a table from the drivers' codes to a consequence.

Pure; `app.store.engine` acts on it.
"""

import sqlite3
from enum import StrEnum

from sqlalchemy.exc import DBAPIError


class Fault(StrEnum):
    """What to do about a database error."""

    AGAIN = "again"
    """Nothing was committed: run the whole transaction again."""
    UNAVAILABLE = "unavailable"
    """No connection, or the connection broke: try again, then say so."""
    UNUSABLE = "unusable"
    """It refuses us, or is no database: trying again does not help."""
    FULL = "full"
    """No space left: stop, keep what is stored."""
    VALUE = "value"
    """A value this database does not take: the item's fault."""
    BUG = "bug"
    """Anything else is ours and must be seen."""


MYSQL = {
    1205: Fault.AGAIN,  # lock wait timeout
    1213: Fault.AGAIN,  # deadlock
    1020: Fault.AGAIN,  # record changed since last read (MariaDB)
    1412: Fault.AGAIN,  # a table was altered after this picture was taken
    1040: Fault.UNAVAILABLE,  # too many connections
    1044: Fault.UNUSABLE,  # access to the database denied
    1045: Fault.UNUSABLE,  # wrong user or password
    1049: Fault.UNUSABLE,  # no such database
    1053: Fault.UNAVAILABLE,  # server shuts down
    1290: Fault.UNUSABLE,  # server is read-only
    1698: Fault.UNUSABLE,  # access denied by plugin
    1927: Fault.UNAVAILABLE,  # connection was killed
    2002: Fault.UNAVAILABLE,  # no socket
    2003: Fault.UNAVAILABLE,  # no answer
    2006: Fault.UNAVAILABLE,  # gone away
    2013: Fault.UNAVAILABLE,  # lost during the query
    2014: Fault.UNAVAILABLE,  # commands out of sync after a broken read
    2055: Fault.UNAVAILABLE,  # lost, with the system's error
    1021: Fault.FULL,  # disk full
    1030: Fault.FULL,  # storage engine says no (errno 28)
    1114: Fault.FULL,  # table is full
    1153: Fault.VALUE,  # larger than max_allowed_packet
    1264: Fault.VALUE,  # number out of range
    1366: Fault.VALUE,  # text that is not in the character set
    1406: Fault.VALUE,  # text too long
    3140: Fault.VALUE,  # invalid JSON
}

SQLITE = {
    sqlite3.SQLITE_BUSY: Fault.AGAIN,
    sqlite3.SQLITE_LOCKED: Fault.AGAIN,
    sqlite3.SQLITE_CANTOPEN: Fault.UNUSABLE,
    sqlite3.SQLITE_READONLY: Fault.UNUSABLE,
    sqlite3.SQLITE_NOTADB: Fault.UNUSABLE,
    sqlite3.SQLITE_CORRUPT: Fault.UNUSABLE,
    sqlite3.SQLITE_IOERR: Fault.UNAVAILABLE,
    sqlite3.SQLITE_PERM: Fault.UNUSABLE,
    sqlite3.SQLITE_FULL: Fault.FULL,
    sqlite3.SQLITE_TOOBIG: Fault.VALUE,
}


def fault_of(error: DBAPIError) -> Fault:
    """The consequence of a driver's error."""
    if error.connection_invalidated:
        return Fault.UNAVAILABLE
    if isinstance(error.orig, sqlite3.Error):
        extended = getattr(error.orig, "sqlite_errorcode", 0)
        return SQLITE.get(extended & 0xFF, Fault.BUG)  # the low byte is the primary code
    code = error.orig.args[0] if error.orig and error.orig.args else None
    return MYSQL.get(code, Fault.BUG) if isinstance(code, int) else Fault.BUG


def sentence_of(error: DBAPIError) -> str:
    """What the driver said, in one line without the statement and its values."""
    args = error.orig.args if error.orig else ()
    text = str(args[-1]) if args else type(error).__name__
    return text.splitlines()[0] if text else type(error).__name__
