"""The database: whether it answers, has the newest tables, and keeps what it is told exactly."""

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, select, text

from app.services.checkup.findings import Finding, Level, Means, failed
from app.store.clock import now
from app.store.drift import differences
from app.store.engine import DatabaseUnavailable, reading
from app.store.schema import HEAD, revision

CLOCK_SECONDS = 2.0
"""A difference between two clocks that is worth a word."""
SESSION = ("sql_mode", "tx_isolation", "transaction_isolation", "innodb_flush_log_at_trx_commit")
ISOLATION = "READ-COMMITTED"


def database(means: Means) -> Iterator[Finding]:
    """One finding if it is down, several if it answers."""
    return of_engine(means.desk.engine)


def of_engine(engine: Engine) -> Iterator[Finding]:
    """The same for who has nothing else to look at."""
    try:
        with reading(engine) as conn:
            yield Finding(name="database", says=f"{_shown(engine)} answers")
            yield from _form(engine)
            yield from _MODES[conn.dialect.name](conn)
            yield _clock(conn)
    except DatabaseUnavailable as error:
        fix = "start the database server, or correct database_url (`pwsync config show`)"
        yield failed("database", error, fix)


def tables(engine: Engine) -> Iterator[Finding]:
    """Whether each table, column and index is as the models say. Half a second."""
    if (found := revision(engine)) != HEAD:
        says = f"not compared with revision {found or 'none'}"
        yield Finding(name="tables", says=says, level=Level.WARN, fix="pwsync db migrate")
        return
    with reading(engine) as conn:
        wrong = differences(conn)
    if not wrong:
        yield Finding(name="tables", says="as this pwsync wants them")
    for one in wrong:
        fix = "put it right by hand, or restore a backup into an empty database"
        yield Finding(name="tables", says=one, level=Level.FAIL, fix=fix)


def _shown(engine: Engine) -> str:
    return engine.url.set(query={}).render_as_string(hide_password=True)


def _form(engine: Engine) -> Iterator[Finding]:
    found = revision(engine)
    if found == HEAD:
        yield Finding(name="migrations", says=f"revision {found}, the newest")
    elif found is None:
        says = "no tables yet; the first command makes them"
        yield Finding(name="migrations", says=says)
    elif found < HEAD:
        says = f"revision {found} of {HEAD}; the next command migrates"
        yield Finding(name="migrations", says=says, level=Level.WARN, fix="pwsync db migrate")
    else:
        says = f"revision {found}, this pwsync knows up to {HEAD}"
        fix = "use the pwsync that made it, or a newer one"
        yield Finding(name="migrations", says=says, level=Level.FAIL, fix=fix)


def _mysql(conn: Connection) -> Iterator[Finding]:
    yield _charset(conn)
    yield _tables(conn)
    names = ", ".join(f"'{name}'" for name in SESSION)
    rows = conn.execute(text(f"SHOW SESSION VARIABLES WHERE Variable_name IN ({names})"))
    told = {str(row[0]): str(row[1]) for row in rows}
    yield _strict(told)
    yield _durable(told)


def _charset(conn: Connection) -> Finding:
    query = (
        "SELECT default_character_set_name, schema_name FROM information_schema.schemata "
        "WHERE schema_name = DATABASE()"
    )
    charset, name = conn.execute(text(query)).one()
    if charset == "utf8mb4":
        return Finding(name="charset", says="utf8mb4")
    return Finding(
        name="charset",
        says=f"the database's default is {charset}: tables made by other programs will have it",
        level=Level.WARN,
        fix=f"ALTER DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    )


def _tables(conn: Connection) -> Finding:
    """Text is compared byte by byte: another collation takes two offers' words for one."""
    query = (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
        "AND table_type = 'BASE TABLE' AND table_collation <> 'utf8mb4_bin' "
        "AND table_name <> 'alembic_version' ORDER BY table_name"
    )
    if not (wrong := [str(name) for name in conn.scalars(text(query))]):
        return Finding(name="collation", says="utf8mb4_bin in every table")
    return Finding(
        name="collation",
        says=f"{', '.join(wrong)}: not utf8mb4_bin, so that texts that differ may count as equal",
        level=Level.FAIL,
        fix=f"ALTER TABLE `{wrong[0]}` CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    )


def _strict(told: dict[str, str]) -> Finding:
    isolation = told.get("transaction_isolation") or told.get("tx_isolation") or "unknown"
    modes = told.get("sql_mode", "").split(",")
    if "STRICT_TRANS_TABLES" in modes and isolation == ISOLATION:
        return Finding(name="SQL modes", says=f"strict, {isolation}")
    return Finding(
        name="SQL modes",
        says=f"our session is {isolation}, {told.get('sql_mode') or 'without modes'}",
        level=Level.FAIL,
        fix="let no proxy between us and the database change session variables",
    )


def _durable(told: dict[str, str]) -> Finding:
    at = told.get("innodb_flush_log_at_trx_commit", "1")
    if at == "1":
        return Finding(name="durability", says="each commit is on disk")
    return Finding(
        name="durability",
        says=f"innodb_flush_log_at_trx_commit is {at}: a power cut loses the last second",
        level=Level.WARN,
        fix="SET GLOBAL innodb_flush_log_at_trx_commit = 1, and in my.cnf",
    )


def _sqlite(conn: Connection) -> Iterator[Finding]:
    journal = conn.exec_driver_sql("PRAGMA journal_mode").scalar_one()
    if journal == "wal":
        yield Finding(name="journal", says="wal: readers and a writer do not wait for each other")
        return
    fix = "put data_dir on a local disk: a network file system has no shared memory"
    yield Finding(name="journal", says=f"{journal} instead of wal", level=Level.FAIL, fix=fix)


_MODES = {"mysql": _mysql, "mariadb": _mysql, "sqlite": _sqlite}


def _clock(conn: Connection) -> Finding:
    return clock("database clock", conn.execute(select(now())).scalar_one())


def clock(name: str, told: datetime) -> Finding:
    """Compare a clock, read just now, with ours."""
    apart = (told - datetime.now(UTC)).total_seconds()
    if abs(apart) < CLOCK_SECONDS:
        return Finding(name=name, says="goes with ours")
    says = f"{abs(apart):,.0f} s {'ahead of' if apart > 0 else 'behind'} ours"
    fix = "timedatectl set-ntp true, on both machines"
    return Finding(name=name, says=says, level=Level.WARN, fix=fix)
