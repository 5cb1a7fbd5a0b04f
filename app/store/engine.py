"""Connections and transactions on SQLite and MySQL; what is written in them is elsewhere.

StoreError
├── DatabaseUnavailable   it does not answer, or the URL names none we can use
│   └── DatabaseFull      it answers, but has no space left
└── ValueRefused          it does not take a value of this item
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.store.faults import Fault, fault_of, sentence_of
from app.store.reuse import committed, reuse

T = TypeVar("T")

WRITES = "pwsync_writes"
"""Execution option of a transaction that takes SQLite's write lock at its beginning."""
SQLITE_SECONDS = 10
"""How long one writer waits for another."""
TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0
"""Seconds between two tries of a transaction; doubled each time, with jitter."""
TAKEN = "all connections to the database are taken"


class StoreError(Exception):
    """Base of what the store raises."""


class DatabaseUnavailable(StoreError):
    """The database does not answer, or cannot be used; one sentence, never the password."""


class DatabaseFull(DatabaseUnavailable):
    """The database has no space left; what is stored is safe."""


class ValueRefused(StoreError):
    """The database does not take a value of this item."""


def open_engine(url: str, *, pool_size: int = 5) -> Engine:
    """An engine for `sqlite:///PATH` or `mysql+pymysql://…`; connects only when first used.

    SQLite: the folder is made, WAL, synchronous FULL. MySQL: READ COMMITTED, strict, utf8mb4.
    Raises DatabaseUnavailable for a URL that names no database we can use.
    """
    place = _place(url)
    if place.get_backend_name() == "sqlite":
        return _open_sqlite(place, pool_size)
    return _open_mysql(place, pool_size)


def _place(url: str) -> URL:
    try:
        place = make_url(url)
    except ArgumentError:
        raise DatabaseUnavailable(
            "the database URL does not parse; write sqlite:///PATH or "
            "mysql+pymysql://USER:PASSWORD@HOST/NAME"
        ) from None  # the cause holds the password
    if place.get_backend_name() in {"mysql", "mariadb"}:
        place = place.set(drivername="mysql+pymysql")
    elif place.get_backend_name() != "sqlite":
        raise DatabaseUnavailable(f"{place.get_backend_name()} is no database pwsync knows")
    if not place.database:
        raise DatabaseUnavailable(f"{_shown(place)} names no database")
    return place


def _shown(place: URL) -> str:
    return place.set(query={}).render_as_string(hide_password=True)


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _open_sqlite(place: URL, pool_size: int) -> Engine:
    folder = Path(str(place.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise DatabaseUnavailable(f"{folder} cannot be made: {error.strerror}") from error
    engine = create_engine(
        place,
        pool_size=pool_size,
        pool_timeout=30,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={"timeout": SQLITE_SECONDS},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()
    _use_wal(connection)


def _use_wal(connection: Any) -> None:
    """Switch the file to WAL, once for its life: later connections only look.

    Two that switch a new file at the same moment get "locked" at once, without SQLite's waiting.
    """
    for left in reversed(range(SQLITE_SECONDS * 20)):
        try:
            if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                connection.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if not left or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            time.sleep(0.05)
        else:
            return


def _begin_sqlite(conn: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once with "database is locked"
    # when another has written in between, whatever the timeout; an immediate one waits its turn.
    writes = conn.get_execution_options().get(WRITES, False)
    conn.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _open_mysql(place: URL, pool_size: int) -> Engine:
    engine = create_engine(
        place.update_query_dict({"charset": "utf8mb4"}),
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        pool_timeout=30,
        pool_recycle=1800,
        pool_reset_on_return=None,  # `reuse` does it
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": 5,
            "read_timeout": 60,
            "write_timeout": 60,
            "init_command": (
                "SET SESSION sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = 10, "
                "time_zone = '+00:00'"
            ),
        },
    )
    reuse(engine)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes; committed at the end, rolled back by an exception."""
    with engine.connect().execution_options(**{WRITES: True}) as conn:
        with conn.begin():
            yield conn
        committed(conn)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent picture of the whole database, for as long as the block lasts.

    Raises DatabaseUnavailable; `consult` tries again first.
    """
    try:
        with _picture(engine) as conn:
            yield conn
    except PoolTimeout as error:
        raise DatabaseUnavailable(TAKEN) from error
    except DBAPIError as error:
        raise _translated(error, engine) from error


@contextmanager
def _picture(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as conn:
        if conn.dialect.name == "mysql":
            # as a statement: SQLAlchemy lets a broken connection's raw error out of its own option
            conn.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            conn.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        yield conn


def consult(engine: Engine, work: Callable[[Connection], T], *, tries: int = TRIES) -> T:
    """Run `work`, which only reads, in one consistent picture; again when the connection breaks.

    Raises DatabaseUnavailable.
    """
    return _tried(engine, _picture, work, tries)


def transact(engine: Engine, work: Callable[[Connection], T], *, tries: int = TRIES) -> T:
    """Run `work` in one transaction, the whole of it again after a deadlock or a lost connection.

    `work` may run several times, so it touches nothing but the connection. A connection lost in the
    middle of COMMIT may have committed: the work must find its own traces (`settling.commit` does).
    Raises DatabaseUnavailable, DatabaseFull, ValueRefused; other driver errors as they are.
    """
    return _tried(engine, writing, work, tries)


def _tried(
    engine: Engine,
    within: Callable[[Engine], AbstractContextManager[Connection]],
    work: Callable[[Connection], T],
    tries: int,
) -> T:
    for left in reversed(range(tries)):
        try:
            with within(engine) as conn:
                return work(conn)
        except PoolTimeout as error:
            raise DatabaseUnavailable(TAKEN) from error
        except DBAPIError as error:
            if not left or fault_of(error) not in {Fault.AGAIN, Fault.UNAVAILABLE}:
                raise _translated(error, engine) from error
        _pause(tries - left)
    raise AssertionError("unreachable: the last try returns or raises")


def _pause(tried: int) -> None:
    seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (tried - 1))
    time.sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret


def _translated(error: DBAPIError, engine: Engine) -> Exception:
    """Our error for a driver's error; bugs stay what they are."""
    said = f"{_shown(engine.url)}: {sentence_of(error)}"
    match fault_of(error):
        case Fault.FULL:
            return DatabaseFull(f"the database has no space left: {said}")
        case Fault.VALUE:
            return ValueRefused(f"the database refuses a value: {sentence_of(error)}")
        case Fault.AGAIN | Fault.UNAVAILABLE:
            return DatabaseUnavailable(f"the database does not answer: {said}")
        case Fault.UNUSABLE:
            return DatabaseUnavailable(f"the database cannot be used: {said}")
        case Fault.BUG:
            return error
